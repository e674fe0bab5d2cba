"""What the store's benchmarks store: events of 1 KB with random sender's ids, for twenty endpoints by twenty routes."""

from __future__ import annotations

import random

import msgspec

from router.delivery.record import Attempt, Delivery, Outcome, Transition
from router.delivery.state import Move
from router.event import Event
from router.identity import DeliveryId, EventKey, Revision
from router.store.port import Acceptance

__all__ = ["START_MS", "acceptances", "finish"]

START_MS = 1_750_000_000_000
_REVISION = Revision("0123456789abcdef")
_ENDPOINTS = 20
_BODY = msgspec.json.encode({"order": "x" * 1_000})
_DATA = msgspec.json.decode(_BODY)


def acceptances(count: int, fan_out: int, *, first: int = 0, endpoint: str | None = None) -> list[Acceptance]:
    """Return acceptances of events that `fan_out` endpoints want; the same for the same arguments."""
    chance = random.Random(first)
    return [_acceptance(number, fan_out, chance, endpoint) for number in range(first + 1, first + count + 1)]


def finish(acceptance: Acceptance) -> list[Transition]:
    """Return the transitions that finish all deliveries of an acceptance, each with its attempt."""
    at_ms = acceptance.received_at_ms + 40
    return [
        Transition(
            delivery=one.id,
            what=Move.SUCCEED,
            at_ms=at_ms,
            attempt=Attempt(
                delivery=one.id,
                number=1,
                started_at_ms=at_ms - 30,
                duration_ms=30,
                outcome=Outcome.DELIVER,
                status=200,
                answer=b"ok",
            ),
        )
        for one in acceptance.deliveries
    ]


def _acceptance(number: int, fan_out: int, chance: random.Random, endpoint: str | None) -> Acceptance:
    at_ms = START_MS + number // 10
    key = EventKey(f"evt_{number:032x}")
    event = Event(
        id=f"{chance.getrandbits(128):032x}",
        source="/shop/eu",
        type="order.paid",
        time="2025-06-15T12:00:00Z",
        datacontenttype="application/json",
        data=_DATA,
        body=_BODY,
    )
    headers = (
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", event.id),
        ("ce-source", event.source),
        ("ce-type", event.type),
        ("ce-time", "2025-06-15T12:00:00Z"),
    )
    deliveries = tuple(
        Delivery(
            id=DeliveryId(f"dlv_{number:028x}{position:04x}"),
            event_key=key,
            event_id=event.id,
            event_type=event.type,
            route=f"route-{(number + position) % _ENDPOINTS}",
            endpoint=endpoint or f"endpoint-{(number + position) % _ENDPOINTS}",
            revision=_REVISION,
            body=_BODY,
            headers=headers,
            created_at_ms=at_ms,
            due_at_ms=at_ms,
            updated_at_ms=at_ms,
        )
        for position in range(fan_out)
    )
    return Acceptance(key=key, event=event, revision=_REVISION, received_at_ms=at_ms, deliveries=deliveries)
