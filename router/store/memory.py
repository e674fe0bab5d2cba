"""MemoryStore: the Store port without a disk, for tests, `router test` and trying things out.

Everything is lost with the process; in every other respect it keeps the port's promises, and the conformance suite holds it to that. It
is also the reference that the SQLite store is compared with under random sequences of calls, so it favours the obvious over the fast:
every move is a look-up in `router.delivery.state.TRANSITIONS`. Nothing here waits, so every method is atomic on its event loop.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from router.delivery.record import Attempt, Delivery, Transition
from router.delivery.state import FINAL_STATES, DeliveryState, IllegalMoveError, Move, move
from router.errors import StoreUnavailableError
from router.event import Event
from router.identity import DeliveryId, EventKey, Revision
from router.store.births import check_births
from router.store.cursor import decode_cursor, encode_cursor
from router.store.port import (
    Acceptance,
    Accepted,
    Claimed,
    DeliveryFilter,
    EndpointBacklog,
    EventFilter,
    Page,
    RevisionRecord,
    RevisionState,
    StoredEvent,
)

__all__ = ["MemoryStore"]

_PENDING: Final = DeliveryState.PENDING
_SENDING: Final = DeliveryState.SENDING


class _Kept:
    """One delivery as kept: the record in its present state, where it stands in the order of acceptance, and its attempts."""

    __slots__ = ("attempts", "record", "seq")

    def __init__(self, seq: int, record: Delivery) -> None:
        self.seq = seq
        self.record = record
        self.attempts: list[Attempt] = []

    @property
    def due(self) -> tuple[int, int]:
        return (self.record.due_at_ms, self.seq)

    @property
    def place(self) -> tuple[int, int]:
        return (self.record.created_at_ms, self.seq)


class _Happened:
    """One event as kept."""

    __slots__ = ("deliveries", "seq", "stored")

    def __init__(self, seq: int, stored: StoredEvent, deliveries: list[_Kept]) -> None:
        self.seq = seq
        self.stored = stored
        self.deliveries = deliveries

    @property
    def place(self) -> tuple[int, int]:
        return (self.stored.received_at_ms, self.seq)


_Placed = TypeVar("_Placed", _Kept, _Happened)


class MemoryStore:
    """A Store that forgets everything when the process ends."""

    def __init__(self) -> None:
        self._is_open = False
        self._seq = 0
        self._events: dict[EventKey, _Happened] = {}
        self._keys: dict[tuple[str, str], EventKey] = {}
        self._deliveries: dict[DeliveryId, _Kept] = {}
        self._pending: dict[
            str, list[tuple[int, int, DeliveryId]]
        ] = {}  # by endpoint: due, seq, id; unleased ones, sorted
        self._revisions: list[RevisionRecord] = []

    async def open(self) -> None:
        """Make the store usable; what was leased when it was closed is pending again."""
        self._is_open = True
        for kept in self._deliveries.values():
            if kept.record.state is _SENDING:
                self._set(kept, msgspec.structs.replace(kept.record, state=_PENDING))

    async def close(self) -> None:
        """Refuse further calls; idempotent."""
        self._is_open = False

    async def accept(self, acceptance: Acceptance, *, claim: frozenset[DeliveryId] = frozenset()) -> Accepted:
        """Keep an event and its deliveries; see the port."""
        self._check_open()
        identity = (acceptance.event.source, acceptance.event.id)
        earlier = self._keys.get(identity)
        if earlier is not None:
            first = self._events[earlier]
            deliveries = tuple(kept.record for kept in first.deliveries)
            return Accepted(key=earlier, revision=first.stored.revision, deliveries=deliveries, duplicate=True)
        self._check_new(acceptance)
        kepts = [_Kept(self._next_seq(), record) for record in acceptance.deliveries]
        stored = StoredEvent(
            key=acceptance.key,
            event=acceptance.event,
            revision=acceptance.revision,
            received_at_ms=acceptance.received_at_ms,
        )
        self._events[acceptance.key] = _Happened(self._next_seq(), stored, kepts)
        self._keys[identity] = acceptance.key
        for kept in kepts:
            record = kept.record
            self._deliveries[record.id] = kept
            if record.state is _PENDING:
                is_claimed = record.id in claim
                self._set(kept, msgspec.structs.replace(record, state=_SENDING) if is_claimed else record)
        return Accepted(
            key=acceptance.key, revision=acceptance.revision, deliveries=tuple(kept.record for kept in kepts)
        )

    async def apply(self, transitions: Sequence[Transition]) -> tuple[IllegalMoveError | None, ...]:
        """Apply transitions in order; see the port."""
        self._check_open()
        return tuple(self._apply_one(transition) for transition in transitions)

    async def claim(self, endpoint: str, *, now_ms: int, limit: int) -> Claimed:
        """Lease due deliveries of one endpoint; see the port."""
        self._check_open()
        pending = self._pending.get(endpoint, [])
        due = bisect.bisect_left(pending, (now_ms + 1, -1, ""))
        claimed = []
        for _, _, name in pending[: min(due, limit)]:
            kept = self._deliveries[name]
            self._set(kept, msgspec.structs.replace(kept.record, state=_SENDING))
            claimed.append(kept.record)
        return Claimed(deliveries=tuple(claimed), next_due_at_ms=self._next_due(endpoint))

    async def release(self, deliveries: Sequence[DeliveryId]) -> None:
        """End leases without a move; see the port."""
        self._check_open()
        for name in deliveries:
            kept = self._deliveries.get(name)
            if kept is not None and kept.record.state is _SENDING:
                self._set(kept, msgspec.structs.replace(kept.record, state=_PENDING))

    async def backlogs(self) -> tuple[EndpointBacklog, ...]:
        """Count what is kept for each endpoint; see the port."""
        self._check_open()
        counts: dict[str, dict[DeliveryState, int]] = {}
        oldest: dict[str, int] = {}
        for kept in self._deliveries.values():
            record = kept.record
            of = counts.setdefault(record.endpoint, dict.fromkeys(DeliveryState, 0))
            of[record.state] += 1
            if record.state not in FINAL_STATES:
                oldest[record.endpoint] = min(record.created_at_ms, oldest.get(record.endpoint, record.created_at_ms))
        return tuple(
            EndpointBacklog(
                endpoint=endpoint,
                counts=counts[endpoint],
                next_due_at_ms=self._next_due(endpoint),
                oldest_created_at_ms=oldest.get(endpoint),
            )
            for endpoint in sorted(counts)
        )

    async def event(self, key: EventKey) -> StoredEvent | None:
        """Return one event; see the port."""
        self._check_open()
        happened = self._events.get(key)
        return None if happened is None else happened.stored

    async def events(self, which: EventFilter, *, limit: int, cursor: str | None = None) -> Page[StoredEvent]:
        """List events; see the port."""
        self._check_open()
        before = None if cursor is None else decode_cursor("event", cursor)
        found = (happened for happened in self._events.values() if _is_event_wanted(happened.stored, which))
        chosen, is_more = _newest(found, before, limit)
        after = encode_cursor("event", *chosen[-1].place) if is_more else None
        return Page(items=tuple(happened.stored for happened in chosen), next_cursor=after)

    async def delivery(self, delivery: DeliveryId) -> Delivery | None:
        """Return one delivery; see the port."""
        self._check_open()
        kept = self._deliveries.get(delivery)
        return None if kept is None else kept.record

    async def deliveries(self, which: DeliveryFilter, *, limit: int, cursor: str | None = None) -> Page[Delivery]:
        """List deliveries; see the port."""
        self._check_open()
        before = None if cursor is None else decode_cursor("delivery", cursor)
        found = (kept for kept in self._deliveries.values() if _is_delivery_wanted(kept.record, which))
        chosen, is_more = _newest(found, before, limit)
        after = encode_cursor("delivery", *chosen[-1].place) if is_more else None
        return Page(items=tuple(kept.record for kept in chosen), next_cursor=after)

    async def attempts(self, delivery: DeliveryId) -> tuple[Attempt, ...]:
        """Return the attempts of a delivery; see the port."""
        self._check_open()
        kept = self._deliveries.get(delivery)
        return () if kept is None else tuple(kept.attempts)

    async def hold(self, endpoint: str, *, at_ms: int, reason: str, limit: int) -> int:
        """Hold pending deliveries, earliest due first; see the port."""
        self._check_open()
        names = [name for _, _, name in self._pending.get(endpoint, [])[:limit]]
        for name in names:
            self._apply_one(Transition(delivery=name, what=Move.HOLD, at_ms=at_ms, reason=reason))
        return len(names)

    async def resume(self, endpoint: str, *, at_ms: int, due_at_ms: int, limit: int) -> int:
        """Resume held deliveries; see the port."""
        self._check_open()
        held = [
            kept
            for kept in self._deliveries.values()
            if kept.record.endpoint == endpoint and kept.record.state is DeliveryState.HELD
        ]
        held.sort(key=lambda kept: kept.place)
        for kept in held[:limit]:
            self._apply_one(
                Transition(delivery=kept.record.id, what=Move.RESUME, at_ms=at_ms, due_at_ms=due_at_ms),
            )
        return min(limit, len(held))

    async def put_revision(self, record: RevisionRecord) -> None:
        """Keep a revision; see the port."""
        self._check_open()
        is_active = record.state is RevisionState.ACTIVE
        kept = []
        for other in self._revisions:
            if _is_same_revision(other, record):
                continue
            if is_active and other.state is RevisionState.ACTIVE:
                other = msgspec.structs.replace(other, state=RevisionState.SUPERSEDED)  # noqa: PLW2901
            kept.append(other)
        self._revisions = [*kept, record]

    async def active_revision(self) -> RevisionRecord | None:
        """Return the active revision; see the port."""
        self._check_open()
        return next((record for record in self._revisions if record.state is RevisionState.ACTIVE), None)

    async def revisions(self, *, limit: int) -> tuple[RevisionRecord, ...]:
        """Return the latest revisions; see the port."""
        self._check_open()
        latest = reversed(self._revisions[-limit:] if limit > 0 else [])
        return tuple(msgspec.structs.replace(record, snapshot=b"") for record in latest)

    async def revision(self, revision: Revision) -> RevisionRecord | None:
        """Return one good revision; see the port."""
        self._check_open()
        good = (record for record in self._revisions if record.state is not RevisionState.REJECTED)
        return next((record for record in good if record.revision == revision), None)

    async def prune(self, *, before_ms: int, limit: int) -> int:
        """Delete old events that are over; see the port."""
        self._check_open()
        over = [
            happened
            for happened in self._events.values()
            if happened.stored.received_at_ms < before_ms
            and all(kept.record.state in FINAL_STATES for kept in happened.deliveries)
        ]
        over.sort(key=lambda happened: happened.place)
        for happened in over[:limit]:
            event: Event = happened.stored.event
            del self._events[happened.stored.key], self._keys[event.source, event.id]
            for kept in happened.deliveries:
                del self._deliveries[kept.record.id]
        return min(limit, len(over))

    def _check_open(self) -> None:
        if not self._is_open:
            raise StoreUnavailableError("the store is not open")

    def _check_new(self, acceptance: Acceptance) -> None:
        """Refuse, before anything is kept, an acceptance that no caller may make."""
        names = [record.id for record in acceptance.deliveries]
        if (
            acceptance.key in self._events
            or len(set(names)) != len(names)
            or not self._deliveries.keys().isdisjoint(names)
        ):
            raise ValueError(f"event {acceptance.key}: its key or the id of a delivery is already in use")
        check_births(acceptance)

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def _next_due(self, endpoint: str) -> int | None:
        pending = self._pending.get(endpoint)
        return pending[0][0] if pending else None

    def _set(self, kept: _Kept, record: Delivery) -> None:
        """Put a record in the place of another and keep the due order right: exactly the pending ones are in it."""
        pending = self._pending.setdefault(record.endpoint, [])
        place = (*kept.due, kept.record.id)
        at = bisect.bisect_left(pending, place)
        if at < len(pending) and pending[at] == place:
            del pending[at]
        kept.record = record
        if record.state is _PENDING:
            bisect.insort(pending, (*kept.due, record.id))

    def _apply_one(self, transition: Transition) -> IllegalMoveError | None:
        kept = self._deliveries.get(transition.delivery)
        if kept is None:
            return IllegalMoveError(None, transition.what, transition.delivery)
        record = kept.record
        try:
            state = move(record.state, transition.what)
        except IllegalMoveError:
            state = None
        if state is None or transition.what is Move.CLAIM:
            return IllegalMoveError(record.state, transition.what, transition.delivery)
        attempts = record.attempts if transition.attempt is None else transition.attempt.number
        self._set(
            kept,
            msgspec.structs.replace(
                record,
                state=state,
                attempts=0 if transition.what is Move.REPLAY else attempts,
                due_at_ms=record.due_at_ms if transition.due_at_ms is None else transition.due_at_ms,
                updated_at_ms=transition.at_ms,
                reason=transition.reason,
            ),
        )
        if transition.attempt is not None:
            kept.attempts.append(transition.attempt)
        return None


def _is_event_wanted(stored: StoredEvent, which: EventFilter) -> bool:
    event = stored.event
    return (
        (which.event_id is None or event.id == which.event_id)
        and (which.type is None or event.type == which.type)
        and (which.source is None or event.source == which.source)
        and (which.since_ms is None or stored.received_at_ms >= which.since_ms)
        and (which.until_ms is None or stored.received_at_ms < which.until_ms)
    )


def _is_delivery_wanted(record: Delivery, which: DeliveryFilter) -> bool:
    return (
        (which.event_key is None or record.event_key == which.event_key)
        and (which.endpoint is None or record.endpoint == which.endpoint)
        and (which.route is None or record.route == which.route)
        and (which.state is None or record.state is which.state)
        and (which.since_ms is None or record.created_at_ms >= which.since_ms)
        and (which.until_ms is None or record.created_at_ms < which.until_ms)
    )


def _is_same_revision(one: RevisionRecord, other: RevisionRecord) -> bool:
    """A good configuration offered again takes its old place's; a rejected one replaces its own earlier rejection only."""
    rejected = RevisionState.REJECTED
    return one.revision == other.revision and (one.state is rejected) == (other.state is rejected)


def _newest(found: Iterable[_Placed], before: tuple[int, int] | None, limit: int) -> tuple[list[_Placed], bool]:
    """Return up to `limit` of `found` after the cursor's place, newest first, and whether there are more."""
    ordered = sorted(found, key=lambda placed: placed.place, reverse=True)
    after = [placed for placed in ordered if before is None or placed.place < before]
    return after[:limit], len(after) > limit > 0
