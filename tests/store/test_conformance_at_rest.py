"""What every store promises of deliveries that wait and of what is read back: the second half of the executable `router.store.port`."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from router.delivery.state import TRANSITIONS, DeliveryState, Move
from router.errors import StoreUnavailableError
from router.identity import Revision
from router.store.port import (
    DeliveryFilter,
    EventFilter,
    RevisionRecord,
    RevisionState,
    Store,
)
from tests.store.builders import acceptance, attempt, bring, ids, run, transition

PENDING, SENDING, HELD = DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.HELD
EDGES = [(state, what) for state, moves in TRANSITIONS.items() for what in moves]
NON_EDGES = [(state, what) for state in DeliveryState for what in Move if (state, what) not in EDGES]


# Holding -------------------------------------------------------------------------------------------------------------------------


def test_hold_takes_what_waits_and_not_what_is_leased(store: Store) -> None:
    async def work() -> None:
        names = [(await store.accept(acceptance("a", due_at_ms=due))).deliveries[0].id for due in (3, 1, 2, 4)]
        await store.accept(acceptance("b"))
        await store.claim("a", now_ms=1, limit=1)
        assert await store.hold("a", at_ms=70, reason="disabled", limit=2) == 2
        states = [(await store.delivery(name)).state for name in names]  # type: ignore[union-attr]
        assert states == [HELD, SENDING, HELD, PENDING]
        held = await store.delivery(names[0])
        assert held is not None
        assert (held.reason, held.updated_at_ms, held.due_at_ms) == ("disabled", 70, 3)
        assert await store.hold("a", at_ms=71, reason="x", limit=9) == 1
        assert await store.hold("a", at_ms=71, reason="x", limit=9) == 0
        assert await store.hold("nobody", at_ms=71, reason="x", limit=9) == 0

    run(store, work())


def test_resume_takes_the_oldest_first(store: Store) -> None:
    async def work() -> None:
        births = [(40, 1), (20, 2), (30, 3)]
        accepted = [acceptance("a", at_ms=at, due_at_ms=due, state=HELD) for at, due in births]
        names = [(await store.accept(one)).deliveries[0].id for one in accepted]
        await store.accept(acceptance("b", state=HELD))
        assert await store.resume("a", at_ms=80, due_at_ms=90, limit=2) == 2
        claimed = await store.claim("a", now_ms=90, limit=9)
        assert sorted(ids(claimed.deliveries)) == sorted(names[1:])
        assert {(one.due_at_ms, one.updated_at_ms, one.reason) for one in claimed.deliveries} == {(90, 80, None)}
        assert await store.resume("a", at_ms=80, due_at_ms=90, limit=0) == 0
        assert await store.resume("a", at_ms=80, due_at_ms=90, limit=9) == 1
        assert await store.resume("a", at_ms=80, due_at_ms=90, limit=9) == 0

    run(store, work())


# Listings ------------------------------------------------------------------------------------------------------------------------


async def pages(listing: Any, which: Any, limit: int) -> list[Any]:
    """Walk a listing to its end; every page but the last is full."""
    found: list[Any] = []
    cursor = None
    while True:
        page = await listing(which, limit=limit, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert len(page.items) == limit


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_deliveries_are_filtered_and_paged_newest_first(store: Store, limit: int) -> None:
    async def work() -> None:
        everything = []
        for number in range(14):
            accepted = acceptance(
                "a" if number % 2 else "b",
                "c",
                at_ms=[5, 9, 7, 7][number % 4],
                route=f"r{number % 3}",
                state=[PENDING, HELD, DeliveryState.DEAD][number % 3],
            )
            everything += (await store.accept(accepted)).deliveries
        claimed = await store.claim("c", now_ms=9, limit=2)
        leased = set(ids(claimed.deliveries))
        everything = [msgspec.structs.replace(one, state=SENDING) if one.id in leased else one for one in everything]
        order = sorted(range(len(everything)), key=lambda at: (everything[at].created_at_ms, at), reverse=True)
        newest = [everything[at] for at in order]
        filters: list[dict[str, Any]] = [
            {name: value}
            for name, values in {
                "endpoint": ["a", "c", "nobody"],
                "route": ["r0", "r2"],
                "state": list(DeliveryState),
                "since_ms": [7],
                "until_ms": [7, 9],
                "event_key": [everything[0].event_key, "evt_none"],
            }.items()
            for value in values
        ]
        filters += [one | other for one in filters for other in filters if one.keys().isdisjoint(other)]
        filters += [{}, {"endpoint": "c", "state": PENDING, "route": "r0", "since_ms": 7, "until_ms": 8}]
        for chosen in filters:
            since, until = chosen.get("since_ms", 0), chosen.get("until_ms", 99)
            expected = [
                one
                for one in newest
                if since <= one.created_at_ms < until
                and all(getattr(one, name) == value for name, value in chosen.items() if name[-3:] != "_ms")
            ]
            assert await pages(store.deliveries, DeliveryFilter(**chosen), limit) == expected, chosen

    run(store, work())


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_events_are_filtered_and_paged_newest_first(store: Store, limit: int) -> None:
    async def work() -> None:
        everything = []
        for number in range(12):
            accepted = acceptance(
                at_ms=[5, 9, 7, 7][number % 4], type=f"t.{number % 3}", source=f"/s{number}", event_id=f"i{number % 5}"
            )
            await store.accept(accepted)
            everything.append(await store.event(accepted.key))
        order = sorted(range(12), key=lambda at: (everything[at].received_at_ms, at), reverse=True)  # type: ignore[union-attr]
        newest = [everything[at] for at in order]
        filters: list[dict[str, Any]] = [
            {"event_id": "i1"},
            {"type": "t.1"},
            {"source": "/s3"},
            {"since_ms": 7},
            {"until_ms": 7},
            {"type": "none"},
        ]
        filters += [one | other for one in filters for other in filters if one.keys().isdisjoint(other)]
        for chosen in [{}, *filters]:
            since, until = chosen.get("since_ms", 0), chosen.get("until_ms", 99)
            expected = [
                one
                for one in newest
                if one is not None
                and since <= one.received_at_ms < until
                and chosen.get("event_id", one.event.id) == one.event.id
                and chosen.get("type", one.event.type) == one.event.type
                and chosen.get("source", one.event.source) == one.event.source
            ]
            assert await pages(store.events, EventFilter(**chosen), limit) == expected, chosen

    run(store, work())


def test_pages_are_stable_while_others_write(store: Store) -> None:
    async def work() -> None:
        names = [(await store.accept(acceptance("a", at_ms=at))).deliveries[0].id for at in (1, 2, 3, 4)]
        page = await store.deliveries(DeliveryFilter(endpoint="a"), limit=2)
        assert ids(page.items) == [names[3], names[2]]
        await store.accept(acceptance("a", at_ms=9))
        await store.apply([transition(names[2], Move.CANCEL)])
        page = await store.deliveries(DeliveryFilter(endpoint="a"), limit=2, cursor=page.next_cursor)
        assert ids(page.items) == [names[1], names[0]]
        assert page.next_cursor is None

    run(store, work())


def test_a_cursor_of_another_listing_is_refused(store: Store) -> None:
    async def work() -> None:
        for _ in range(2):
            await store.accept(acceptance("a"))
        of_events = (await store.events(EventFilter(), limit=1)).next_cursor
        of_deliveries = (await store.deliveries(DeliveryFilter(), limit=1)).next_cursor
        assert of_events is not None
        assert of_deliveries is not None
        for cursor in ("", "x", "é", of_events, of_deliveries + "A", of_deliveries[:-1], "A" * 300):
            with pytest.raises(ValueError, match="not a cursor"):
                await store.deliveries(DeliveryFilter(), limit=1, cursor=cursor)
        with pytest.raises(ValueError, match="not a cursor"):
            await store.events(EventFilter(), limit=1, cursor=of_deliveries)

    run(store, work())


# Backlogs ------------------------------------------------------------------------------------------------------------------------


def test_backlogs_count_every_state_and_tell_the_times(store: Store) -> None:
    async def work() -> None:
        assert await store.backlogs() == ()
        for state in DeliveryState:
            await bring(store, "b", state)
        await store.accept(acceptance("a", at_ms=60, due_at_ms=70))
        await store.accept(acceptance("a", at_ms=50, due_at_ms=80))
        await store.accept(acceptance("a", at_ms=40, due_at_ms=65, state=DeliveryState.DEAD))
        a, b = await store.backlogs()
        assert (a.endpoint, a.next_due_at_ms, a.oldest_created_at_ms) == ("a", 70, 50)
        assert b.counts == dict.fromkeys(DeliveryState, 1)
        assert (b.endpoint, b.next_due_at_ms, b.oldest_created_at_ms) == ("b", 1_000, 1_000)
        (first,) = (await store.claim("a", now_ms=70, limit=1)).deliveries
        a, _ = await store.backlogs()
        assert (a.next_due_at_ms, a.counts[SENDING], a.counts[PENDING]) == (80, 1, 1)
        await store.apply([transition(first.id, Move.SUCCEED)])
        await store.hold("a", at_ms=90, reason="x", limit=9)
        a, _ = await store.backlogs()
        assert (a.next_due_at_ms, a.oldest_created_at_ms, a.counts[HELD]) == (None, 50, 1)

    run(store, work())


def test_the_oldest_may_be_one_that_is_being_sent(store: Store) -> None:
    async def work() -> None:
        fresh = acceptance("a", at_ms=10)
        await store.accept(fresh, claim=frozenset(ids(fresh.deliveries)))
        await store.accept(acceptance("a", at_ms=20))
        assert (await store.backlogs())[0].oldest_created_at_ms == 10
        await store.apply([transition(fresh.deliveries[0].id, Move.SUCCEED)])
        assert (await store.backlogs())[0].oldest_created_at_ms == 20

    run(store, work())


# Revisions -----------------------------------------------------------------------------------------------------------------------


def revision(name: str, state: RevisionState, at_ms: int = 1) -> RevisionRecord:
    return RevisionRecord(
        revision=Revision(name), state=state, at_ms=at_ms, commit="abc", snapshot=name.encode(), diagnostics='[{"a":1}]'
    )


def test_one_revision_is_active(store: Store) -> None:
    active, rejected, superseded = RevisionState.ACTIVE, RevisionState.REJECTED, RevisionState.SUPERSEDED

    async def work() -> None:
        assert await store.active_revision() is None
        assert await store.revisions(limit=9) == ()
        one, two, bad = revision("one", active), revision("two", active, 2), revision("bad", rejected, 3)
        for record in (one, two, bad):
            await store.put_revision(record)
        assert await store.active_revision() == two
        assert await store.revision(one.revision) == msgspec.structs.replace(one, state=superseded)
        assert await store.revision(bad.revision) is None
        assert await store.revision(Revision("none")) is None
        listed = await store.revisions(limit=9)
        assert [(record.revision, record.state) for record in listed] == [
            ("bad", rejected),
            ("two", active),
            ("one", superseded),
        ]
        assert {record.snapshot for record in listed} == {b""}
        assert [record.revision for record in await store.revisions(limit=1)] == ["bad"]
        again = revision("one", active, 4)
        await store.put_revision(again)
        assert await store.active_revision() == again
        assert [record.revision for record in await store.revisions(limit=9)] == ["one", "bad", "two"]
        await store.put_revision(revision("one", rejected, 5))
        assert await store.active_revision() == again
        assert await store.revision(again.revision) == again

    run(store, work())


# Retention -----------------------------------------------------------------------------------------------------------------------


def test_prune_deletes_what_is_old_and_over(store: Store) -> None:
    async def work() -> None:
        over = []
        for at in (10, 20, 30, 200):
            accepted = acceptance("a", "b", at_ms=at)
            await store.accept(accepted, claim=frozenset(ids(accepted.deliveries)))
            await store.apply(
                [transition(name, Move.SUCCEED, attempt=attempt(name)) for name in ids(accepted.deliveries)]
            )
            over.append(accepted)
        half = acceptance("a", "b", at_ms=5)
        await store.accept(half, claim=frozenset(ids(half.deliveries)))
        await store.apply([transition(half.deliveries[0].id, Move.SUCCEED)])
        unwanted = acceptance(at_ms=6)
        await store.accept(unwanted)
        assert await store.prune(before_ms=100, limit=2) == 2
        assert await store.event(unwanted.key) is None
        assert await store.event(over[0].key) is None
        assert await store.prune(before_ms=100, limit=2) == 2
        assert await store.prune(before_ms=100, limit=2) == 0
        kept = {stored.key for stored in (await store.events(EventFilter(), limit=9)).items}
        assert kept == {half.key, over[3].key}
        assert await store.attempts(over[0].deliveries[0].id) == ()
        assert await store.delivery(over[0].deliveries[0].id) is None
        assert len(await store.attempts(over[3].deliveries[0].id)) == 1
        a, b = await store.backlogs()
        assert (sum(a.counts.values()), sum(b.counts.values())) == (2, 2)
        assert not (await store.accept(over[0])).duplicate  # its identity was forgotten with it

    run(store, work())


def test_prune_goes_on_where_it_was_and_comes_back(store: Store) -> None:
    async def work() -> None:
        waiting = acceptance("a", at_ms=1)
        await store.accept(waiting)
        for at in range(2, 8):
            await store.accept(acceptance(at_ms=at))
        assert await store.prune(before_ms=100, limit=4) == 4
        await store.apply([transition(waiting.deliveries[0].id, Move.CANCEL)])
        assert await store.prune(before_ms=100, limit=4) == 3
        assert await store.backlogs() == ()
        assert await store.prune(before_ms=100, limit=0) == 0

    run(store, work())


# Opening and closing -------------------------------------------------------------------------------------------------------------


def test_a_store_that_is_not_open_says_so(store: Store) -> None:
    async def work() -> None:
        await store.open()
        await store.close()
        await store.close()
        calls: list[Any] = [
            lambda: store.accept(acceptance("a")),
            lambda: store.apply([]),
            lambda: store.claim("a", now_ms=1, limit=1),
            lambda: store.release([]),
            store.backlogs,
            lambda: store.deliveries(DeliveryFilter(), limit=1),
            store.active_revision,
            lambda: store.prune(before_ms=1, limit=1),
        ]
        for call in calls:
            with pytest.raises(StoreUnavailableError, match="not open"):
                await call()

    asyncio.run(work())


def test_what_was_leased_is_pending_after_a_new_opening(store: Store) -> None:
    async def work() -> None:
        await store.open()
        fresh = await bring(store, "a", SENDING)
        waiting = await bring(store, "a", PENDING)
        await store.claim("a", now_ms=1_000, limit=1)
        await store.close()
        await store.open()
        backlog = (await store.backlogs())[0]
        assert (backlog.counts[PENDING], backlog.counts[SENDING], backlog.next_due_at_ms) == (2, 0, 1_000)
        claimed = await store.claim("a", now_ms=1_000, limit=9)
        assert ids(claimed.deliveries) == [fresh, waiting]
        await store.close()

    asyncio.run(work())
