"""Both stores under the same random calls: the same answers, and never a move that the table does not have.

The memory store makes each move by a look-up in the table; the SQLite store reaches the same by indexes, leases and counters. Whatever
sequence of calls tells them apart is a fault of one of them.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from router.delivery.state import TRANSITIONS, DeliveryState, IllegalMoveError, Move
from router.identity import DeliveryId, Revision
from router.store.memory import MemoryStore
from router.store.port import DeliveryFilter, EventFilter, RevisionRecord, RevisionState, Store
from router.store.sqlite import SqliteStore
from tests.store.builders import acceptance, attempt, ids, transition

ENDPOINTS = st.sampled_from(["a", "b", "c"])
TIMES = st.integers(min_value=0, max_value=20)
FEW = st.integers(min_value=0, max_value=4)


class TwoStores(RuleBasedStateMachine):
    """Calls both stores alike and compares what they answer and what they hold."""

    deliveries: Bundle[DeliveryId] = Bundle("deliveries")

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.memory: Store = MemoryStore()
        self.sqlite: Store = SqliteStore(Path(self.folder.name) / "events.db")
        self.known: set[DeliveryId] = set()
        self.both(lambda store: store.open())

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.both(lambda store: store.close())
            self.loop.close()
            self.folder.cleanup()

    def both(self, call: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
        """Make a call on both stores and return the answer, which must be the same."""
        one = self.loop.run_until_complete(call(self.memory))
        other = self.loop.run_until_complete(call(self.sqlite))
        assert comparable(one) == comparable(other)
        return one

    @rule(
        target=deliveries,
        endpoints=st.lists(ENDPOINTS, max_size=3),
        at_ms=TIMES,
        due_at_ms=TIMES,
        state=st.sampled_from([DeliveryState.PENDING, DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.DEAD]),
        event_id=st.integers(min_value=0, max_value=12),
        claims=st.booleans(),
        route=st.sampled_from(["r", "s"]),
    )
    def accept(
        self,
        endpoints: list[str],
        at_ms: int,
        due_at_ms: int,
        state: DeliveryState,
        event_id: int,
        claims: bool,
        route: str,
    ) -> Any:
        offered = acceptance(
            *endpoints,
            at_ms=at_ms,
            due_at_ms=due_at_ms,
            state=state,
            event_id=f"i{event_id}",
            route=route,
            type=f"t.{event_id % 2}",
            source=f"/{event_id % 3}",
        )
        claim = frozenset(ids(offered.deliveries)) if claims else frozenset()
        answer = self.both(lambda store: store.accept(offered, claim=claim))
        self.known.update(ids(answer.deliveries))
        return multiple(*ids(answer.deliveries))

    @rule(endpoint=ENDPOINTS, now_ms=TIMES, limit=FEW)
    def claim(self, endpoint: str, now_ms: int, limit: int) -> None:
        self.both(lambda store: store.claim(endpoint, now_ms=now_ms, limit=limit))

    @rule(names=st.lists(deliveries, max_size=4))
    def release(self, names: list[DeliveryId]) -> None:
        self.both(lambda store: store.release(names))

    @rule(
        moves=st.lists(
            st.tuples(deliveries, st.sampled_from(list(Move)), TIMES, st.none() | TIMES, st.none() | FEW), max_size=5
        )
    )
    def apply(self, moves: list[tuple[DeliveryId, Move, int, int | None, int | None]]) -> None:
        transitions = [
            transition(
                name,
                what,
                at_ms=at_ms,
                due_at_ms=due_at_ms,
                reason=None if due_at_ms else f"because {at_ms}",
                attempt=None if number is None else attempt(name, number),
            )
            for name, what, at_ms, due_at_ms, number in moves
        ]
        states = {name: self.both(lambda store, name=name: store.delivery(name)) for name, *_ in moves}
        refusals = self.both(lambda store: store.apply(transitions))
        for (name, what, *_), refusal in zip(moves, refusals, strict=True):
            before = states[name].state if states[name] is not None else None
            to = TRANSITIONS[before].get(what) if before is not None and what is not Move.CLAIM else None
            assert (refusal is None) == (to is not None), (before, what)
            if to is not None:
                states[name] = msgspec.structs.replace(states[name], state=to)

    @rule(endpoint=ENDPOINTS, at_ms=TIMES, limit=FEW)
    def hold(self, endpoint: str, at_ms: int, limit: int) -> None:
        self.both(lambda store: store.hold(endpoint, at_ms=at_ms, reason="held", limit=limit))

    @rule(endpoint=ENDPOINTS, at_ms=TIMES, due_at_ms=TIMES, limit=FEW)
    def resume(self, endpoint: str, at_ms: int, due_at_ms: int, limit: int) -> None:
        self.both(lambda store: store.resume(endpoint, at_ms=at_ms, due_at_ms=due_at_ms, limit=limit))

    @rule(before_ms=TIMES)
    def prune(self, before_ms: int) -> None:
        self.both(lambda store: store.prune(before_ms=before_ms, limit=1_000))

    @rule(name=st.sampled_from(["one", "two", "three"]), state=st.sampled_from(list(RevisionState)), at_ms=TIMES)
    def put_revision(self, name: str, state: RevisionState, at_ms: int) -> None:
        record = RevisionRecord(revision=Revision(name), state=state, at_ms=at_ms, snapshot=name.encode())
        self.both(lambda store: store.put_revision(record))

    @rule()
    def reopen(self) -> None:
        self.both(lambda store: store.close())
        self.both(lambda store: store.open())

    @rule(
        endpoint=st.none() | ENDPOINTS,
        route=st.none() | st.just("r"),
        state=st.none() | st.sampled_from(list(DeliveryState)),
        since_ms=st.none() | TIMES,
        until_ms=st.none() | TIMES,
        limit=st.integers(min_value=1, max_value=5),
    )
    def list_deliveries(self, limit: int, **fields: Any) -> None:
        self.walk(lambda store, cursor: store.deliveries(DeliveryFilter(**fields), limit=limit, cursor=cursor))

    @rule(
        event_id=st.none() | st.just("i1"),
        type=st.none() | st.just("t.0"),
        source=st.none() | st.just("/1"),
        since_ms=st.none() | TIMES,
        until_ms=st.none() | TIMES,
        limit=st.integers(min_value=1, max_value=5),
    )
    def list_events(self, limit: int, **fields: Any) -> None:
        self.walk(lambda store, cursor: store.events(EventFilter(**fields), limit=limit, cursor=cursor))

    def walk(self, listing: Callable[[Store, str | None], Coroutine[Any, Any, Any]]) -> None:
        """Walk a listing page by page; the stores' cursors are their own."""
        mine = theirs = None
        while True:
            one = self.loop.run_until_complete(listing(self.memory, mine))
            other = self.loop.run_until_complete(listing(self.sqlite, theirs))
            assert one.items == other.items
            mine, theirs = one.next_cursor, other.next_cursor
            assert (mine is None) == (theirs is None)
            if mine is None:
                return

    @invariant()
    def hold_the_same(self) -> None:
        if hasattr(self, "loop"):
            backlogs = self.both(lambda store: store.backlogs())
            everything = self.both(lambda store: store.deliveries(DeliveryFilter(), limit=10_000)).items
            assert sum(sum(backlog.counts.values()) for backlog in backlogs) == len(everything)
            for name in self.known:
                self.both(lambda store, name=name: store.attempts(name))
            self.both(lambda store: store.active_revision())
            self.both(lambda store: store.revisions(limit=9))


def comparable(answer: Any) -> Any:
    """Return an answer with its errors as what they say."""
    if isinstance(answer, tuple):
        return tuple(str(one) if isinstance(one, IllegalMoveError) else one for one in answer)
    return answer


TestTwoStores = TwoStores.TestCase
TestTwoStores.settings = settings(max_examples=40, stateful_step_count=30)
