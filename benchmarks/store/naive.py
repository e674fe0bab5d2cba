"""The store as one writes it first: the standard library's sqlite3, a commit for each call, every state in the table and in an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from router.delivery.record import Transition
from router.store.port import Acceptance

__all__ = ["NaiveStore"]

_SCHEMA = """
CREATE TABLE event (key TEXT PRIMARY KEY, event_id TEXT, source TEXT, type TEXT, received_at_ms INTEGER, body BLOB, UNIQUE (source, event_id));
CREATE TABLE delivery (id TEXT PRIMARY KEY, event_key TEXT, endpoint TEXT, route TEXT, state TEXT, due_at_ms INTEGER, headers TEXT, body BLOB);
CREATE INDEX delivery_due ON delivery (endpoint, state, due_at_ms);
CREATE TABLE attempt (delivery TEXT, number INTEGER, started_at_ms INTEGER, duration_ms INTEGER, status INTEGER, answer BLOB);
CREATE INDEX attempt_delivery ON attempt (delivery);
"""


class NaiveStore:
    """Accepts, claims and finishes, each durable when it returns."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(_SCHEMA)

    def accept(self, acceptance: Acceptance) -> None:
        """Keep an event and its deliveries."""
        event, execute = acceptance.event, self._connection.execute
        execute("BEGIN IMMEDIATE")
        row = (acceptance.key, event.id, event.source, event.type, acceptance.received_at_ms, event.body)
        execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", row)
        for one in acceptance.deliveries:
            fields = (
                one.id,
                one.event_key,
                one.endpoint,
                one.route,
                "pending",
                one.due_at_ms,
                str(one.headers),
                one.body,
            )
            execute("INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?)", fields)
        execute("COMMIT")

    def claim(self, acceptance: Acceptance) -> None:
        """Mark the deliveries as being sent."""
        self._connection.execute("BEGIN IMMEDIATE")
        for one in acceptance.deliveries:
            self._connection.execute(
                "UPDATE delivery SET state = 'sending' WHERE id = ? AND state = 'pending'", (one.id,)
            )
        self._connection.execute("COMMIT")

    def finish(self, transitions: Iterable[Transition]) -> None:
        """Mark deliveries as delivered and log their attempts."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for transition in transitions:
            attempt = transition.attempt
            execute(
                "UPDATE delivery SET state = 'delivered' WHERE id = ? AND state = 'sending'", (transition.delivery,)
            )
            if attempt is not None:
                row = (
                    transition.delivery,
                    attempt.number,
                    attempt.started_at_ms,
                    attempt.duration_ms,
                    attempt.status,
                    attempt.answer,
                )
                execute("INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?)", row)
        execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
