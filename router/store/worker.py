"""Worker: a thread that serves jobs in batches, for callers on an event loop.

A caller puts a job into the queue and awaits its future. The thread takes what is queued, never waiting for more, hands it to `serve`
as one batch, and tells the event loop once per batch, however many futures that resolves. While one batch is served the next gathers:
batches grow exactly as far as the load needs (group commit without linger). The worker knows nothing of SQL.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from router.errors import StoreUnavailableError

__all__ = ["BATCH_MAX", "JOBS_MAX", "Job", "Worker"]

E = TypeVar("E")
T = TypeVar("T")

BATCH_MAX = 1_024
"""Jobs in one batch. Measured gains end near 200; beyond this a batch only makes its first caller wait."""

JOBS_MAX = 65_536
"""Jobs that may wait. More means that the disk has stopped keeping up, and refusing is better than running out of memory."""


class Job(Generic[E]):
    """One call: `method(engine, *args)`, and the future that its outcome goes to. The thread sets `result` or `error`."""

    __slots__ = ("args", "error", "future", "method", "result")

    def __init__(self, method: Callable[..., Any], args: tuple[Any, ...], future: asyncio.Future[Any]) -> None:
        self.method = method
        self.args = args
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


class Worker(Generic[E]):
    """A thread with an engine of its own.

    `start` makes the engine, in the thread; `serve` sets the outcome of every job of a batch (what it raises is the outcome of those it
    left without); `stop` ends the engine, and what it raises is raised by `close`.
    `unclaimed` is called on the loop with a job whose caller has gone away, so that what it was given can be taken back.
    """

    def __init__(
        self,
        name: str,
        *,
        start: Callable[[], E],
        serve: Callable[[E, Sequence[Job[E]]], None],
        stop: Callable[[E], None],
        unclaimed: Callable[[Job[E]], None] = lambda _: None,
        batch_max: int = BATCH_MAX,
    ) -> None:
        self._start, self._serve, self._stop, self._unclaimed = start, serve, stop, unclaimed
        self._batch_max = batch_max
        self._queue: SimpleQueue[Job[E] | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[E] = self._loop.create_future()
        self._stopped: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._is_closing = False

    async def open(self) -> E:
        """Start the thread and return its engine; raise what `start` raised. When cancelled, the thread ends once it has started."""
        self._thread.start()
        try:
            return await asyncio.shield(self._started)
        except asyncio.CancelledError:
            self._is_closing = True
            self._queue.put(None)
            raise

    async def close(self) -> None:
        """Serve what is queued, then end the thread."""
        if not self._is_closing:
            self._is_closing = True
            self._queue.put(None)
        try:
            await asyncio.shield(self._stopped)
        finally:
            if self._stopped.done():
                self._thread.join()

    def submit(self, method: Callable[..., T], *args: object) -> asyncio.Future[T]:
        """Queue a job and return its future; raise StoreUnavailableError when closing or too far behind."""
        if self._is_closing:
            raise StoreUnavailableError("the store is closing")
        if self._queue.qsize() >= JOBS_MAX:
            raise StoreUnavailableError(f"the store is behind by {JOBS_MAX} calls; try again later")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Job(method, args, future))
        return future

    def _run(self) -> None:
        try:
            engine = self._start()
        except BaseException as error:
            self._is_closing = True
            self._call(self._fail_start, error)
            return
        self._call(self._started.set_result, engine)
        while batch := self._next_batch():
            try:
                self._serve(engine, batch)
            except BaseException as error:
                for job in batch:
                    job.error = job.error or error
            self._call(self._resolve, batch)
        try:
            self._stop(engine)
        except BaseException as error:
            self._call(self._stopped.set_exception, error)
        else:
            self._call(self._stopped.set_result, None)

    def _next_batch(self) -> list[Job[E]]:
        """Wait for a job, then take all that are queued; an empty batch means the end."""
        job = self._queue.get()
        batch: list[Job[E]] = []
        try:
            while job is not None:
                batch.append(job)
                if len(batch) == self._batch_max:
                    return batch
                job = self._queue.get_nowait()
        except Empty:
            return batch
        if batch:
            self._queue.put(None)  # serve these first, then see the end again
        return batch

    def _call(self, callback: Callable[..., Any], *args: Any) -> None:
        """Run something on the loop; a loop that is closed has no caller left who waits."""
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            return

    def _fail_start(self, error: BaseException) -> None:
        self._stopped.set_result(None)
        self._started.set_exception(error)

    def _resolve(self, batch: Sequence[Job[E]]) -> None:
        for job in batch:
            if job.future.done():
                self._unclaimed(job)
            elif job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)
