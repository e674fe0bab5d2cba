"""Engine: what the writer thread does to the file, job by job and batch by batch.

A batch is one transaction. Its jobs run in the order of the queue, each seeing what the ones before it did; the transaction starts with
the first job that writes, so a batch of claims costs no commit. When a job fails by its own fault, the transaction is rolled back and
the others run again without it: the common case pays for no savepoint. When the file fails, all of them fail, and the next batch finds
everything as it was before: the ledger of leases and counts follows the transaction both ways.

Moves are looked up in `router.delivery.state.TRANSITIONS`; the UPDATE names the state it expects all the same, and a row that is not in
it stops the job rather than the promise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from router.delivery.record import Delivery, Transition
from router.delivery.state import TRANSITIONS, DeliveryState, IllegalMoveError, Move
from router.errors import InternalError
from router.identity import DeliveryId, EventKey, Revision
from router.store.connection import is_unavailable, unavailable
from router.store.ledger import NO_COUNTS, SENDING, Lease, Ledger
from router.store.port import Acceptance, Accepted, Claimed, RevisionRecord, RevisionState
from router.store.queries import queries
from router.store.rows import (
    FRESH,
    HELD,
    PENDING,
    STATE_CODES,
    attempt_row,
    delivery_of,
    event_row,
    headers_text,
    logged_of,
    state_of,
)
from router.store.worker import Job

__all__ = ["Engine"]

_SQL: Final = {name: query.sql for name, query in queries().items()}
_LEASED_MOVES: Final = {what._value_: STATE_CODES[state] for what, state in TRANSITIONS[DeliveryState.SENDING].items()}
"""Where each move leads from `sending`, by code. By the move's word: hashing the enumeration itself costs more than the look-up."""

_UNLEASED_MOVES: Final[Mapping[int, Mapping[str, int]]] = {
    STATE_CODES[state]: {what._value_: STATE_CODES[to] for what, to in moves.items() if what is not Move.CLAIM}
    for state, moves in TRANSITIONS.items()
    if state is not DeliveryState.SENDING
}


class Engine:
    """The writer's view of the file. One thread uses it; `ledger` alone is read by others."""

    def __init__(self, connection: apsw.Connection, path: Path, ledger: Ledger) -> None:
        self.connection = connection
        self.ledger = ledger
        self._path = path
        self._execute: Callable[..., Any] = connection.cursor().execute
        self._executemany: Callable[..., Any] = connection.cursor().executemany
        self._is_writing = False
        self._recover()
        self._event_seq: int = self._row("last_event")[0]

    def serve(self, batch: Sequence[Job[Engine]]) -> None:
        """Run a batch as one transaction and set the outcome of each of its jobs."""
        remaining = list(batch)
        while remaining:
            job = remaining[0]
            try:
                for job in remaining:
                    job.result = job.method(self, *job.args)
                self._commit()
                return
            except Exception as error:
                self._rollback()
                if is_unavailable(error):
                    for job in remaining:
                        job.error = unavailable(self._path, error)
                    self._make_room()
                    return
                job.error = error
                remaining.remove(job)

    def accept(self, acceptance: Acceptance, claim: frozenset[DeliveryId]) -> Accepted:
        """Keep an event and its deliveries, or find what was accepted first."""
        self._write()
        self._event_seq = seq = self._event_seq + 1
        try:
            self._execute(_SQL["keep_event"], event_row(seq, acceptance))
            if not self.connection.changes():
                return self._first_acceptance(acceptance)
            kept = self._keep_deliveries(seq << 16, acceptance, claim) if acceptance.deliveries else ()
        except apsw.ConstraintError as error:
            raise ValueError(f"event {acceptance.key}: its key or the id of a delivery is already in use") from error
        return Accepted(key=acceptance.key, revision=acceptance.revision, deliveries=kept)

    def apply(self, transitions: Sequence[Transition]) -> tuple[IllegalMoveError | None, ...]:
        """Make the moves that are legal, and say of the others why they are not."""
        self._write()
        return tuple([self._move(transition) for transition in transitions])

    def claim(self, endpoint: str, now_ms: int, limit: int) -> Claimed:
        """Lease what is due of one endpoint. Its leased rows are skipped: they are few, and they come first in the index."""
        ledger, leased = self.ledger, self.ledger.leased_seqs
        rows = self._execute(_SQL["due"], (endpoint, max(limit, 0) + ledger.sending(endpoint) + 1)).fetchall()
        claimed: list[Delivery] = []
        next_due_at_ms = None
        for seq, due_at_ms in rows:
            if seq in leased:
                continue
            if due_at_ms > now_ms or len(claimed) >= limit:
                next_due_at_ms = due_at_ms
                break
            row = self._row("delivery_by_seq", (seq,))
            delivery = delivery_of(row, is_leased=True)
            ledger.begin(delivery.id, Lease(seq, PENDING, logged_of(row), endpoint, delivery.created_at_ms))
            claimed.append(delivery)
        if claimed:
            ledger.count(endpoint, PENDING, -len(claimed))
            ledger.count(endpoint, SENDING, len(claimed))
        return Claimed(deliveries=tuple(claimed), next_due_at_ms=next_due_at_ms)

    def release(self, deliveries: Sequence[DeliveryId]) -> None:
        """End leases; only a fresh delivery has to be written, into the index of waiting ones."""
        for delivery in deliveries:
            lease = self.ledger.lease(delivery)
            if lease is None:
                continue
            if lease.code == FRESH:
                self._write()
                self._execute(_SQL["park"], (lease.seq,))
                self._check_changed(delivery)
            self.ledger.end(delivery, lease)
            self.ledger.count(lease.endpoint, SENDING, -1)
            self.ledger.count(lease.endpoint, PENDING, 1)

    def take_back(self, deliveries: Sequence[DeliveryId], code: int) -> None:
        """End the leases of a caller who went away before learning of them.

        `code` is what the leases were given on: fresh by an acceptance, pending by a claim. Whoever names a delivery of a cancelled
        acceptance may have released it already and somebody else may have claimed it since; that lease is not touched.
        """
        for delivery in deliveries:
            lease = self.ledger.lease(delivery)
            if lease is not None and lease.code == code:
                self.release((delivery,))

    def hold(self, endpoint: str, at_ms: int, reason: str, limit: int) -> int:
        """Hold waiting deliveries, earliest due first."""
        rows = self._execute(_SQL["due"], (endpoint, limit + self.ledger.sending(endpoint))).fetchall()
        seqs = [seq for seq, _ in rows if seq not in self.ledger.leased_seqs][: max(limit, 0)]
        return self._move_all(seqs, endpoint, PENDING, HELD, at_ms=at_ms, due_at_ms=None, reason=reason)

    def resume(self, endpoint: str, at_ms: int, due_at_ms: int, limit: int) -> int:
        """Resume held deliveries, oldest first."""
        seqs = [seq for (seq,) in self._execute(_SQL["held"], (endpoint, max(limit, 0))).fetchall()]
        return self._move_all(seqs, endpoint, HELD, PENDING, at_ms=at_ms, due_at_ms=due_at_ms, reason=None)

    def put_revision(self, record: RevisionRecord) -> None:
        """Keep a revision as the latest."""
        self._write()
        self._execute(_SQL["forget_revision"], (record.revision, record.state.value))
        if record.state is RevisionState.ACTIVE:
            self._execute(_SQL["supersede"])
        fields = (record.revision, record.state.value, record.at_ms, record.commit, record.snapshot, record.diagnostics)
        self._execute(_SQL["keep_revision"], fields)

    def prune(self, seqs: Sequence[int]) -> int:
        """Delete the events among `seqs` for which everything is still over; return how many."""
        pruned = 0
        for seq in seqs:
            if self._row("open_deliveries", (seq,))[0]:
                continue
            self._write()
            for endpoint, code, count in self._execute(_SQL["prune_counts"], (seq,)).fetchall():
                self.ledger.count(endpoint, code, -count)
            for name in ("prune_attempts", "prune_deliveries", "prune_contents", "prune_event"):
                self._execute(_SQL[name], (seq,))
            pruned += self.connection.changes()
        return pruned

    def close(self) -> None:
        """Put what is leased back among the waiting, so that the next opening has nothing to recover, and close the file."""
        with suppress(apsw.Error):  # otherwise the next opening does it
            self._execute(_SQL["park_all"])
        self.connection.close()

    def _recover(self) -> None:
        """Take over the counts, and the deliveries that a killed process had under lease."""
        self._execute(_SQL["park_all"])
        for endpoint, *counts in self._execute(_SQL["all_backlogs"]).fetchall():
            self.ledger.counts[endpoint] = (0, *counts)

    def _keep_deliveries(self, base: int, acceptance: Acceptance, claim: frozenset[DeliveryId]) -> tuple[Delivery, ...]:
        """Keep the deliveries of one event, and their contents once each."""
        contents: dict[tuple[tuple[tuple[str, str], ...], bytes], int] = {}
        own_body = acceptance.event.body
        rows = []
        kept = []
        for seq, delivery in enumerate(acceptance.deliveries, base):
            content = contents.setdefault((delivery.headers, delivery.body), seq)
            if content == seq:
                body = None if delivery.body == own_body else delivery.body
                self._execute(_SQL["keep_content"], (seq, headers_text(delivery.headers), body))
            code = STATE_CODES[delivery.state]
            if code == PENDING and delivery.id in claim:
                code = FRESH
                self.ledger.begin(delivery.id, Lease(seq, FRESH, 0, delivery.endpoint, delivery.created_at_ms))
                kept.append(msgspec.structs.replace(delivery, state=DeliveryState.SENDING))
            else:
                kept.append(delivery)
            self.ledger.count(delivery.endpoint, code, 1)
            rows.append(
                (
                    seq,
                    delivery.id,
                    content,
                    delivery.endpoint,
                    delivery.route,
                    delivery.created_at_ms,
                    code,
                    delivery.attempts,
                    delivery.due_at_ms,
                    delivery.updated_at_ms,
                    delivery.reason,
                )
            )
        self._executemany(_SQL["keep_delivery"], rows)
        return tuple(kept)

    def _first_acceptance(self, acceptance: Acceptance) -> Accepted:
        """Answer a repeat with what was accepted first, in its present state."""
        identity = (acceptance.event.id, acceptance.event.source)
        seq, key, revision = self._row("first_acceptance", identity)
        rows = self._execute(_SQL["deliveries_of_event"], (seq,)).fetchall()
        deliveries = tuple(delivery_of(row, is_leased=row[0] in self.ledger.leased_seqs) for row in rows)
        return Accepted(key=EventKey(key), revision=Revision(revision), deliveries=deliveries, duplicate=True)

    def _move(self, transition: Transition) -> IllegalMoveError | None:
        """Make one move, from `sending` if the delivery is leased and otherwise from the state its row has."""
        name, what = transition.delivery, transition.what
        lease = self.ledger.lease(name)
        if lease is not None:
            to = _LEASED_MOVES.get(what._value_)
            if to is None:
                return IllegalMoveError(DeliveryState.SENDING, what, name)
            seq, code, logged, endpoint = lease.seq, lease.code, lease.logged, lease.endpoint
            self.ledger.end(name, lease)
            self.ledger.count(endpoint, SENDING, -1)
        else:
            row = self._row("place", (name,))
            if row is None:
                return IllegalMoveError(None, what, name)
            seq, code, logged, endpoint = row
            to = _UNLEASED_MOVES[code].get(what._value_)
            if to is None:
                return IllegalMoveError(state_of(code), what, name)
            self.ledger.count(endpoint, code, -1)
        self.ledger.count(endpoint, to, 1)
        self._write_move(seq, code, to, logged, transition)
        return None

    def _write_move(self, seq: int, code: int, to: int, logged: int, transition: Transition) -> None:
        """Write a move that was found legal, and its attempt."""
        attempt = transition.attempt
        attempts = None
        if attempt is not None:
            attempts = attempt.number
            logged += 1
            self._execute(_SQL["log_attempt"], attempt_row(seq, logged, attempt))
        if transition.what is Move.REPLAY:
            attempts = 0
        fields = (seq, code, to, attempts, transition.due_at_ms, transition.at_ms, transition.reason, logged)
        self._execute(_SQL["move"], fields)
        self._check_changed(transition.delivery)

    def _move_all(
        self,
        seqs: Sequence[int],
        endpoint: str,
        code: int,
        to: int,
        *,
        at_ms: int,
        due_at_ms: int | None,
        reason: str | None,
    ) -> int:
        """Move rows of one endpoint that are known to be in one state."""
        if seqs:
            self._write()
            self._executemany(_SQL["move"], ((seq, code, to, None, due_at_ms, at_ms, reason, None) for seq in seqs))
            self.ledger.count(endpoint, code, -len(seqs))
            self.ledger.count(endpoint, to, len(seqs))
        return len(seqs)

    def _check_changed(self, delivery: DeliveryId) -> None:
        """Stop where the file and the ledger disagree: somebody else has written to the file."""
        if self.connection.changes() != 1:
            raise InternalError(
                f"delivery {delivery} is not in the state it was left in; does another program write the file?"
            )

    def _row(self, name: str, bindings: tuple[object, ...] = ()) -> Any:
        """Return the first row of a query or None; to the end, for a query left half-way would keep the log from being reused."""
        rows = self._execute(_SQL[name], bindings).fetchall()
        return rows[0] if rows else None

    def _write(self) -> None:
        """Start the transaction of this batch unless it has started."""
        if not self._is_writing:
            if self.connection.in_transaction:  # a rollback failed, with the file; no further until it succeeds
                self._execute(_SQL["rollback"])
            self._execute(_SQL["begin"])
            self._is_writing = True

    def _commit(self) -> None:
        if self._is_writing:
            for endpoint, counts in self.ledger.changed():
                self._keep_backlog(endpoint, counts)
            self._execute(_SQL["commit"])
            self._is_writing = False
        self.ledger.commit()

    def _keep_backlog(self, endpoint: str, counts: tuple[int, ...]) -> None:
        if counts == NO_COUNTS:
            self._execute(_SQL["drop_backlog"], (endpoint,))
        else:
            sending, delivered, pending, *others = counts
            self._execute(_SQL["keep_backlog"], (endpoint, delivered, sending + pending, *others))

    def _make_room(self) -> None:
        """Move the log's pages to the database, so that the log can be written again from its start where it cannot grow."""
        with suppress(apsw.Error):
            self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _rollback(self) -> None:
        self.ledger.rollback()
        self._is_writing = False
        if self.connection.in_transaction:
            with suppress(apsw.Error):  # tried again before the next transaction
                self._execute(_SQL["rollback"])
