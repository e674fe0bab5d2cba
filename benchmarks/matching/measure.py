"""Timing: contenders take turns on the same events, and the median of the rounds counts.

What is counted is processor time of this one thread, not time on the wall: other work on the machine then disturbs far less.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from router.filters import Filter, RouteEntry, RouteIndex

Contender = Callable[[bytes], Any]
Route = tuple[frozenset[str] | None, str]


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long a call takes, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def paired(contenders: dict[str, Contender], events: Sequence[bytes], rounds: int) -> dict[str, float]:
    """Return the median microseconds an event for each contender, after one round to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            start = time.process_time()
            for event in events:
                contender(event)
            if number:
                taken[name].append((time.process_time() - start) / len(events) * 1e6)
    return {name: median(values) for name, values in taken.items()}


def entries_of(routes: Sequence[Route]) -> list[RouteEntry]:
    """Return the routes as the index takes them, parsed."""
    return [
        RouteEntry(position=number, types=types, filter=Filter(expression))
        for number, (types, expression) in enumerate(routes)
    ]


def bytes_per_route(routes: Sequence[Route]) -> float:
    """Return the memory that filters and index hold for each route, their texts and compiled code not included."""
    gc.unfreeze()
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    index = RouteIndex.build(entries_of(routes))
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / max(1, len(index))


def collection_ms() -> float:
    """Return how long a full garbage collection takes now, on the wall."""
    start = time.perf_counter()
    gc.collect()
    return (time.perf_counter() - start) * 1e3
