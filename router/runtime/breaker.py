"""Breaker: stop calling an endpoint that does not answer, and find out cheaply when it does again.

Three states. *Closed*: attempts run; failures in a row are counted. *Open*: after `FAILURES_TO_OPEN` of them nothing runs until a pause
is over; deliveries wait where they are and lose no retry. *Half-open*: one attempt runs as a probe; if it succeeds the breaker closes,
if it fails the breaker opens again for twice as long, up to `PAUSE_MAX_S`.

It counts attempts of the endpoint's own making: what is our fault, and 429 (which says "slow down", not "I am broken"), never reach
`failed`. Time comes in as an argument, in seconds of a monotonic clock.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["FAILURES_TO_OPEN", "PAUSE_MAX_S", "PAUSE_MIN_S", "Breaker", "BreakerState"]

FAILURES_TO_OPEN = 10
"""Failures in a row that open a breaker: more than an unlucky burst, fewer than one full set of concurrent attempts (16)."""

PAUSE_MIN_S = 5.0
"""The first pause: the first delay of the Standard Webhooks retry schedule."""

PAUSE_MAX_S = 300.0
"""The longest pause: an endpoint that came back is noticed within five minutes (the schedule's second delay)."""


class BreakerState(StrEnum):
    """What a breaker lets through: everything, nothing, or one probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """The breaker of one endpoint."""

    __slots__ = ("_failures", "_pause_s", "open_until_s", "state")

    def __init__(self) -> None:
        self.state = BreakerState.CLOSED
        self.open_until_s = 0.0
        self._failures = 0
        self._pause_s = 0.0

    def lets_through(self, now_s: float) -> bool:
        """Say whether an attempt may start now. A pause that is over turns open into half-open."""
        if self.state is BreakerState.OPEN and now_s >= self.open_until_s:
            self.state = BreakerState.HALF_OPEN
        return self.state is not BreakerState.OPEN

    def succeeded(self) -> bool:
        """Note that the endpoint answered; return whether that closed the breaker."""
        self._failures = 0
        if self.state is BreakerState.CLOSED:
            return False
        self.state = BreakerState.CLOSED
        self._pause_s = 0.0
        return True

    def failed(self, now_s: float) -> bool:
        """Note a failure that is the endpoint's; return whether that opened the breaker.

        Attempts that were under way when it opened may still fail; they change nothing.
        """
        if self.state is BreakerState.OPEN:
            return False
        self._failures += 1
        if self.state is BreakerState.CLOSED and self._failures < FAILURES_TO_OPEN:
            return False
        self._pause_s = min(PAUSE_MAX_S, self._pause_s * 2) if self._pause_s else PAUSE_MIN_S
        self.open_until_s = now_s + self._pause_s
        self.state = BreakerState.OPEN
        return True
