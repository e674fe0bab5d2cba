"""The thread behind a store: it takes what is queued, answers once a batch, and never leaves a caller waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from router.errors import StoreUnavailableError
from router.store.worker import Job, Worker


class Engine:
    """Adds numbers; `gate` holds a batch up until a test opens it."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.is_closed = False

    def add(self, one: int, other: int) -> int:
        return one + other

    def serve(self, batch: Sequence[Job[Engine]]) -> None:
        self.entered.set()
        self.gate.wait(10)
        self.batches.append(len(batch))
        for job in batch:
            job.result = job.method(self, *job.args)

    def close(self) -> None:
        self.is_closed = True


def make(engine: Engine, **settings: object) -> Worker[Engine]:
    return Worker("test", start=lambda: engine, serve=Engine.serve, stop=Engine.close, **settings)  # type: ignore[arg-type]


def test_what_gathers_meanwhile_is_one_batch() -> None:
    async def main() -> None:
        engine = Engine()
        worker = make(engine, batch_max=8)
        await worker.open()
        engine.gate.clear()
        first = worker.submit(Engine.add, 0, 0)
        await asyncio.to_thread(engine.entered.wait, 10)
        others = [worker.submit(Engine.add, number, 1) for number in range(19)]
        engine.gate.set()
        assert await asyncio.gather(first, *others) == [0, *range(1, 20)]
        assert engine.batches == [1, 8, 8, 3]
        await worker.close()
        await worker.close()
        assert engine.is_closed
        with pytest.raises(StoreUnavailableError, match="closing"):
            worker.submit(Engine.add, 1, 1)

    asyncio.run(main())


def test_closing_waits_for_what_is_queued() -> None:
    async def main() -> None:
        engine = Engine()
        worker = make(engine)
        await worker.open()
        engine.gate.clear()
        futures = [worker.submit(Engine.add, number, 1) for number in range(3)]
        closing = asyncio.create_task(worker.close())
        await asyncio.sleep(0)
        assert not engine.is_closed
        engine.gate.set()
        await closing
        assert [future.result() for future in futures] == [1, 2, 3]

    asyncio.run(main())


def test_an_engine_that_does_not_start_is_told_to_the_caller() -> None:
    def start() -> Engine:
        raise OSError("no such disk")

    async def main() -> None:
        worker: Worker[Engine] = Worker("test", start=start, serve=Engine.serve, stop=Engine.close)
        with pytest.raises(OSError, match="no such disk"):
            await worker.open()
        with pytest.raises(StoreUnavailableError):
            worker.submit(Engine.add, 1, 1)
        await worker.close()

    asyncio.run(main())


def test_a_batch_that_breaks_off_answers_everybody() -> None:
    async def main() -> None:
        worker = make(Engine())
        await worker.open()
        with pytest.raises(TypeError):
            await worker.submit(Engine.add, 1, "x")
        assert await worker.submit(Engine.add, 1, 2) == 3
        await worker.close()

    asyncio.run(main())


def test_an_opening_that_is_cancelled_leaves_nothing_open() -> None:
    async def main() -> None:
        engine, begun, gate = Engine(), threading.Event(), threading.Event()

        def start() -> Engine:
            begun.set()
            gate.wait(10)
            return engine

        worker: Worker[Engine] = Worker("test", start=start, serve=Engine.serve, stop=Engine.close)
        opening = asyncio.create_task(worker.open())
        await asyncio.to_thread(begun.wait, 10)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        gate.set()
        await worker.close()
        assert engine.is_closed

    asyncio.run(main())


def test_an_answer_after_the_loop_has_gone_is_nobodys() -> None:
    engine = Engine()

    async def main() -> Worker[Engine]:
        worker = make(engine)
        await worker.open()
        engine.gate.clear()
        worker.submit(Engine.add, 1, 1)
        return worker

    worker = asyncio.run(main())
    engine.gate.set()
    worker._queue.put(None)
    worker._thread.join(10)
    assert engine.is_closed
