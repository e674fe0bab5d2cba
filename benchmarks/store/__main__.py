"""Deliveries per second in the store alone, the naive way beside it, and what a large backlog costs.

    python -m benchmarks.store [--quick] [--rounds 3]

A cycle is: accept an event with its deliveries leased, then finish each with an attempt logged; everything durable (WAL,
synchronous=FULL). Every figure is the median of rounds on fresh files. `engine` is the writer's thread without threads around it, in
batches of a fixed size; `store` is the whole store on uvloop under concurrent callers. --quick ends within a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.store.drivers import measure_drivers
from benchmarks.store.naive import NaiveStore
from benchmarks.store.workload import START_MS, acceptances, finish
from router.delivery.state import DeliveryState
from router.identity import DeliveryId
from router.store.connection import open_writer
from router.store.engine import Engine
from router.store.ledger import Ledger
from router.store.port import Acceptance, DeliveryFilter
from router.store.sqlite import SqliteStore
from router.store.worker import Job


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and smaller rounds, within a minute")
    parser.add_argument("--rounds", type=int, default=3, help="rounds whose median is printed (default: 3)")
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    scale = 1 if options.quick else 4
    print(f"{os.cpu_count()} cores, {rounds} round(s)\n")
    _drivers(rounds, 10_000 * scale)
    _engine(rounds, 8_000 * scale)
    _store(rounds, 10_000 * scale)
    _paced(2 if options.quick else 5)
    _backlog(200_000 if options.quick else 1_000_000)


def _median(rounds: int, measure: Callable[[Path], float]) -> float:
    figures = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            figures.append(measure(Path(folder)))
    return statistics.median(figures)


def _claims(offered: Acceptance) -> frozenset[DeliveryId]:
    return frozenset([one.id for one in offered.deliveries])


def _drivers(rounds: int, count: int) -> None:
    print("| driver, batches of 200, 1 delivery an event | cycles/s |\n|---|---|")
    figures: dict[str, list[float]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for name, figure in measure_drivers(Path(folder), count, 200).items():
                figures.setdefault(name, []).append(figure)
    for name, measured in figures.items():
        print(f"| {name} | {statistics.median(measured):,.0f} |")


def _engine(rounds: int, count: int) -> None:
    print("\n| engine, deliveries an event | batch | deliveries/s |\n|---|---|---|")
    print(f"| naive, 1 | 1 | {_median(rounds, lambda folder: _naive(folder, count // 8, 1)):,.0f} |")
    print(f"| naive, 3 | 1 | {_median(rounds, lambda folder: _naive(folder, count // 8, 3)):,.0f} |")
    for fan_out, batch in ((1, 1), (1, 10), (1, 100), (1, 1_000), (3, 1), (3, 100), (3, 1_000), (10, 100)):
        events = count // 4 if batch == 1 else count // fan_out

        def measure(folder: Path, events: int = events, fan_out: int = fan_out, batch: int = batch) -> float:
            return _cycles(folder, events, fan_out, batch)

        print(f"| {fan_out} | {batch} | {_median(rounds, measure):,.0f} |")


def _naive(folder: Path, events: int, fan_out: int) -> float:
    store = NaiveStore(folder / "naive.db")
    work = [(one, finish(one)) for one in acceptances(events, fan_out)]
    started_s = time.perf_counter()
    for offered, transitions in work:
        store.accept(offered)
        store.claim(offered)
        store.finish(transitions)
    took_s = time.perf_counter() - started_s
    store.close()
    return events * fan_out / took_s


def _run(engine: Engine, calls: list[tuple[Any, ...]]) -> None:
    jobs: list[Job[Engine]] = [Job(method, args, None) for method, *args in calls]  # type: ignore[arg-type]
    engine.serve(jobs)
    assert all(job.error is None for job in jobs)


def _cycles(folder: Path, events: int, fan_out: int, batch: int) -> float:
    engine = Engine(open_writer(folder / "events.db"), folder / "events.db", Ledger())
    work = [(one, _claims(one), finish(one)) for one in acceptances(events, fan_out)]
    started_s = time.perf_counter()
    for at in range(0, events, batch):
        chunk = work[at : at + batch]
        _run(engine, [(Engine.accept, offered, claim) for offered, claim, _ in chunk])
        _run(engine, [(Engine.apply, transitions) for _, _, transitions in chunk])
    took_s = time.perf_counter() - started_s
    engine.close()
    return events * fan_out / took_s


def _store(rounds: int, events: int) -> None:
    print("\n| store, deliveries an event | callers | deliveries/s | CPU us a delivery |\n|---|---|---|---|")
    for fan_out, callers in ((1, 16), (1, 64), (1, 256), (1, 1_024), (3, 256), (10, 256)):
        cpu: list[float] = []

        def measure(folder: Path, fan_out: int = fan_out, callers: int = callers, cpu: list[float] = cpu) -> float:
            figure, cpu_us = uvloop.run(_callers(folder, events // fan_out, fan_out, callers))
            cpu.append(cpu_us)
            return figure

        print(f"| {fan_out} | {callers} | {_median(rounds, measure):,.0f} | {statistics.median(cpu):.0f} |")


async def _callers(folder: Path, events: int, fan_out: int, callers: int) -> tuple[float, float]:
    work = iter([(one, _claims(one), finish(one)) for one in acceptances(events, fan_out)])
    store = SqliteStore(folder / "events.db")
    await store.open()

    async def call() -> None:
        for offered, claim, transitions in work:
            await store.accept(offered, claim=claim)
            await store.apply(transitions)

    started_s, cpu_s = time.perf_counter(), time.process_time()
    await asyncio.gather(*(call() for _ in range(callers)))
    took_s, cpu_s = time.perf_counter() - started_s, time.process_time() - cpu_s
    await store.close()
    return events * fan_out / took_s, cpu_s / events / fan_out * 1e6


def _paced(seconds: int) -> None:
    print("\n| store, events a second offered | accept p50 ms | p99 ms | max ms |\n|---|---|---|---|")
    for rate in (1_000, 5_000, 10_000):
        with tempfile.TemporaryDirectory() as folder:
            took_s = sorted(uvloop.run(_offered(Path(folder), rate, seconds)))
        p50, p99 = took_s[len(took_s) // 2], took_s[len(took_s) * 99 // 100]
        print(f"| {rate:,} | {p50 * 1e3:.2f} | {p99 * 1e3:.2f} | {took_s[-1] * 1e3:.1f} |")


async def _offered(folder: Path, rate: int, seconds: int) -> list[float]:
    """Offer events at even distances, 5 ms at a time, whatever the store does; return how long each acceptance took."""
    work = [(one, _claims(one), finish(one)) for one in acceptances(rate * seconds, 1)]
    gc.collect()
    gc.freeze()  # a collector that walks the prepared work would be measured with the store
    took_s: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        store = SqliteStore(folder / "events.db")
        await store.open()

        async def call(offered: Acceptance, claim: frozenset[DeliveryId], transitions: list[Any]) -> None:
            started_s = time.perf_counter()
            await store.accept(offered, claim=claim)
            took_s.append(time.perf_counter() - started_s)
            await store.apply(transitions)

        started_s, given = time.perf_counter(), 0
        while given < len(work):
            due = min(len(work), int((time.perf_counter() - started_s) * rate))
            for one in work[given:due]:
                tasks.create_task(call(*one))
            given = due
            await asyncio.sleep(0.005)
    await store.close()
    return took_s


def _backlog(parked: int) -> None:
    print(f"\n| beside {parked:,} deliveries parked for one endpoint, and {parked:,} delivered | ms |\n|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.db"
        _fill(path, parked)
        for name, took_s in uvloop.run(_look(path)).items():
            print(f"| {name} | {took_s * 1e3:.2f} |")


def _fill(path: Path, count: int) -> None:
    """Leave what a process leaves that is killed with 1,000 deliveries under lease."""
    engine = Engine(open_writer(path), path, Ledger())
    fan_out, batch, first = 100, 100, 0
    for at in range(0, 2 * count, fan_out * batch):
        is_parked = at < count
        chunk = acceptances(batch, fan_out, first=first, endpoint="blocked" if is_parked else None)
        first += batch
        _run(engine, [(Engine.accept, one, frozenset() if is_parked else _claims(one)) for one in chunk])
        if not is_parked:
            _run(engine, [(Engine.apply, finish(one)) for one in chunk])
    rest = acceptances(1_000, 1, first=first, endpoint="other")
    _run(engine, [(Engine.accept, one, _claims(one)) for one in rest])
    engine.connection.close()


async def _look(path: Path) -> dict[str, float]:
    store = SqliteStore(path)
    far_ms = 2 * START_MS
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("open after a kill, 1,000 leases recovered", store.open),
        ("claim 1 of another endpoint (first)", lambda: store.claim("other", now_ms=far_ms, limit=1)),
        *[("claim 1 of another endpoint", lambda: store.claim("other", now_ms=far_ms, limit=1))] * 20,
        *[("claim 64 of another endpoint", lambda: store.claim("other", now_ms=far_ms, limit=64))] * 5,
        *[("claim 64 of the blocked endpoint", lambda: store.claim("blocked", now_ms=far_ms, limit=64))] * 5,
        *[("backlogs of all endpoints", store.backlogs)] * 5,
        ("list 50, newest", lambda: store.deliveries(DeliveryFilter(), limit=50)),
        ("list 50 of an endpoint", lambda: store.deliveries(DeliveryFilter(endpoint="other"), limit=50)),
        (
            "list dead ones, of which there are none",
            lambda: store.deliveries(DeliveryFilter(state=DeliveryState.DEAD), limit=50),
        ),
        (
            "prune 10 events with 1,000 deliveries, past those that wait",
            lambda: store.prune(before_ms=far_ms, limit=10),
        ),
        ("close", store.close),
    ]
    measured: dict[str, list[float]] = {}
    for name, step in steps:
        started_s = time.perf_counter()
        await step()
        measured.setdefault(name, []).append(time.perf_counter() - started_s)
    return {name: statistics.median(took_s) for name, took_s in measured.items()}


if __name__ == "__main__":
    main()
