"""What only the SQLite store has: a file, a lock on it, threads, and a disk that can be full."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import apsw
import pytest

from router.delivery.state import DeliveryState, Move
from router.errors import StoreUnavailableError
from router.store import worker
from router.store.engine import Engine
from router.store.port import Claimed, EventFilter
from router.store.sqlite import SqliteStore
from tests.store.builders import acceptance, attempt, bring, ids, opened, transition

PENDING, SENDING = DeliveryState.PENDING, DeliveryState.SENDING


def run(path: Path, work: Callable[[SqliteStore], Awaitable[None]]) -> None:
    async def main() -> None:
        async with opened(SqliteStore(path)) as store:
            await work(store)

    asyncio.run(main())


async def on_writer(store: SqliteStore, method: Callable[[Engine], object]) -> object:
    """Run something in the writer's thread."""
    return await store._on_writer(method)


# The file ------------------------------------------------------------------------------------------------------------------------


def test_everything_is_there_after_a_new_opening(tmp_path: Path) -> None:
    async def first(store: SqliteStore) -> None:
        for state in DeliveryState:
            await bring(store, state.value, state)

    async def second(store: SqliteStore) -> None:
        backlogs = {backlog.endpoint: backlog for backlog in await store.backlogs()}
        for state in DeliveryState:
            after = PENDING if state is SENDING else state
            assert backlogs[state.value].counts == {one: int(one is after) for one in DeliveryState}
        assert len((await store.events(EventFilter(), limit=99)).items) == len(DeliveryState)

    run(tmp_path / "events.db", first)
    run(tmp_path / "events.db", second)


def test_the_log_is_gone_after_closing(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        await store.accept(acceptance("a"))

    run(tmp_path / "events.db", work)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.db", "events.db.lock"]


def test_writes_are_synced_before_they_are_acknowledged(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        assert await on_writer(store, lambda engine: engine.connection.pragma("journal_mode")) == "wal"
        assert await on_writer(store, lambda engine: engine.connection.pragma("synchronous")) == 2

    run(tmp_path / "events.db", work)


def refusal(path: Path) -> str:
    """Open a store that cannot be opened and return what it says."""

    async def main() -> str:
        store = SqliteStore(path)
        with pytest.raises(StoreUnavailableError) as caught:
            await store.open()
        await store.close()
        return str(caught.value)

    return asyncio.run(main())


def test_a_second_store_is_told_who_has_the_file(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        other = SqliteStore(tmp_path / "events.db")
        with pytest.raises(StoreUnavailableError, match=rf"events\.db is in use by process {os.getpid()};"):
            await other.open()
        await store.accept(acceptance("a"))

    run(tmp_path / "events.db", work)

    async def again(store: SqliteStore) -> None:
        assert len(await store.backlogs()) == 1

    run(tmp_path / "events.db", again)


def test_another_process_is_named(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom router.store.lock import FileLock\n"
        "FileLock(Path(sys.argv[1])).acquire()\nprint('locked', flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "events.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        assert f"in use by process {process.pid}" in refusal(tmp_path / "events.db")
        process.kill()
        process.wait()

    async def work(store: SqliteStore) -> None:
        assert await store.backlogs() == ()

    run(tmp_path / "events.db", work)


def test_files_that_are_not_ours_are_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    connection = apsw.Connection(str(foreign))
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    assert "a database of another program" in refusal(foreign)
    text = tmp_path / "text.db"
    text.write_text("not a database, but long enough to be looked at " * 20)
    assert "not a database" in refusal(text)
    assert text.read_text().startswith("not a database")
    assert "No such file" in refusal(tmp_path / "nowhere" / "events.db")
    newer = tmp_path / "newer.db"
    run(newer, lambda store: store.release([]))
    connection = apsw.Connection(str(newer))
    connection.pragma("user_version", 99)
    connection.close()
    assert "schema version 99" in refusal(newer)


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "events.db").touch()
    run(tmp_path / "events.db", lambda store: store.release([]))


def test_opening_twice_is_opening_once(tmp_path: Path) -> None:
    run(tmp_path / "events.db", lambda store: store.open())


# A disk that is full -------------------------------------------------------------------------------------------------------------


def test_a_full_file_refuses_and_recovers(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        leased = await bring(store, "a", SENDING)
        waiting = await bring(store, "b", PENDING)
        pages = await on_writer(store, lambda engine: engine.connection.pragma("page_count"))
        await on_writer(store, lambda engine: engine.connection.pragma("max_page_count", pages))
        big = [acceptance("a", "a", body=bytes(50_000)) for _ in range(5)]
        claims = [frozenset(ids(one.deliveries)) for one in big]
        answers = await asyncio.gather(
            *(store.accept(one, claim=claim) for one, claim in zip(big, claims, strict=True)),
            store.apply([transition(leased, Move.SUCCEED, attempt=attempt(leased))]),
            return_exceptions=True,
        )
        assert all(isinstance(answer, StoreUnavailableError) for answer in answers), answers
        assert "full" in str(answers[0])
        assert all([await store.event(one.key) is None for one in big])
        a, b = await store.backlogs()
        assert (a.counts[SENDING], sum(a.counts.values()), b.counts[PENDING]) == (1, 1, 1)
        assert ids((await store.claim("b", now_ms=5_000, limit=1)).deliveries) == [waiting]
        await on_writer(store, lambda engine: engine.connection.pragma("max_page_count", 2**31))
        for one, claim in zip(big, claims, strict=True):
            assert not (await store.accept(one, claim=claim)).duplicate
        assert await store.apply([transition(leased, Move.SUCCEED, attempt=attempt(leased))]) == (None,)
        a, b = await store.backlogs()
        assert (a.counts[SENDING], a.counts[DeliveryState.DELIVERED], b.counts[SENDING]) == (10, 1, 1)

    run(tmp_path / "events.db", work)


FILE_LIMIT = """
import asyncio, resource, signal, sys
from pathlib import Path
from typing import cast
sys.path.insert(0, sys.argv[2])
from router.errors import StoreUnavailableError
from router.store.port import EventFilter
from router.store.sqlite import SqliteStore
from tests.store.builders import acceptance, opened

def limit(octets):
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    kept, refused, counts = set(), 0, []
    async with opened(SqliteStore(sys.argv[1])) as store:
        for octets in (400_000, 900_000, resource.RLIM_INFINITY):
            limit(octets)
            for _ in range(150):
                offered = acceptance("a", body=bytes(4_000))
                try:
                    await store.accept(offered)
                except StoreUnavailableError as error:
                    refused += 1
                else:
                    kept.add(offered.key)
            counts.append((len(kept), refused))
        assert kept >= {stored.key for stored in (await store.events(EventFilter(), limit=9_999)).items}
    async with opened(SqliteStore(sys.argv[1])) as store:
        found = {stored.key for stored in (await store.events(EventFilter(), limit=9_999)).items}
        assert found == kept, (len(found), len(kept))
    (few, first), (more, second), (all_, third) = counts
    assert 20 < few < more < all_ == more + 150, counts
    assert 0 < first <= second == third, counts

asyncio.run(main())
"""


def test_a_file_system_that_takes_no_more_refuses_and_recovers(tmp_path: Path) -> None:
    """The operating system's limit on the size of files stands in for a full disk: writes fail in the middle of a transaction."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", FILE_LIMIT, str(tmp_path / "events.db"), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


# Threads and callers -------------------------------------------------------------------------------------------------------------


def test_callers_share_transactions(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        commits = 0

        def count() -> bool:
            nonlocal commits
            commits += 1
            return False

        await on_writer(store, lambda engine: engine.connection.set_commit_hook(count))
        await asyncio.gather(*(store.accept(acceptance("a")) for _ in range(300)))
        assert 1 <= commits < 30

    run(tmp_path / "events.db", work)


def test_claims_cost_no_transaction(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        await store.accept(acceptance("a"))
        before = await on_writer(store, lambda engine: engine.connection.total_changes())
        await store.claim("a", now_ms=5_000, limit=1)
        await store.release(["dlv_other"])  # type: ignore[list-item]
        assert await on_writer(store, lambda engine: engine.connection.total_changes()) == before

    run(tmp_path / "events.db", work)


@pytest.mark.parametrize("turns", range(6))
def test_a_cancelled_caller_is_leased_nothing(tmp_path: Path, turns: int) -> None:
    """Whenever the cancellation comes, before the job or between its end and the caller's turn, nothing stays leased to nobody."""

    async def work(store: SqliteStore) -> None:
        fresh = acceptance("a")
        await store.accept(acceptance("a"))
        for call in (
            store.claim("a", now_ms=5_000, limit=1),
            store.accept(fresh, claim=frozenset(ids(fresh.deliveries))),
        ):
            task = asyncio.create_task(call)
            for _ in range(turns):
                await asyncio.sleep(0)
            if turns > 3:
                await on_writer(store, lambda engine: None)  # the job is done, and its result on the way
            task.cancel()
            got: Claimed | None = None
            with contextlib.suppress(asyncio.CancelledError):
                got = await task  # type: ignore[assignment]
            await on_writer(store, lambda engine: None)
            await on_writer(store, lambda engine: None)
            leased = 0 if got is None else len(got.deliveries)
            backlog = (await store.backlogs())[0]
            assert backlog.counts[SENDING] == leased
            if got is not None:
                await store.release(ids(got.deliveries))

    run(tmp_path / "events.db", work)


def test_taking_back_spares_a_lease_that_is_another_ones(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        fresh = acceptance("a")
        names = ids(fresh.deliveries)
        await store.accept(fresh, claim=frozenset(names))
        await store.release(names)
        await store.claim("a", now_ms=5_000, limit=1)
        await on_writer(store, lambda engine: engine.take_back(names, 0))
        assert (await store.backlogs())[0].counts[SENDING] == 1
        await on_writer(store, lambda engine: engine.take_back(names, 2))
        assert (await store.backlogs())[0].counts[SENDING] == 0

    run(tmp_path / "events.db", work)


def test_closing_serves_what_is_queued(tmp_path: Path) -> None:
    async def main() -> None:
        store = SqliteStore(tmp_path / "events.db")
        await store.open()
        queued = [asyncio.create_task(store.accept(acceptance("a"))) for _ in range(50)]
        await asyncio.sleep(0)
        await store.close()
        assert len({(await task).key for task in queued}) == 50
        await store.open()
        assert (await store.backlogs())[0].counts[PENDING] == 50
        await store.close()

    asyncio.run(main())


def test_too_many_waiting_calls_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "JOBS_MAX", 10)

    async def work(store: SqliteStore) -> None:
        answers = await asyncio.gather(*(store.accept(acceptance("a")) for _ in range(500)), return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert refused
        assert all(isinstance(one, StoreUnavailableError) and "behind" in str(one) for one in refused)
        assert (await store.backlogs())[0].counts[PENDING] == 500 - len(refused)

    run(tmp_path / "events.db", work)


def test_a_row_that_somebody_else_changed_stops_the_job(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        name = await bring(store, "a", SENDING)
        other = apsw.Connection(str(store.path))
        other.execute("UPDATE delivery SET state = 5")
        other.close()
        with pytest.raises(Exception, match="does another program write the file"):
            await store.apply([transition(name, Move.SUCCEED, attempt=attempt(name))])
        assert await store.attempts(name) == ()

    run(tmp_path / "events.db", work)


def test_a_text_that_sqlite_cannot_keep_fails_alone(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        good, bad = acceptance("a"), acceptance("a", source="/\ud800")
        answers = await asyncio.gather(store.accept(bad), store.accept(good), return_exceptions=True)
        assert isinstance(answers[0], ValueError)
        assert not isinstance(answers[1], BaseException)
        assert (await store.backlogs())[0].counts[PENDING] == 1

    run(tmp_path / "events.db", work)


def test_a_slow_listing_holds_nobody_up(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        name = await bring(store, "a", PENDING)
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()

        def linger(_: object) -> None:
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(10)

        listing = asyncio.ensure_future(store._on_lister(linger))
        assert await store.delivery(name) is not None
        await store.accept(acceptance("a"))
        assert (await store.backlogs())[0].counts[PENDING] == 2
        assert not listing.done()
        gate.set()
        await listing

    run(tmp_path / "events.db", work)


def test_a_failed_rollback_is_made_up_for(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        def leave_open(engine: Engine) -> None:
            engine.connection.execute("BEGIN IMMEDIATE")
            engine.connection.execute("DELETE FROM event")

        await bring(store, "a", PENDING)
        await on_writer(store, leave_open)
        accepted = await store.accept(acceptance("a"))
        assert await store.event(accepted.key) is not None
        assert len((await store.events(EventFilter(), limit=9)).items) == 2

    run(tmp_path / "events.db", work)


def test_pruning_is_portioned_by_rows(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        for endpoints in (0, 300, 90, 500, 1, 1):
            offered = acceptance(*["a"] * endpoints)
            await store.accept(offered)
            await store.apply([transition(name, Move.CANCEL) for name in ids(offered.deliveries)])
        changes: list[int] = []

        def note() -> bool:
            changes.append(engine_connection.total_changes())
            return False

        engine_connection = cast("apsw.Connection", await on_writer(store, lambda engine: engine.connection))
        changes.append(engine_connection.total_changes())
        engine_connection.set_commit_hook(note)
        assert await store.prune(before_ms=10_000, limit=99) == 6
        assert len(changes) == 1 + 3, "0 + 300 + 90, then 500 alone, then the rest"
        assert await store.backlogs() == ()

    run(tmp_path / "events.db", work)
