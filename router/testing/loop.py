"""An event loop whose time is a number: hours of retries pass in milliseconds, and twice in the same way.

The theory: an asyncio loop does one of two things, run what is ready or wait for a time or a file descriptor. `VirtualLoop` keeps the
first and replaces the second: when nothing is ready, its time jumps to the next timer. So it is for programs whose sockets are fakes:
a real one is polled but never waited for. `run_in_executor`, and so `asyncio.to_thread`, runs the function at once on the loop, because
a second thread would bring back the disorder that this loop exists to remove. A loop that has nothing ready, no timer and an unfinished task can
never go on; that is reported as StalledError at once instead of hanging the test.

`VirtualClock` shows the loop's time as a Clock, `SeededEntropy` is chance that repeats. `run` is `asyncio.run` on such a loop.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

__all__ = ["EPOCH_MS", "SeededEntropy", "StalledError", "VirtualClock", "VirtualLoop", "run"]

T = TypeVar("T")

EPOCH_MS = 1_767_225_600_000
"""Where virtual time starts: 2026-01-01T00:00:00Z. Any date does, as long as every run has the same."""

_RESOLUTION_S = 1e-6
"""How near to its time a timer counts as due; floats of this size still have nanoseconds, so nothing drifts."""


class StalledError(RuntimeError):
    """Nothing is ready and no timer is set, so the program under test waits for ever."""


class _JumpingSelector(selectors.DefaultSelector):
    """Polls its file descriptors and, where a real selector would wait, moves the loop's time forward instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready now; without that, let `timeout` seconds pass in no time."""
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise StalledError("nothing is ready and no timer is set: every task waits for another one")
        self.now_s += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop on virtual time, which starts at 0.0 seconds."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self._clock_resolution = _RESOLUTION_S

    def time(self) -> float:
        """Return virtual seconds since the loop was made."""
        return self._jumping.now_s

    def run_in_executor(  # type: ignore[override]  # typeshed types the arguments with a TypeVarTuple
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run the function now, on this thread, and return its finished future."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class VirtualClock:
    """A Clock that shows a loop's time. `epoch_ms` is the date at the loop's zero; add to it to make the calendar jump."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None, *, epoch_ms: int = EPOCH_MS) -> None:
        self._loop = loop if loop is not None else asyncio.get_running_loop()
        self.epoch_ms = epoch_ms

    def now_ms(self) -> int:
        """Return the virtual date in Unix milliseconds."""
        return self.epoch_ms + int(self._loop.time() * 1000 + 1e-3)

    def monotonic_s(self) -> float:
        """Return the loop's time in seconds."""
        return self._loop.time()


class SeededEntropy:
    """An Entropy that gives the same chance for the same seed. For tests only: whoever knows the seed knows every id."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def octets(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        return self._random.randbytes(count)

    def uniform(self) -> float:
        """Return the next number in [0, 1)."""
        return self._random.random()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a fresh VirtualLoop and return its result. Raises StalledError when it can never end."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
