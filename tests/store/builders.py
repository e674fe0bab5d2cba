"""Records for the store's tests: short to write, complete, and never the same twice."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from router.delivery.record import Attempt, Delivery, Outcome, Transition
from router.delivery.state import DeliveryState, Move
from router.event import Event
from router.identity import DeliveryId, EventKey, Revision
from router.store.memory import MemoryStore
from router.store.port import Acceptance, Store
from router.store.sqlite import SqliteStore

REVISION = Revision("0123456789abcdef")
HEADERS = (("content-type", "application/json"), ("ce-type", "order.paid"))
STORES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "events.db"),
}

_numbers: Iterator[int] = itertools.count(1)


def acceptance(
    *endpoints: str,
    at_ms: int = 1_000,
    due_at_ms: int | None = None,
    state: DeliveryState = DeliveryState.PENDING,
    route: str = "route",
    event_id: str | None = None,
    source: str = "/shop",
    type: str = "order.paid",
    body: bytes | None = b'{"total":3}',
    sent: bytes | None = None,
    **event: Any,
) -> Acceptance:
    """Return an acceptance with one delivery an endpoint; `sent` is their body, by default the event's."""
    number = next(_numbers)
    key = EventKey(f"evt_{number:032x}")
    data = event.pop("data", {"total": 3} if body == b'{"total":3}' else None)
    happened = Event(id=event_id or f"id-{number}", source=source, type=type, data=data, body=body, **event)
    deliveries = tuple(
        Delivery(
            id=DeliveryId(f"dlv_{number:028x}{position:04x}"),
            event_key=key,
            event_id=happened.id,
            event_type=happened.type,
            route=route,
            endpoint=endpoint,
            revision=REVISION,
            state=state,
            body=(body or b"") if sent is None else sent,
            headers=HEADERS,
            created_at_ms=at_ms,
            due_at_ms=at_ms if due_at_ms is None else due_at_ms,
            updated_at_ms=at_ms,
            reason=None if state is DeliveryState.PENDING else "born so",
        )
        for position, endpoint in enumerate(endpoints)
    )
    return Acceptance(key=key, event=happened, revision=REVISION, received_at_ms=at_ms, deliveries=deliveries)


def attempt(delivery: DeliveryId, number: int = 1, **fields: Any) -> Attempt:
    """Return an attempt that an endpoint answered with 500."""
    given = {"started_at_ms": 2_000, "duration_ms": 12, "outcome": Outcome.RETRY, "status": 500, "answer": b"no"}
    return Attempt(delivery=delivery, number=number, **(given | fields))


def transition(delivery: DeliveryId, what: Move, *, at_ms: int = 3_000, **fields: Any) -> Transition:
    """Return a transition at 3000."""
    return Transition(delivery=delivery, what=what, at_ms=at_ms, **fields)


def ids(deliveries: Sequence[Delivery]) -> list[DeliveryId]:
    """Return the ids, in order."""
    return [delivery.id for delivery in deliveries]


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Store]:
    """Open a store and close it at the end."""
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def bring(store: Store, endpoint: str, state: DeliveryState) -> DeliveryId:
    """Accept a delivery and bring it into a state by legal moves; return its id."""
    accepted = acceptance(endpoint)
    name = accepted.deliveries[0].id
    is_born_leased = state not in (DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.CANCELLED)
    await store.accept(accepted, claim=frozenset([name]) if is_born_leased else frozenset())
    steps = {
        DeliveryState.DELIVERED: Move.SUCCEED,
        DeliveryState.DEAD: Move.GIVE_UP,
        DeliveryState.HELD: Move.HOLD,
        DeliveryState.CANCELLED: Move.CANCEL,
    }
    if state in steps:
        assert await store.apply([transition(name, steps[state])]) == (None,)
    return name


def run(store: Store, work: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine on an open store."""

    async def main() -> None:
        async with opened(store):
            await work

    asyncio.run(main())
