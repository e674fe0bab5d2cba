"""ConcurrencyLimit: how many attempts at a time an endpoint gets when its configuration does not say.

Additive increase, multiplicative decrease, as TCP does it (RFC 5681, section 3.1): each success that found the limit in use adds
1/limit, so a full set of successes adds one; each failure or 429 takes `DECREASE` of it, but once per set, because attempts that were
started before the last decrease say nothing about it. A number in the configuration switches this off and is the limit.
Time comes in as an argument, in seconds of a monotonic clock.
"""

from __future__ import annotations

__all__ = ["DECREASE", "LIMIT_AT_START", "LIMIT_MAX", "ConcurrencyLimit"]

LIMIT_AT_START = 16
"""Enough for 160 deliveries a second to an endpoint that answers in 100 ms, few enough not to frighten a small one."""

LIMIT_MAX = 256
"""The most that `auto` ever reaches for one endpoint: a bound on sockets."""

DECREASE = 0.7
"""What is left of the limit after a failure; gentler than TCP's half, because a 5xx is a weaker sign than a lost packet."""


class ConcurrencyLimit:
    """The limit of one endpoint; `current` is a whole number of attempts, at least 1."""

    __slots__ = ("_changed_at_s", "_fixed", "_value", "current")

    def __init__(self, fixed: int | None) -> None:
        self._fixed = fixed
        self._value = float(LIMIT_AT_START)
        self._changed_at_s = float("-inf")
        self.current = fixed or LIMIT_AT_START

    def change(self, fixed: int | None) -> None:
        """Take a new configuration; what `auto` had learned is kept."""
        self._fixed = fixed
        self.current = fixed or int(self._value)

    def succeeded(self, in_flight: int) -> None:
        """Note a success; `in_flight` counts the attempt itself."""
        if self._fixed is None and in_flight >= self.current and self._value < LIMIT_MAX:
            self._value = min(float(LIMIT_MAX), self._value + 1.0 / self._value)
            self.current = int(self._value)

    def failed(self, started_at_s: float, now_s: float) -> None:
        """Note a failure or a request to slow down, of an attempt started then."""
        if self._fixed is None and started_at_s >= self._changed_at_s:
            self._set(self._value * DECREASE, now_s)

    def ramp(self, now_s: float) -> None:
        """Start again from one, after an outage: the endpoint is met with a ramp, not with a storm."""
        if self._fixed is None:
            self._set(1.0, now_s)

    def _set(self, value: float, now_s: float) -> None:
        self._value = max(1.0, value)
        self.current = int(self._value)
        self._changed_at_s = now_s
