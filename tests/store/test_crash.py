"""Killed in the middle of everything, the store has what it acknowledged (kill -9; a loss of power is not tested here)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from router.delivery.state import DeliveryState
from router.identity import DeliveryId, EventKey
from router.store.port import DeliveryFilter, EventFilter, Page
from router.store.sqlite import SqliteStore
from tests.store.builders import opened

LOAD = Path(__file__).with_name("crash_load.py")
ROUNDS = 10

pytestmark = pytest.mark.chaos


def load_and_kill(database: Path, first: int, after_s: float) -> list[list[str]]:
    """Run the load, kill it after a while, and return what it said."""
    output = database.with_name(f"said-{first}")
    with output.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, str(LOAD), str(database), str(first)], stdout=said, start_new_session=True
        )
        try:
            deadline_s = time.monotonic() + 30
            while not output.stat().st_size:
                assert process.poll() is None, "the load ended by itself"
                assert time.monotonic() < deadline_s, "the load did not start"
                time.sleep(0.005)
            time.sleep(after_s)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    lines = output.read_bytes().split(b"\n")
    return [line.decode().split(" ") for line in lines[:-1]]  # the last may be torn


async def listed(listing: Callable[..., Awaitable[Page[Any]]], which: object) -> list[Any]:
    """Return all that a listing has."""
    found: list[Any] = []
    cursor = None
    while True:
        page = await listing(which, limit=2_000, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


async def check(database: Path, said: list[list[str]]) -> None:
    """Compare what the store has with what was said."""
    async with opened(SqliteStore(database)) as store:
        events = {stored.key for stored in await listed(store.events, EventFilter())}
        states = {one.id: one.state for one in await listed(store.deliveries, DeliveryFilter())}
        assert set(states.values()) <= {DeliveryState.PENDING, DeliveryState.DELIVERED}
        for word, *names in said:
            if word == "accepted":
                assert names[0] in events, f"event {names[0]} was acknowledged and is lost"
                for name in names[1:]:
                    assert name in states, f"delivery {name} was acknowledged and is lost"
            elif word == "finished":
                assert states[DeliveryId(names[0])] is DeliveryState.DELIVERED, f"delivery {names[0]} is not finished"
        backlogs = await store.backlogs()
        for backlog in backlogs:
            claimable = 0
            while claimed := (await store.claim(backlog.endpoint, now_ms=10**12, limit=1_000)).deliveries:
                claimable += len(claimed)
            assert claimable == backlog.counts[DeliveryState.PENDING]
    counts = {
        (backlog.endpoint, state): count for backlog in backlogs for state, count in backlog.counts.items() if count
    }
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    codes = {1: DeliveryState.DELIVERED, 2: DeliveryState.PENDING}
    rows = connection.execute("SELECT endpoint, state FROM delivery").fetchall()
    assert Counter((endpoint, codes[code]) for endpoint, code in rows) == counts
    assert connection.pragma("quick_check") == "ok"
    attempts, logged = (
        connection.execute(f"SELECT {column} FROM {table}").fetchall()[0][0]
        for column, table in (("count(*)", "attempt"), ("sum(logged)", "delivery"))
    )
    assert attempts == logged
    connection.close()


def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    database = tmp_path / "events.db"
    chance = random.Random(20240607)
    said: list[list[str]] = []
    for number in range(ROUNDS):
        lines = load_and_kill(database, 1 + number * 1_000_000, 0.02 + chance.random() * 0.5)
        assert len(lines) > 1, "the load was killed before it did anything"
        said += lines
        asyncio.run(check(database, lines))
    asyncio.run(check(database, said))


@pytest.mark.parametrize("damage", ["cut", "garbage", "zeros", "flip"])
def test_a_torn_end_of_the_log_costs_only_itself(tmp_path: Path, damage: str) -> None:
    """What a power cut may leave behind the last synced frame must not keep the store from opening, nor hide what is before it."""
    database = tmp_path / "events.db"
    said = load_and_kill(database, 1, 0.2)
    wal = database.with_name("events.db-wal")
    data = wal.read_bytes()
    with wal.open("r+b") as log:
        if damage == "cut":
            log.write(data[: len(data) // 2])
            log.truncate(len(data) // 2 + 1_234)
        elif damage == "flip":
            at = len(data) * 3 // 4
            log.seek(at)
            log.write(bytes([data[at] ^ 1]))
        else:
            log.seek(0, os.SEEK_END)
            log.write(random.Random(5).randbytes(9_000) if damage == "garbage" else bytes(9_000))

    async def reopen() -> None:
        async with opened(SqliteStore(database)) as store:
            kept = [await store.event(EventKey(words[1])) is not None for words in said if words[0] == "accepted"]
            assert len(kept) > 10
            if damage in ("garbage", "zeros"):
                assert all(kept)
        connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
        assert connection.pragma("integrity_check") == "ok"
        connection.close()

    asyncio.run(reopen())
