"""TokenBucket: at most so many attempts a second, with a small burst.

A bucket holds up to `BURST_S` seconds' worth of tokens (at least one), fills steadily, and each attempt takes one. So any stretch of
T seconds sees at most `rate * T + burst` attempts. Time comes in as an argument, in seconds of a monotonic clock.
"""

from __future__ import annotations

__all__ = ["BURST_S", "TokenBucket"]

BURST_S = 0.1
"""How many seconds' worth of tokens may be saved up: a receiver that says 50/s sees bursts of 5, not of 50."""

_ENOUGH = 1.0 - 1e-9
"""One token, less the rounding that adding up fractions of it brings."""


class TokenBucket:
    """The bucket of one endpoint; it starts full."""

    __slots__ = ("_at_s", "_burst", "_tokens", "rate_per_s")

    def __init__(self, rate_per_s: float, now_s: float) -> None:
        self.rate_per_s = rate_per_s
        self._burst = max(1.0, rate_per_s * BURST_S)
        self._tokens = self._burst
        self._at_s = now_s

    def wait_s(self, now_s: float) -> float:
        """Return how many seconds until a token is there; 0.0 when one is."""
        self._fill(now_s)
        return 0.0 if self._tokens >= _ENOUGH else (1.0 - self._tokens) / self.rate_per_s

    def take(self) -> None:
        """Take a token that `wait_s` said is there."""
        self._tokens -= 1.0

    def change(self, rate_per_s: float, now_s: float) -> None:
        """Go on with another rate. What was saved up stays, cut to the new burst: a reload is no gift of tokens."""
        self._fill(now_s)
        self.rate_per_s = rate_per_s
        self._burst = max(1.0, rate_per_s * BURST_S)
        self._tokens = min(self._tokens, self._burst)

    def _fill(self, now_s: float) -> None:
        if now_s > self._at_s:
            self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self.rate_per_s)
            self._at_s = now_s
