"""The program that tests/store/test_crash.py kills: it loads a store and writes down what was acknowledged.

    python crash_load.py <database> <first number>

Lines on standard output, each written after the store's answer: `accepted <event key> <delivery id>...`, `finished <delivery id>`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from router.delivery.state import Move
from router.identity import DeliveryId
from router.store.sqlite import SqliteStore
from tests.store import builders
from tests.store.builders import acceptance, attempt, ids, transition

CALLERS = 40
ENDPOINTS = ("a", "b", "c")


def say(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


async def call(store: SqliteStore, number: int) -> None:
    """Accept, and finish part of what was leased; every third delivery is retried, every seventh parked."""
    for step in itertools.count():
        accepted = acceptance(*ENDPOINTS[: 1 + step % 3], body=b"x" * (step * 37 % 3_000))
        names = ids(accepted.deliveries)
        await store.accept(accepted, claim=frozenset(names if step % 7 else ()))
        say("accepted", accepted.key, *names)
        if step % 7 == 0:
            continue
        if step % 3 == 0:
            moves = [transition(name, Move.RETRY, due_at_ms=step, attempt=attempt(name)) for name in names]
            await store.apply(moves)
            claimed = await store.claim(ENDPOINTS[number % 3], now_ms=step, limit=5)
            names = ids(claimed.deliveries)
        await finish(store, names)


async def finish(store: SqliteStore, names: list[DeliveryId]) -> None:
    moves = [transition(name, Move.SUCCEED, attempt=attempt(name)) for name in names]
    for name, refusal in zip(names, await store.apply(moves), strict=True):
        assert refusal is None, refusal
        say("finished", name)


async def main(path: str, first: str) -> None:
    builders._numbers = itertools.count(int(first))
    store = SqliteStore(path)
    await store.open()
    say("open")
    await asyncio.gather(*(call(store, number) for number in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
