"""Parked deliveries: fills a store with deliveries that wait for one endpoint, through the Store port, before the program starts."""

from __future__ import annotations

from pathlib import Path

from router.clock import SystemClock, SystemEntropy
from router.delivery.record import Delivery
from router.event import Event
from router.identity import Revision, new_delivery_id, new_event_key
from router.store.port import Acceptance
from router.store.sqlite import SqliteStore

__all__ = ["park"]

_PER_EVENT = 1000
_BODY = b'{"parked":true,"note":"%b"}' % (b"x" * 700)


async def park(path: Path, endpoint: str, count: int) -> None:
    """Put `count` deliveries for an endpoint into the store at `path`, all of them due."""
    clock, entropy = SystemClock(), SystemEntropy()
    store = SqliteStore(path)
    await store.open()
    for first in range(0, count, _PER_EVENT):
        key, now_ms, revision = new_event_key(clock, entropy), clock.now_ms(), Revision("parked")
        event = Event(id=f"parked-{first}", source="/parked", type="order.paid")
        deliveries = tuple(
            Delivery(
                id=new_delivery_id(clock, entropy),
                event_key=key,
                event_id=event.id,
                event_type=event.type,
                route="parked",
                endpoint=endpoint,
                revision=revision,
                body=_BODY,
                headers=(("content-type", "application/json"),),
                created_at_ms=now_ms,
                due_at_ms=now_ms,
                updated_at_ms=now_ms,
            )
            for _ in range(min(_PER_EVENT, count - first))
        )
        await store.accept(
            Acceptance(key=key, event=event, revision=revision, received_at_ms=now_ms, deliveries=deliveries)
        )
    await store.close()
