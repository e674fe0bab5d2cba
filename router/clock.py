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


_POOL_BYTES = 4096


class SystemEntropy:
    """The operating system's generator for ids and secrets, a fast one for jitter.

    Bytes are fetched a page at a time: the system call gives up the interpreter lock, so one call per id had the event loop wait for the
    store's writer thread at every event (a tenth of its time under load). Used from one thread.
    """

    def __init__(self) -> None:
        self._pool = b""
        self._used = 0

    def octets(self, count: int) -> bytes:
        """Return `count` bytes from the operating system, never given out before."""
        end = self._used + count
        if end > len(self._pool):
            self._pool = os.urandom(max(_POOL_BYTES, count))
            self._used, end = 0, count
        octets = self._pool[self._used : end]
        self._used = end
        return octets

    def uniform(self) -> float:
        """Return a number in [0, 1)."""
        return random.random()  # noqa: S311 - jitter only
