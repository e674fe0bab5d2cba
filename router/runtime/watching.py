"""Watching: what may have changed, as hints, and SIGHUP, which says so.

`changes` yields whenever files below the given paths seem to have changed. It may yield for nothing, and it may miss things (a symbolic
link swapped above the watched directory, a network file system, no inotify watches left), so it decides nothing: the reloader compares
checksums on every hint, and without any hint every `POLL_S`.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from watchfiles import awatch

__all__ = ["DEBOUNCE_MS", "POLL_S", "Changes", "changes", "hangups"]

Changes = Callable[[Sequence[Path]], AsyncGenerator[None, None]]
"""Yields on each hint; ends when it can watch no longer."""

DEBOUNCE_MS = 250
"""How long nothing must happen before a hint: an editor's or git's burst of writes becomes one."""

_BURST_MS = 2000  # a stream of writes that never pauses still gives a hint this often

POLL_S = 30.0
"""How often checksums are compared without a hint."""

_log = logging.getLogger(__name__)


async def changes(paths: Sequence[Path]) -> AsyncGenerator[None, None]:
    """Yield after each burst of changes below `paths`; return when they cannot be watched (the reason is logged)."""
    stop = asyncio.Event()
    try:
        async for _ in awatch(
            *paths,
            step=DEBOUNCE_MS,
            debounce=_BURST_MS,
            stop_event=stop,
            watch_filter=None,
        ):
            yield
    except (OSError, RuntimeError) as error:
        _log.warning("files are not watched, changes are noticed within %.0f s instead: %s", POLL_S, error)
    finally:
        stop.set()


@contextmanager
def hangups(reload: Callable[[str], Awaitable[object]]) -> Iterator[None]:
    """Call `reload("signal")` on each SIGHUP while the context lasts, where the system and the thread allow it."""
    loop = asyncio.get_running_loop()
    under_way: set[asyncio.Future[object]] = set()

    def hang_up() -> None:
        task = asyncio.ensure_future(reload("signal"))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    try:
        loop.add_signal_handler(signal.SIGHUP, hang_up)
    except (NotImplementedError, RuntimeError, ValueError):
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
