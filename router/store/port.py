"""The Store port: what durable storage promises, and nothing about how.

Two stores implement it, `router.store.sqlite` and `router.store.memory`; `tests/store/` runs one conformance suite over both.

The promises:

1. `accept` returns after the event and all its deliveries are durable, in one transaction; if it raises, nothing was kept.
2. `apply` is all or nothing per Transition: the new state, its due time, its reason and its attempt together. A Transition that the table
   in `router.delivery.state` does not allow *from the delivery's present state* changes nothing and is reported as IllegalMoveError.
3. A claim is a lease held in the store's memory, not written: a delivery that was `sending` when the process died is `pending` when
   the store is opened again (the move `lease_lost`), which costs no write per attempt. At-least-once follows.
4. Claims come oldest due first. A claimed delivery is not given out again until its lease ends by apply or `release`.
5. Whatever cannot be committed now (full disk, closing) raises StoreUnavailableError, and the store goes on working when it can again.
6. Calls take effect in the order in which they are made, whether or not the earlier ones were awaited, except that listings and look-ups
   see what is committed when they run.
7. A caller that is cancelled is leased nothing; whether its other effects took place is open.

A record that no caller may hand in (a delivery that is born `sending`, that disagrees with its event, or whose id is in use) raises
ValueError and keeps nothing. Async methods are called on the event loop and never block it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

import msgspec

from router.delivery.record import Attempt, Delivery, Transition
from router.delivery.state import DeliveryState, IllegalMoveError
from router.event import Event
from router.identity import DeliveryId, EventKey, Revision

__all__ = [
    "Acceptance",
    "Accepted",
    "Claimed",
    "DeliveryFilter",
    "EndpointBacklog",
    "EventFilter",
    "Page",
    "RevisionRecord",
    "RevisionState",
    "Store",
    "StoredEvent",
]


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as kept: `key` is ours, `event.id` the sender's."""

    key: EventKey
    event: Event
    revision: Revision
    received_at_ms: int


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """All that one accepted event brings: itself and its deliveries, possibly none. `received_at_ms` is Unix milliseconds.

    Each delivery says of its event what the event says: key, id, type, revision, and `created_at_ms` equal to `received_at_ms`.
    """

    key: EventKey
    event: Event
    revision: Revision
    received_at_ms: int
    deliveries: tuple[Delivery, ...]


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an acceptance.

    When an event with the same `source` and `id` was accepted before (CloudEvents 1.0.2 identity), `duplicate` is true, nothing new was
    kept, and key, revision and deliveries are those of the first acceptance.
    """

    key: EventKey
    revision: Revision
    deliveries: tuple[Delivery, ...]
    duplicate: bool = False


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries now leased to the caller (state `sending`), oldest due first, and when the next pending one of that endpoint is due."""

    deliveries: tuple[Delivery, ...]
    next_due_at_ms: int | None


class EndpointBacklog(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is for one endpoint: counts by state (all states), the earliest due time among pending ones, and when the oldest of
    those that are not over (pending, sending, held) was created."""

    endpoint: str
    counts: dict[DeliveryState, int]
    next_due_at_ms: int | None
    oldest_created_at_ms: int | None


T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a listing, newest first; `next_cursor` is opaque and None on the last page."""

    items: tuple[T, ...]
    next_cursor: str | None = None


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events to list; None means any. `event_id` is the sender's id. Times are Unix milliseconds, `since` inclusive, `until` exclusive."""

    event_id: str | None = None
    type: str | None = None
    source: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries to list; None means any."""

    event_key: EventKey | None = None
    endpoint: str | None = None
    route: str | None = None
    state: DeliveryState | None = None
    since_ms: int | None = None
    until_ms: int | None = None


class RevisionState(StrEnum):
    """What became of a configuration that was offered."""

    ACTIVE = "active"  # in force, or in force when the process last ran
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


class RevisionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One configuration that was offered, good or not.

    `snapshot` is the serialised snapshot (empty for rejected ones), enough to compile the revision again after a restart; it never
    holds the value of a secret. `diagnostics` is JSON text. `revision` of a rejected one is the hash of what was read.
    """

    revision: Revision
    state: RevisionState
    at_ms: int
    commit: str | None = None
    snapshot: bytes = b""
    diagnostics: str = "[]"


class Store(Protocol):
    """Durable storage of events, deliveries, attempts and revisions. See the module's promises."""

    async def open(self) -> None:
        """Open or create; recover what a killed process left. Raises StoreUnavailableError with the path and the reason."""
        ...

    async def close(self) -> None:
        """Commit what is under way and close; idempotent."""
        ...

    async def accept(self, acceptance: Acceptance, *, claim: frozenset[DeliveryId] = frozenset()) -> Accepted:
        """Keep an event and its deliveries durably; the pending ones named in `claim` are leased to the caller at once.

        A duplicate leases nothing. Raises StoreUnavailableError when it cannot commit.
        """
        ...

    async def apply(self, transitions: Sequence[Transition]) -> tuple[IllegalMoveError | None, ...]:
        """Apply transitions in order, in one transaction; the result has one entry each: None, or why it changed nothing.

        Not for `claim`, which is `claim()`'s. Raises StoreUnavailableError when it cannot commit: then none was applied.
        """
        ...

    async def claim(self, endpoint: str, *, now_ms: int, limit: int) -> Claimed:
        """Lease up to `limit` pending deliveries of `endpoint` that are due at `now_ms`."""
        ...

    async def release(self, deliveries: Sequence[DeliveryId]) -> None:
        """End leases without a move: the deliveries are pending again with their due time unchanged (lease_lost).

        Deliveries that are not leased are passed over. Raises StoreUnavailableError when it cannot commit: then all are leased still.
        """
        ...

    async def backlogs(self) -> tuple[EndpointBacklog, ...]:
        """Return the backlog of every endpoint that ever had a delivery still kept."""
        ...

    async def event(self, key: EventKey) -> StoredEvent | None:
        """Return one event."""
        ...

    async def events(self, which: EventFilter, *, limit: int, cursor: str | None = None) -> Page[StoredEvent]:
        """List events, newest first. Raises ValueError for a cursor that is not ours."""
        ...

    async def delivery(self, delivery: DeliveryId) -> Delivery | None:
        """Return one delivery; a leased one shows as `sending`."""
        ...

    async def deliveries(self, which: DeliveryFilter, *, limit: int, cursor: str | None = None) -> Page[Delivery]:
        """List deliveries, newest first. Raises ValueError for a cursor that is not ours."""
        ...

    async def attempts(self, delivery: DeliveryId) -> tuple[Attempt, ...]:
        """Return the attempts of a delivery, oldest first."""
        ...

    async def hold(self, endpoint: str, *, at_ms: int, reason: str, limit: int) -> int:
        """Hold up to `limit` pending, unleased deliveries of an endpoint, earliest due first; return how many."""
        ...

    async def resume(self, endpoint: str, *, at_ms: int, due_at_ms: int, limit: int) -> int:
        """Resume up to `limit` held deliveries of an endpoint, oldest first; return how many."""
        ...

    async def put_revision(self, record: RevisionRecord) -> None:
        """Keep a revision; an ACTIVE one turns the previous active one to SUPERSEDED in the same transaction."""
        ...

    async def active_revision(self) -> RevisionRecord | None:
        """Return the revision last put as ACTIVE, with its snapshot."""
        ...

    async def revisions(self, *, limit: int) -> tuple[RevisionRecord, ...]:
        """Return the latest revisions, newest first, with empty snapshots."""
        ...

    async def revision(self, revision: Revision) -> RevisionRecord | None:
        """Return one good revision (active or superseded) with its snapshot."""
        ...

    async def prune(self, *, before_ms: int, limit: int) -> int:
        """Delete up to `limit` events received before a time whose deliveries are all final, with deliveries and attempts; return how many.

        Fewer than `limit` means that there are no more. Their identities are forgotten with them: a repeat is a new event then.
        """
        ...
