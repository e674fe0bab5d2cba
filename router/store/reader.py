"""Reader: single records and listings, from a connection that only reads.

It sees what is committed, in snapshots that neither wait for the writer nor hold it up. What is leased it learns from the ledger. A
listing runs the query whose filter narrows most, for which there is an index in listing order; further filters are tested row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import apsw

from router.delivery.record import Attempt, Delivery
from router.delivery.state import DeliveryState
from router.identity import DeliveryId, EventKey, Revision
from router.store.connection import is_unavailable, unavailable
from router.store.cursor import decode_cursor, encode_cursor
from router.store.ledger import Counts, Lease, Ledger
from router.store.port import DeliveryFilter, EndpointBacklog, EventFilter, Page, RevisionRecord, StoredEvent
from router.store.queries import queries
from router.store.rows import (
    DELIVERED,
    FRESH,
    HELD,
    PENDING,
    STATE_CODES,
    Row,
    attempt_of,
    delivery_of,
    event_of,
    revision_of,
)
from router.store.worker import Job

__all__ = ["Reader"]

_SQL: Final = {name: query.sql for name, query in queries().items()}
_LAST: Final = 2**63 - 1
_FIRST: Final = -(2**63)

Place = tuple[int, int]
"""A row's place in a listing: its time and its row number."""


class Reader:
    """The reading view of the file. One thread uses it."""

    def __init__(self, connection: apsw.Connection, path: Path, ledger: Ledger) -> None:
        self._connection = connection
        self._path = path
        self._ledger = ledger

    def serve(self, batch: Sequence[Job[Reader]]) -> None:
        """Run jobs one by one and set the outcome of each."""
        for job in batch:
            try:
                job.result = job.method(self, *job.args)
            except Exception as error:
                job.error = unavailable(self._path, error) if is_unavailable(error) else error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def event(self, key: EventKey) -> StoredEvent | None:
        """Return one event."""
        row = self._row("event", (key,))
        return None if row is None else event_of(row)

    def events(self, which: EventFilter, limit: int, cursor: str | None) -> Page[StoredEvent]:
        """List events, newest first."""
        at_ms, seq = _start("event", cursor, which.until_ms)
        bounds = (at_ms, seq, _FIRST if which.since_ms is None else which.since_ms, limit + 1)
        if which.event_id is not None:
            rows = self._rows("events_by_id", (*bounds, which.event_id, which.type, which.source))
        elif which.source is not None:
            rows = self._rows("events_by_source", (*bounds, which.source, which.type))
        elif which.type is not None:
            rows = self._rows("events_by_type", (*bounds, which.type))
        else:
            rows = self._rows("events_newest", bounds)
        chosen = rows[:limit]
        after = encode_cursor("event", chosen[-1][5], chosen[-1][10]) if chosen and len(rows) > limit else None
        return Page(items=tuple(event_of(row) for row in chosen), next_cursor=after)

    def delivery(self, name: DeliveryId) -> Delivery | None:
        """Return one delivery."""
        row = self._row("delivery", (name,))
        return None if row is None else delivery_of(row, is_leased=name in self._ledger.leases)

    def deliveries(self, which: DeliveryFilter, limit: int, cursor: str | None) -> Page[Delivery]:
        """List deliveries, newest first."""
        start = _start("delivery", cursor, which.until_ms)
        found = [(delivery, seq) for delivery, seq in islice(self._walk(which, start, limit), limit + 1)]
        chosen = found[:limit]
        after = None
        if chosen and len(found) > limit:
            delivery, seq = chosen[-1]
            after = encode_cursor("delivery", delivery.created_at_ms, seq)
        return Page(items=tuple(delivery for delivery, _ in chosen), next_cursor=after)

    def attempts(self, name: DeliveryId) -> tuple[Attempt, ...]:
        """Return the attempts of a delivery, oldest first."""
        return tuple(attempt_of(name, row) for row in self._rows("attempts", (name,)))

    def backlogs(self) -> tuple[EndpointBacklog, ...]:
        """Return the backlogs: counts from the ledger, times by a few index look-ups an endpoint."""
        leases: dict[str, list[Lease]] = {}
        for lease in self._ledger.leases.copy().values():
            leases.setdefault(lease.endpoint, []).append(lease)
        counts = self._ledger.counts.copy()
        return tuple(self._backlog(endpoint, counts[endpoint], leases.get(endpoint, [])) for endpoint in sorted(counts))

    def active_revision(self) -> RevisionRecord | None:
        """Return the revision in force."""
        row = self._row("active_revision", ())
        return None if row is None else revision_of(row)

    def revision(self, revision: Revision) -> RevisionRecord | None:
        """Return one good revision."""
        row = self._row("good_revision", (revision,))
        return None if row is None else revision_of(row)

    def revisions(self, limit: int) -> tuple[RevisionRecord, ...]:
        """Return the latest revisions."""
        return tuple(revision_of(row) for row in self._rows("revisions", (max(limit, 0),)))

    def prunable(self, after: Place, before_ms: int, window: int) -> tuple[list[tuple[Place, int]], Place | None]:
        """Return which of the next `window` old events are over, and where to go on; None at the end.

        Each comes with its place and the number of its deliveries.
        """
        rows = self._rows("prunable", (*after, before_ms, window))
        over = [((at_ms, seq), deliveries) for at_ms, seq, deliveries in rows if deliveries is not None]
        return over, rows[-1][:2] if len(rows) == window else None

    def _walk(self, which: DeliveryFilter, start: Place, limit: int) -> Iterator[tuple[Delivery, int]]:
        """Yield the deliveries that a filter wants from a place on, newest first, with their row numbers."""
        if which.event_key is not None:
            rows: Iterator[Row] = self._of_event(which.event_key)
        elif which.state is DeliveryState.SENDING:
            rows = self._leased(which.endpoint)
        else:
            rows = self._listed(which, start, limit + 1)
        leases = self._ledger.leases
        since_ms = _FIRST if which.since_ms is None else which.since_ms
        for row in rows:
            delivery = delivery_of(row, is_leased=row[1] in leases)
            if (
                (delivery.created_at_ms, row[0]) < start
                and delivery.created_at_ms >= since_ms
                and (which.state is None or delivery.state is which.state)
                and (which.endpoint is None or delivery.endpoint == which.endpoint)
                and (which.route is None or delivery.route == which.route)
            ):
                yield delivery, row[0]

    def _of_event(self, key: EventKey) -> Iterator[Row]:
        event = self._row("event_seq", (key,))
        rows = [] if event is None else self._rows("deliveries_of_event", event)
        return iter(sorted(rows, key=_place, reverse=True))

    def _leased(self, endpoint: str | None) -> Iterator[Row]:
        leases = self._ledger.leases.copy().values()
        wanted = [lease for lease in leases if endpoint is None or lease.endpoint == endpoint]
        wanted.sort(key=lambda lease: (lease.created_at_ms, lease.seq), reverse=True)
        for lease in wanted:
            row = self._row("delivery_by_seq", (lease.seq,))
            if row is not None:
                yield row

    def _listed(self, which: DeliveryFilter, start: Place, size: int) -> Iterator[Row]:
        """Yield the rows of a listing, `size` at a time: leases are not in the file, so a page may need more than it shows."""
        code = None if which.state is None else STATE_CODES[which.state]
        is_exception = code is not None and code != DELIVERED
        if which.endpoint is not None:
            name = "deliveries_by_endpoint_state" if is_exception else "deliveries_by_endpoint"
            filters: tuple[Any, ...] = (code, which.route, which.endpoint)
        elif is_exception:
            name, filters = "deliveries_by_state", (code, which.route)
        elif which.route is not None:
            name, filters = "deliveries_by_route", (code, which.route)
        else:
            name, filters = "deliveries_newest", (code,)
        since_ms = _FIRST if which.since_ms is None else which.since_ms
        while True:
            rows = self._rows(name, (*start, since_ms, size, *filters))
            yield from rows
            if len(rows) < size:
                return
            start = _place(rows[-1])

    def _backlog(self, endpoint: str, counts: Counts, leases: Sequence[Lease]) -> EndpointBacklog:
        next_due_at_ms = None
        if counts[PENDING]:
            leased = {lease.seq for lease in leases}
            rows = self._rows("next_due", (endpoint, len(leased) + 1))
            next_due_at_ms = next((due_at_ms for seq, due_at_ms in rows if seq not in leased), None)
        created = [lease.created_at_ms for lease in leases]
        for code in (PENDING, HELD):
            if counts[code]:
                row = self._row("oldest_in_state", (endpoint, code))
                created += [] if row is None else row
        by_state: Mapping[DeliveryState, int] = {state: counts[code] for state, code in STATE_CODES.items()}
        return EndpointBacklog(
            endpoint=endpoint,
            counts={state: by_state.get(state, counts[FRESH]) for state in DeliveryState},
            next_due_at_ms=next_due_at_ms,
            oldest_created_at_ms=min(created, default=None),
        )

    def _row(self, name: str, bindings: tuple[Any, ...]) -> Row | None:
        rows = self._rows(name, bindings)
        return rows[0] if rows else None

    def _rows(self, name: str, bindings: tuple[Any, ...]) -> list[Row]:
        return self._connection.execute(_SQL[name], bindings).fetchall()


def _start(what: str, cursor: str | None, until_ms: int | None) -> Place:
    """Return the place from which a listing goes back: the cursor's, or where the filter ends."""
    start = (_LAST, _LAST) if cursor is None else decode_cursor(what, cursor)
    return start if until_ms is None else min(start, (until_ms, -1))


def _place(row: Row) -> Place:
    """Return the place of a row of `delivery_record`."""
    return (row[12], row[0])
