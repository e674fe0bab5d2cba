"""Ids: what they look like and how they are made.

An id is a prefix, `_`, and 32 lower-case hexadecimal digits: 48 bits of Unix milliseconds, then 80 random bits (the layout of UUIDv7
and ULID). Ids made later sort later, which keeps database pages dense. No id contains `.`, because Standard Webhooks 1.0.0 forbids it
in `webhook-id`.
"""

from __future__ import annotations

from typing import NewType

from router.clock import Clock, Entropy

__all__ = ["DeliveryId", "EventKey", "Revision", "new_delivery_id", "new_event_key"]

EventKey = NewType("EventKey", str)
"""Names one accepted event: `evt_…`. Not the CloudEvents `id`, which its sender chose and which is unique only with `source`."""

DeliveryId = NewType("DeliveryId", str)
"""Names one delivery: `dlv_…`. It is the `webhook-id` of every attempt."""

Revision = NewType("Revision", str)
"""Names one compiled configuration: the first 16 hexadecimal digits of the SHA-256 of everything it was made from."""


def new_event_key(clock: Clock, entropy: Entropy) -> EventKey:
    """Return a fresh event key."""
    return EventKey(f"evt_{clock.now_ms():012x}{entropy.octets(10).hex()}")


def new_delivery_id(clock: Clock, entropy: Entropy) -> DeliveryId:
    """Return a fresh delivery id."""
    return DeliveryId(f"dlv_{clock.now_ms():012x}{entropy.octets(10).hex()}")
