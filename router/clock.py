"""Time and chance as parameters.

Nothing else in the project asks the machine for the time or for random numbers: a Clock and an Entropy are passed in, so that tests
run whole days of retries on virtual time and get the same jitter twice.
"""

from __future__ import annotations

import os
import random
import time
from typing import Protocol

__all__ = ["Clock", "Entropy", "SystemClock", "SystemEntropy"]


class Clock(Protocol):
    """Two times: one that means a date, one that only ever grows."""

    def now_ms(self) -> int:
        """Return Unix time in milliseconds. It may jump; never subtract two of them to measure a duration."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back; only differences mean anything."""
        ...


class Entropy(Protocol):
    """A source of chance."""

    def octets(self, count: int) -> bytes:
        """Return `count` unpredictable bytes."""
        ...

    def uniform(self) -> float:
        """Return a number in [0, 1); used for jitter, not for secrets."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        """Return Unix time in milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Return the monotonic clock in seconds."""
        return time.monotonic()


class SystemEntropy:
    """The operating system's generator for ids and secrets, a fast one for jitter."""

    def octets(self, count: int) -> bytes:
        """Return `count` bytes from the operating system."""
        return os.urandom(count)

    def uniform(self) -> float:
        """Return a number in [0, 1)."""
        return random.random()  # noqa: S311 - jitter only
