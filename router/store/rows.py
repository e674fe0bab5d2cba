"""Rows: how records become rows of the SQLite store and rows become records again.

Pure translation, both ways, in the column order of `sql/writing.sql` and `sql/reading.sql`. Enumerations of the domain are kept as their
words, except delivery states, which are numbers because partial indexes and counters live on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from router.delivery.record import Attempt, Delivery, Outcome
from router.delivery.state import DeliveryState
from router.event import Event
from router.identity import DeliveryId, EventKey, Revision
from router.store.port import Acceptance, RevisionRecord, RevisionState, StoredEvent

__all__ = [
    "CANCELLED",
    "DEAD",
    "DELIVERED",
    "FRESH",
    "HELD",
    "PENDING",
    "STATE_CODES",
    "attempt_of",
    "attempt_row",
    "delivery_of",
    "event_of",
    "event_row",
    "headers_text",
    "logged_of",
    "revision_of",
    "state_of",
]

Row = tuple[Any, ...]

FRESH: Final = 0
"""Pending in the table's sense, and leased since it was accepted; the one state code without a state of its own."""
DELIVERED: Final = 1
PENDING: Final = 2
DEAD: Final = 3
HELD: Final = 4
CANCELLED: Final = 5

_STATES: Final = (
    DeliveryState.PENDING,
    DeliveryState.DELIVERED,
    DeliveryState.PENDING,
    DeliveryState.DEAD,
    DeliveryState.HELD,
    DeliveryState.CANCELLED,
)

STATE_CODES: Final[Mapping[DeliveryState, int]] = {
    DeliveryState.PENDING: PENDING,
    DeliveryState.DELIVERED: DELIVERED,
    DeliveryState.DEAD: DEAD,
    DeliveryState.HELD: HELD,
    DeliveryState.CANCELLED: CANCELLED,
}
"""The code a state is kept as; `sending` has none, being a lease."""

_NO_DATA, _DATA_IS_BODY, _DATA_APART = 0, 1, 2


class _Attributes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The context attributes that no query asks for, as one JSON text."""

    specversion: str = "1.0"
    time: str | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    extensions: Mapping[str, str | int | bool] = {}


_encode = msgspec.json.Encoder().encode
_decode_attributes = msgspec.json.Decoder(_Attributes).decode
_decode_headers = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode
_decode_data = msgspec.json.Decoder().decode


def state_of(code: int) -> DeliveryState:
    """Return the state a code stands for when there is no lease."""
    return _STATES[code]


def event_row(seq: int, acceptance: Acceptance) -> Row:
    """Return the parameters of `keep_event`."""
    event = acceptance.event
    attributes = _Attributes(
        specversion=event.specversion,
        time=event.time,
        subject=event.subject,
        datacontenttype=event.datacontenttype,
        dataschema=event.dataschema,
        extensions=event.extensions,
    )
    data_from, data = _NO_DATA, None
    if event.data is not None:
        # Event promises that data is the JSON in body; only an event made without body has to keep data apart.
        data_from, data = (_DATA_APART, _encode(event.data)) if event.body is None else (_DATA_IS_BODY, None)
    return (
        seq,
        acceptance.key,
        event.id,
        event.source,
        event.type,
        acceptance.revision,
        acceptance.received_at_ms,
        _encode(attributes).decode(),
        data_from,
        data,
        event.body,
    )


def event_of(row: Row) -> StoredEvent:
    """Return the event in a row of `event` or of a listing."""
    key, event_id, source, type_, revision, received_at_ms, attributes, data_from, data, body, _ = row
    others = _decode_attributes(attributes)
    encoded = body if data_from == _DATA_IS_BODY else data
    return StoredEvent(
        key=EventKey(key),
        event=Event(
            id=event_id,
            source=source,
            type=type_,
            specversion=others.specversion,
            time=others.time,
            subject=others.subject,
            datacontenttype=others.datacontenttype,
            dataschema=others.dataschema,
            extensions=others.extensions,
            data=None if encoded is None else _decode_data(encoded),
            body=body,
        ),
        revision=Revision(revision),
        received_at_ms=received_at_ms,
    )


def headers_text(headers: tuple[tuple[str, str], ...]) -> str:
    """Return headers as `content` keeps them."""
    return _encode(headers).decode()


def delivery_of(row: Row, *, is_leased: bool) -> Delivery:
    """Return the delivery in a row of `delivery_record`; a fresh one is leased by definition."""
    state = row[8]
    return Delivery(
        id=DeliveryId(row[1]),
        event_key=EventKey(row[2]),
        event_id=row[3],
        event_type=row[4],
        route=row[5],
        endpoint=row[6],
        revision=Revision(row[7]),
        state=DeliveryState.SENDING if state == FRESH or (is_leased and state == PENDING) else _STATES[state],
        body=row[9],
        headers=_decode_headers(row[10]),
        attempts=row[11],
        created_at_ms=row[12],
        due_at_ms=row[13],
        updated_at_ms=row[14],
        reason=row[15],
    )


def logged_of(row: Row) -> int:
    """Return how many attempts a row of `delivery_record` says are logged."""
    logged: int = row[16]
    return logged


def attempt_row(seq: int, ordinal: int, attempt: Attempt) -> Row:
    """Return the parameters of `log_attempt`; `seq` is the delivery's row number, `ordinal` the attempt's."""
    return (
        seq,
        ordinal,
        attempt.number,
        attempt.started_at_ms,
        attempt.duration_ms,
        attempt.outcome.value,
        attempt.status,
        attempt.error,
        attempt.answer or None,
    )


def attempt_of(delivery: DeliveryId, row: Row) -> Attempt:
    """Return the attempt in a row of `attempts`."""
    number, started_at_ms, duration_ms, outcome, status, error, answer = row
    return Attempt(
        delivery=delivery,
        number=number,
        started_at_ms=started_at_ms,
        duration_ms=duration_ms,
        outcome=Outcome(outcome),
        status=status,
        error=error,
        answer=answer or b"",
    )


def revision_of(row: Row) -> RevisionRecord:
    """Return the revision in a row."""
    revision, state, at_ms, commit, snapshot, diagnostics = row
    return RevisionRecord(
        revision=Revision(revision),
        state=RevisionState(state),
        at_ms=at_ms,
        commit=commit,
        snapshot=snapshot,
        diagnostics=diagnostics,
    )
