"""What every store promises, over all of them: the executable form of `router.store.port`."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from router.delivery.record import Outcome
from router.delivery.state import BIRTH_STATES, TRANSITIONS, DeliveryState, IllegalMoveError, Move
from router.identity import DeliveryId, EventKey
from router.store.port import (
    DeliveryFilter,
    Store,
    StoredEvent,
)
from tests.store.builders import REVISION, acceptance, attempt, bring, ids, run, transition

PENDING, SENDING, HELD = DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.HELD
EDGES = [(state, what) for state, moves in TRANSITIONS.items() for what in moves]
NON_EDGES = [(state, what) for state in DeliveryState for what in Move if (state, what) not in EDGES]


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
