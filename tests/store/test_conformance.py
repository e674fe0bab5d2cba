"""What every store promises, over all of them: the executable form of `router.store.port`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from router.delivery.record import Outcome
from router.delivery.state import BIRTH_STATES, TRANSITIONS, DeliveryState, IllegalMoveError, Move
from router.errors import StoreUnavailableError
from router.identity import DeliveryId, EventKey, Revision
from router.store.port import (
    DeliveryFilter,
    EventFilter,
    RevisionRecord,
    RevisionState,
    Store,
    StoredEvent,
)
from tests.store.builders import REVISION, STORES, acceptance, attempt, bring, ids, opened, transition

PENDING, SENDING, HELD = DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.HELD
EDGES = [(state, what) for state, moves in TRANSITIONS.items() for what in moves]
NON_EDGES = [(state, what) for state in DeliveryState for what in Move if (state, what) not in EDGES]


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return STORES[request.param](tmp_path)


def run(store: Store, work: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine on an open store."""

    async def main() -> None:
        async with opened(store):
            await work

    asyncio.run(main())


# The state table -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "what"), EDGES, ids=lambda value: value.value)
def test_every_edge_of_the_table_is_walked(store: Store, state: DeliveryState, what: Move) -> None:
    async def work() -> None:
        name = await bring(store, "e", state)
        before = await store.delivery(name)
        assert before is not None
        assert before.state is state
        if what is Move.CLAIM:
            claimed = await store.claim("e", now_ms=1_000, limit=1)
            assert ids(claimed.deliveries) == [name]
            expected = msgspec.structs.replace(before, state=SENDING)
            assert claimed.deliveries == (expected,)
        else:
            move = transition(name, what, due_at_ms=9_000, reason="because", attempt=attempt(name, 4))
            assert await store.apply([move]) == (None,)
            expected = msgspec.structs.replace(
                before,
                state=TRANSITIONS[state][what],
                attempts=0 if what is Move.REPLAY else 4,
                due_at_ms=9_000,
                updated_at_ms=3_000,
                reason="because",
            )
            assert await store.attempts(name) == (attempt(name, 4),)
        assert await store.delivery(name) == expected
        backlog = (await store.backlogs())[0]
        assert backlog.counts == {one: int(one is expected.state) for one in DeliveryState}

    run(store, work())


@pytest.mark.parametrize(("state", "what"), NON_EDGES, ids=lambda value: value.value)
def test_every_other_move_is_refused_and_changes_nothing(store: Store, state: DeliveryState, what: Move) -> None:
    async def work() -> None:
        name = await bring(store, "e", state)
        before = await store.delivery(name)
        backlogs = await store.backlogs()
        if what is Move.CLAIM:
            assert (await store.claim("e", now_ms=1_000, limit=1)).deliveries == ()
        (refusal,) = await store.apply([transition(name, what, due_at_ms=9_000, reason="x", attempt=attempt(name))])
        assert isinstance(refusal, IllegalMoveError)
        assert (refusal.state, refusal.what) == (state, what)
        assert name in str(refusal)
        assert await store.delivery(name) == before
        assert await store.backlogs() == backlogs
        assert await store.attempts(name) == ()

    run(store, work())


def test_apply_does_not_claim(store: Store) -> None:
    async def work() -> None:
        name = await bring(store, "e", PENDING)
        (refusal,) = await store.apply([transition(name, Move.CLAIM)])
        assert isinstance(refusal, IllegalMoveError)
        assert (await store.delivery(name)).state is PENDING  # type: ignore[union-attr]

    run(store, work())


def test_moves_of_an_unknown_delivery_are_refused(store: Store) -> None:
    async def work() -> None:
        nobody = DeliveryId("dlv_nobody")
        for refusal in await store.apply([transition(nobody, what) for what in Move]):
            assert isinstance(refusal, IllegalMoveError)
            assert refusal.state is None
        await store.release([nobody])
        assert await store.delivery(nobody) is None
        assert await store.attempts(nobody) == ()

    run(store, work())


def test_a_refused_transition_leaves_the_others_of_its_call_alone(store: Store) -> None:
    async def work() -> None:
        good, bad = [await bring(store, "e", state) for state in (SENDING, HELD)]
        moves = [
            transition(bad, Move.SUCCEED),
            transition(good, Move.SUCCEED),
            transition(good, Move.SUCCEED),
            transition(good, Move.REPLAY, due_at_ms=5),
        ]
        refusals = await store.apply(moves)
        assert [None if one is None else one.state for one in refusals] == [HELD, None, DeliveryState.DELIVERED, None]
        assert (await store.delivery(good)).state is PENDING  # type: ignore[union-attr]
        assert (await store.claim("e", now_ms=5, limit=9)).deliveries[0].id == good

    run(store, work())


def test_two_that_finish_the_same_delivery_do_so_once(store: Store) -> None:
    async def work() -> None:
        name = await bring(store, "e", SENDING)
        answers = await asyncio.gather(
            *(store.apply([transition(name, what, attempt=attempt(name))]) for what in (Move.RETRY, Move.SUCCEED))
        )
        assert [answer[0] is None for answer in answers] == [True, False]
        assert len(await store.attempts(name)) == 1

    run(store, work())


# Acceptance ----------------------------------------------------------------------------------------------------------------------


def test_an_accepted_event_comes_back_as_it_was(store: Store) -> None:
    accepted = acceptance(
        "a",
        "b",
        body=b'{"n": 1.50, "text": "\\u00e9"}',
        data={"n": 1.5, "text": "é"},
        sent=b"other\x00bytes",
        time="2026-01-02T03:04:05Z",
        subject="s\u2028",
        datacontenttype="application/json",
        dataschema="https://example.test/schema",
        extensions={"partitionkey": "p", "sequence": 7, "deprecated": True},
    )

    async def work() -> None:
        answer = await store.accept(accepted)
        assert (answer.key, answer.revision, answer.duplicate) == (accepted.key, REVISION, False)
        assert answer.deliveries == accepted.deliveries
        expected = StoredEvent(key=accepted.key, event=accepted.event, revision=REVISION, received_at_ms=1_000)
        assert await store.event(accepted.key) == expected
        for delivery in accepted.deliveries:
            assert await store.delivery(delivery.id) == delivery
        assert await store.event(EventKey("evt_other")) is None

    run(store, work())


@pytest.mark.parametrize(
    ("body", "data", "sent"),
    [
        (None, None, b""),
        (None, {"made": "without body"}, b'{"made":"without body"}'),
        (b"", None, b""),
        (b"null", None, b"null"),
        (b"\xff\x00", None, b"\xff\x00"),
        (b'"text"', "text", b"changed"),
        (b"0", 0, b"0"),
        (b"[]", [], b""),
    ],
)
def test_bodies_of_all_kinds_come_back(store: Store, body: bytes | None, data: Any, sent: bytes) -> None:
    async def work() -> None:
        accepted = acceptance("a", body=body, data=data, sent=sent)
        await store.accept(accepted)
        stored = await store.event(accepted.key)
        assert stored is not None
        assert stored.event == accepted.event
        assert await store.delivery(accepted.deliveries[0].id) == accepted.deliveries[0]

    run(store, work())


def test_deliveries_of_one_event_may_differ_in_everything(store: Store) -> None:
    async def work() -> None:
        one, two, three = acceptance("a", "b", "c").deliveries
        different = (
            msgspec.structs.replace(one, body=b"1", headers=(("x", "1"), ("x", "2"))),
            msgspec.structs.replace(two, body=b"1", headers=(), state=HELD, route="r2"),
            msgspec.structs.replace(three, state=DeliveryState.DEAD, reason="broken template", due_at_ms=77),
        )
        accepted = msgspec.structs.replace(acceptance(), key=one.event_key, deliveries=different)
        happened = msgspec.structs.replace(accepted.event, id=one.event_id)
        await store.accept(msgspec.structs.replace(accepted, event=happened))
        assert tuple([await store.delivery(delivery.id) for delivery in different]) == different

    run(store, work())


def test_a_repeat_returns_the_first_acceptance(store: Store) -> None:
    async def work() -> None:
        first = acceptance("a", "b", event_id="same")
        repeat = acceptance("c", event_id="same", at_ms=2_000)
        await store.accept(first, claim=frozenset(ids(first.deliveries[:1])))
        answer = await store.accept(repeat, claim=frozenset(ids(repeat.deliveries)))
        assert (answer.key, answer.revision, answer.duplicate) == (first.key, REVISION, True)
        assert ids(answer.deliveries) == ids(first.deliveries)
        assert [delivery.state for delivery in answer.deliveries] == [SENDING, PENDING]
        assert await store.event(repeat.key) is None
        assert await store.delivery(repeat.deliveries[0].id) is None
        assert [backlog.endpoint for backlog in await store.backlogs()] == ["a", "b"]
        others = [acceptance("a", event_id="same", source="/other"), acceptance("a", event_id="other")]
        assert not any([(await store.accept(other)).duplicate for other in others])

    run(store, work())


def test_repeats_that_arrive_together_are_recognised(store: Store) -> None:
    async def work() -> None:
        repeats = [acceptance("a", event_id="same") for _ in range(20)]
        answers = await asyncio.gather(*(store.accept(repeat) for repeat in repeats))
        assert sum(not answer.duplicate for answer in answers) == 1
        assert {answer.key for answer in answers} == {repeats[0].key}
        assert len((await store.deliveries(DeliveryFilter(), limit=99)).items) == 1

    run(store, work())


def test_an_event_nobody_wants_is_kept_too(store: Store) -> None:
    async def work() -> None:
        accepted = acceptance()
        assert (await store.accept(accepted)).deliveries == ()
        assert (await store.accept(accepted)).duplicate
        assert await store.event(accepted.key) is not None
        assert await store.backlogs() == ()

    run(store, work())


def test_only_pending_deliveries_are_claimed_with_the_acceptance(store: Store) -> None:
    async def work() -> None:
        held = acceptance("a", state=HELD)
        pending = acceptance("a", "a")
        answer = await store.accept(held, claim=frozenset(ids(held.deliveries)))
        assert answer.deliveries[0].state is HELD
        answer = await store.accept(pending, claim=frozenset([pending.deliveries[1].id, DeliveryId("dlv_unknown")]))
        assert [delivery.state for delivery in answer.deliveries] == [PENDING, SENDING]
        claimed = await store.claim("a", now_ms=5_000, limit=9)
        assert ids(claimed.deliveries) == [pending.deliveries[0].id]

    run(store, work())


@pytest.mark.parametrize("state", [state for state in DeliveryState if state not in BIRTH_STATES])
def test_a_delivery_is_not_born_in_other_states(store: Store, state: DeliveryState) -> None:
    async def work() -> None:
        accepted = acceptance("a", state=state)
        with pytest.raises(ValueError, match="cannot be born"):
            await store.accept(accepted)
        assert await store.event(accepted.key) is None

    run(store, work())


def test_an_acceptance_that_breaks_off_keeps_nothing(store: Store) -> None:
    """A delivery id used twice is our own fault; neither its event nor its neighbours in the batch may suffer."""

    async def work() -> None:
        first, neighbour = acceptance("a"), acceptance("a")
        await store.accept(first)
        broken = acceptance("b", "b")
        again = msgspec.structs.replace(broken.deliveries[1], id=first.deliveries[0].id)
        broken = msgspec.structs.replace(broken, deliveries=(broken.deliveries[0], again))
        answers = await asyncio.gather(
            store.accept(broken),
            store.accept(neighbour, claim=frozenset(ids(neighbour.deliveries))),
            return_exceptions=True,
        )
        assert isinstance(answers[0], ValueError)
        assert not isinstance(answers[1], BaseException)
        assert await store.event(broken.key) is None
        assert await store.delivery(broken.deliveries[0].id) is None
        assert [(one.endpoint, one.counts[PENDING], one.counts[SENDING]) for one in await store.backlogs()] == [
            ("a", 1, 1)
        ]

    run(store, work())


@pytest.mark.parametrize("field", ["event_key", "event_id", "event_type", "revision", "created_at_ms"])
def test_a_delivery_belongs_to_its_event(store: Store, field: str) -> None:
    async def work() -> None:
        accepted = acceptance("a")
        stranger: Any = msgspec.structs.replace(
            accepted.deliveries[0], **{field: 7 if field == "created_at_ms" else "x"}
        )
        with pytest.raises(ValueError, match=field):
            await store.accept(msgspec.structs.replace(accepted, deliveries=(stranger,)))
        assert await store.event(accepted.key) is None

    run(store, work())


# Claims --------------------------------------------------------------------------------------------------------------------------


def test_claims_come_oldest_due_first(store: Store) -> None:
    async def work() -> None:
        dues = [30, 10, 20, 10, 40]
        names = [(await store.accept(acceptance("a", due_at_ms=due))).deliveries[0].id for due in dues]
        await store.accept(acceptance("b", due_at_ms=1))
        claimed = await store.claim("a", now_ms=30, limit=3)
        assert ids(claimed.deliveries) == [names[1], names[3], names[2]]
        assert {delivery.state for delivery in claimed.deliveries} == {SENDING}
        assert claimed.next_due_at_ms == 30
        claimed = await store.claim("a", now_ms=30, limit=3)
        assert ids(claimed.deliveries) == [names[0]]
        assert claimed.next_due_at_ms == 40
        claimed = await store.claim("a", now_ms=39, limit=3)
        assert (claimed.deliveries, claimed.next_due_at_ms) == ((), 40)
        claimed = await store.claim("a", now_ms=40, limit=3)
        assert (ids(claimed.deliveries), claimed.next_due_at_ms) == ([names[4]], None)
        claimed = await store.claim("nobody", now_ms=40, limit=3)
        assert (claimed.deliveries, claimed.next_due_at_ms) == ((), None)

    run(store, work())


def test_a_claim_of_none_only_tells_when_to_come(store: Store) -> None:
    async def work() -> None:
        await store.accept(acceptance("a", due_at_ms=5))
        claimed = await store.claim("a", now_ms=9, limit=0)
        assert (claimed.deliveries, claimed.next_due_at_ms) == ((), 5)

    run(store, work())


def test_concurrent_claims_never_share(store: Store) -> None:
    async def work() -> None:
        for _ in range(50):
            await store.accept(acceptance("a"))
        answers = await asyncio.gather(*(store.claim("a", now_ms=5_000, limit=7) for _ in range(10)))
        names = [name for answer in answers for name in ids(answer.deliveries)]
        assert len(names) == len(set(names)) == 50

    run(store, work())


def test_released_deliveries_are_claimed_again_unchanged(store: Store) -> None:
    async def work() -> None:
        accepted = acceptance("a", "a", due_at_ms=40)
        fresh, waiting = ids(accepted.deliveries)
        await store.accept(accepted, claim=frozenset([fresh]))
        await store.claim("a", now_ms=40, limit=1)
        await store.release([waiting, fresh, waiting])
        assert await store.delivery(fresh) == accepted.deliveries[0]
        assert await store.delivery(waiting) == accepted.deliveries[1]
        assert (await store.claim("a", now_ms=39, limit=9)).next_due_at_ms == 40
        claimed = await store.claim("a", now_ms=40, limit=9)
        assert ids(claimed.deliveries) == [fresh, waiting]
        await store.apply([transition(fresh, Move.SUCCEED), transition(waiting, Move.LEASE_LOST, due_at_ms=90)])
        await store.release([fresh, waiting])
        assert (await store.delivery(fresh)).state is DeliveryState.DELIVERED  # type: ignore[union-attr]
        assert (await store.claim("a", now_ms=40, limit=9)).next_due_at_ms == 90

    run(store, work())


def test_a_retry_is_due_when_it_says(store: Store) -> None:
    async def work() -> None:
        name = await bring(store, "a", SENDING)
        await store.apply([transition(name, Move.RETRY, due_at_ms=500, attempt=attempt(name, 1))])
        assert (await store.claim("a", now_ms=499, limit=1)).next_due_at_ms == 500
        (delivery,) = (await store.claim("a", now_ms=500, limit=1)).deliveries
        assert (delivery.attempts, delivery.due_at_ms, delivery.updated_at_ms) == (1, 500, 3_000)

    run(store, work())


def test_a_replay_restores_the_budget_and_keeps_the_log(store: Store) -> None:
    async def work() -> None:
        name = await bring(store, "a", SENDING)
        first = [attempt(name, 1), attempt(name, 2, status=None, error="timeout: 30 s", answer=b"")]
        await store.apply([transition(name, Move.RETRY, due_at_ms=1, attempt=first[0])])
        await store.claim("a", now_ms=1, limit=1)
        await store.apply([transition(name, Move.GIVE_UP, reason="no", attempt=first[1])])
        assert (await store.delivery(name)).attempts == 2  # type: ignore[union-attr]
        await store.apply([transition(name, Move.REPLAY, due_at_ms=2)])
        replayed = await store.delivery(name)
        assert replayed is not None
        assert (replayed.attempts, replayed.reason, replayed.due_at_ms) == (0, None, 2)
        await store.claim("a", now_ms=2, limit=1)
        second = attempt(name, 1, outcome=Outcome.DELIVER, status=204, answer=b"")
        await store.apply([transition(name, Move.SUCCEED, attempt=second)])
        assert await store.attempts(name) == (*first, second)
        assert (await store.delivery(name)).attempts == 1  # type: ignore[union-attr]

    run(store, work())


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
