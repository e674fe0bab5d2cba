"""What both stores check before they keep anything: that an acceptance is one a caller may make at all.

A breach is a programming fault, hence ValueError and not one of the project's errors.
"""

from __future__ import annotations

from router.delivery.state import BIRTH_STATES
from router.store.port import Acceptance

__all__ = ["DELIVERIES_MAX", "check_births"]

DELIVERIES_MAX = 65_536
"""Deliveries one event may have: a delivery's row number is its event's times this, plus its position."""


_SHARED = ("event_key", "event_id", "event_type", "revision", "created_at_ms")


def check_births(acceptance: Acceptance) -> None:
    """Raise ValueError when a delivery is not in a state it can be born in, or says of its event what the event does not."""
    deliveries = acceptance.deliveries
    if len(deliveries) > DELIVERIES_MAX:
        raise ValueError(f"event {acceptance.key} has {len(deliveries)} deliveries; {DELIVERIES_MAX} is the most")
    event = acceptance.event
    shared = (acceptance.key, event.id, event.type, acceptance.revision, acceptance.received_at_ms)
    for one in deliveries:
        if one.state not in BIRTH_STATES:
            born = ", ".join(sorted(BIRTH_STATES))
            raise ValueError(f"delivery {one.id} cannot be born {one.state.value}, only as one of {born}")
        said = (one.event_key, one.event_id, one.event_type, one.revision, one.created_at_ms)
        if said != shared:
            name, own, events = next(parts for parts in zip(_SHARED, said, shared, strict=True) if parts[1] != parts[2])
            raise ValueError(f"delivery {one.id} has {name} {own!r}, its event {acceptance.key} has {events!r}")
