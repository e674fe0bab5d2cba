"""The records of delivering: a Delivery, its Attempts, and the Transition that changes one.

All are immutable; a change of state is a Transition handed to the store, never an assignment.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from router.delivery.state import DeliveryState, Move
from router.identity import DeliveryId, EventKey, Revision

__all__ = ["ANSWER_KEPT_BYTES", "Attempt", "Delivery", "Outcome", "Transition"]

ANSWER_KEPT_BYTES = 1024
"""How much of an endpoint's answer the attempt log keeps: enough for an error message, too little to hoard payloads."""


class Outcome(StrEnum):
    """What an attempt's answer means for its delivery (Standard Webhooks 1.0.0, "Delivery"; see router.delivery.outcome)."""

    DELIVER = "deliver"  # success
    RETRY = "retry"  # try again on the schedule
    THROTTLE = "throttle"  # try again, and slow down: 429, 502, 504, Retry-After
    DEAD = "dead"  # this request can never succeed
    DISABLE = "disable"  # 410: the endpoint wants nothing more; hold everything for it


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one endpoint by one route, rendered: the unit that is retried.

    `body` and `headers` are fixed when the event is accepted; every attempt sends exactly these bytes. Credentials, signature and
    address are added per attempt from the current revision. `attempts` counts the attempts since the last replay.
    `due_at_ms` is when the next attempt may start (Unix milliseconds). `reason` explains dead, held and cancelled in one line.
    """

    id: DeliveryId
    event_key: EventKey
    event_id: str
    event_type: str
    route: str
    endpoint: str
    revision: Revision
    state: DeliveryState = DeliveryState.PENDING
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    attempts: int = 0
    created_at_ms: int
    due_at_ms: int
    updated_at_ms: int = 0
    reason: str | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to deliver, as the attempt log keeps it.

    `number` counts from 1 within a delivery. `status` is the HTTP status, None when there was no answer; `error` then holds a short
    class (`timeout`, `refused`, `dns`, `blocked-address`, `tls`, `reset`, …) and a sentence. `answer` is the first ANSWER_KEPT_BYTES of the body.
    """

    delivery: DeliveryId
    number: int
    started_at_ms: int
    duration_ms: int
    outcome: Outcome
    status: int | None = None
    error: str | None = None
    answer: bytes = b""


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """A move of one delivery together with all that must be recorded in the same transaction.

    `due_at_ms` goes with retry, resume, replay and lease_lost; `reason` with give_up, hold and cancel; `attempt` with every move that
    ends an attempt.
    """

    delivery: DeliveryId
    what: Move
    at_ms: int
    due_at_ms: int | None = None
    reason: str | None = None
    attempt: Attempt | None = None
