"""SqliteStore: the Store port on one SQLite file.

This is the face that the event loop sees. Every call becomes a job for one of three threads: the writer (`router.store.engine`), which
gathers jobs into transactions, and two readers (`router.store.reader`), which see snapshots: one for look-ups, which are always quick,
one for listings, which a filter that matches little can make slow. The methods here only hand over, await, and see to it that what a
cancelled caller was leased is taken back. Nothing here touches SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import apsw

from router.delivery.record import Attempt, Delivery, Transition
from router.delivery.state import DeliveryState, IllegalMoveError
from router.errors import StoreUnavailableError
from router.identity import DeliveryId, EventKey, Revision
from router.store.births import check_births
from router.store.connection import is_unavailable, open_reader, open_writer, unavailable
from router.store.cursor import decode_cursor
from router.store.engine import Engine
from router.store.ledger import Ledger
from router.store.lock import FileLock
from router.store.port import (
    Acceptance,
    Accepted,
    Claimed,
    DeliveryFilter,
    EndpointBacklog,
    EventFilter,
    Page,
    RevisionRecord,
    StoredEvent,
)
from router.store.reader import Place, Reader
from router.store.rows import FRESH, PENDING
from router.store.worker import Job, Worker

__all__ = ["SqliteStore"]

T = TypeVar("T")

_PRUNE_WINDOW = 2_000
"""Old events looked at in one read while pruning: a few milliseconds, between which listings take their turn."""

_TAKE_BACK_AGAIN_S = 1.0
"""How long after a failed commit the leases of a cancelled caller are taken back again."""

_OLDEST: Place = (-(2**63), -1)

_PRUNE_ROWS = 400
"""Events and deliveries deleted in one job, or one event: about 10 ms. Deletion shares transactions with acceptances, so it is portioned."""


class SqliteStore:
    """A Store in one SQLite file, which one process uses at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = FileLock(self.path)
        self._writer: Worker[Engine] | None = None
        self._reader: Worker[Reader] | None = None
        self._lister: Worker[Reader] | None = None
        self._pruned_to = _OLDEST

    async def open(self) -> None:
        """Open or create the file and recover what a killed process left; see the port."""
        if self._writer is not None:
            return
        ledger = Ledger()
        writer: Worker[Engine] = Worker(
            "store-writer",
            start=lambda: self._start_writer(ledger),
            serve=Engine.serve,
            stop=self._stop_writer,
            unclaimed=self._take_back,
        )
        await writer.open()
        opened: list[Worker[Reader]] = []
        try:
            for name in ("store-reader", "store-lister"):
                reader: Worker[Reader] = Worker(
                    name,
                    start=lambda: Reader(open_reader(self.path), self.path, ledger),
                    serve=Reader.serve,
                    stop=Reader.close,
                    batch_max=1,
                )
                await reader.open()
                opened.append(reader)
        except BaseException:
            for reader in opened:
                await reader.close()
            await writer.close()
            raise
        self._writer, (self._reader, self._lister) = writer, opened

    async def close(self) -> None:
        """Commit what is queued and close; idempotent."""
        writer, readers = self._writer, (self._reader, self._lister)
        self._writer = self._reader = self._lister = None
        try:
            for reader in readers:  # before the writer, which empties the log when it is the last to close
                if reader is not None:
                    await reader.close()
        finally:
            if writer is not None:
                await writer.close()

    async def accept(self, acceptance: Acceptance, *, claim: frozenset[DeliveryId] = frozenset()) -> Accepted:
        """Keep an event and its deliveries durably; see the port. A caller that is cancelled is leased nothing."""
        check_births(acceptance)
        return await self._leasing(self._on_writer(Engine.accept, acceptance, claim))

    async def apply(self, transitions: Sequence[Transition]) -> tuple[IllegalMoveError | None, ...]:
        """Apply transitions in one transaction; see the port. Cancelling the caller does not undo them."""
        return await self._on_writer(Engine.apply, transitions)

    async def claim(self, endpoint: str, *, now_ms: int, limit: int) -> Claimed:
        """Lease due deliveries of one endpoint; see the port. A caller that is cancelled is leased nothing."""
        return await self._leasing(self._on_writer(Engine.claim, endpoint, now_ms, limit))

    async def release(self, deliveries: Sequence[DeliveryId]) -> None:
        """End leases without a move; see the port."""
        await self._on_writer(Engine.release, tuple(deliveries))

    async def backlogs(self) -> tuple[EndpointBacklog, ...]:
        """Count what is kept for each endpoint; see the port. Costs a few index look-ups an endpoint, whatever the number of rows."""
        return await self._on_reader(Reader.backlogs)

    async def event(self, key: EventKey) -> StoredEvent | None:
        """Return one event; see the port."""
        return await self._on_reader(Reader.event, key)

    async def events(self, which: EventFilter, *, limit: int, cursor: str | None = None) -> Page[StoredEvent]:
        """List events; see the port."""
        if cursor is not None:
            decode_cursor("event", cursor)
        return await self._on_lister(Reader.events, which, limit, cursor)

    async def delivery(self, delivery: DeliveryId) -> Delivery | None:
        """Return one delivery; see the port."""
        return await self._on_reader(Reader.delivery, delivery)

    async def deliveries(self, which: DeliveryFilter, *, limit: int, cursor: str | None = None) -> Page[Delivery]:
        """List deliveries; see the port."""
        if cursor is not None:
            decode_cursor("delivery", cursor)
        return await self._on_lister(Reader.deliveries, which, limit, cursor)

    async def attempts(self, delivery: DeliveryId) -> tuple[Attempt, ...]:
        """Return the attempts of a delivery; see the port."""
        return await self._on_reader(Reader.attempts, delivery)

    async def hold(self, endpoint: str, *, at_ms: int, reason: str, limit: int) -> int:
        """Hold pending deliveries, earliest due first; see the port."""
        return await self._on_writer(Engine.hold, endpoint, at_ms, reason, limit)

    async def resume(self, endpoint: str, *, at_ms: int, due_at_ms: int, limit: int) -> int:
        """Resume held deliveries; see the port."""
        return await self._on_writer(Engine.resume, endpoint, at_ms, due_at_ms, limit)

    async def put_revision(self, record: RevisionRecord) -> None:
        """Keep a revision; see the port."""
        await self._on_writer(Engine.put_revision, record)

    async def active_revision(self) -> RevisionRecord | None:
        """Return the active revision; see the port."""
        return await self._on_reader(Reader.active_revision)

    async def revisions(self, *, limit: int) -> tuple[RevisionRecord, ...]:
        """Return the latest revisions; see the port."""
        return await self._on_reader(Reader.revisions, limit)

    async def revision(self, revision: Revision) -> RevisionRecord | None:
        """Return one good revision; see the port."""
        return await self._on_reader(Reader.revision, revision)

    async def prune(self, *, before_ms: int, limit: int) -> int:
        """Delete old events that are over, oldest first; see the port.

        The reader looks for them in windows, the writer deletes them in small batches, so neither is held up for long. A call that found
        `limit` leaves off where it was, and the next goes on from there: old events that are not over are not walked again every time.
        """
        start = self._pruned_to
        pruned = await self._prune_between(start, before_ms, limit)
        if pruned < limit and start != _OLDEST:
            pruned += await self._prune_between(_OLDEST, before_ms, limit - pruned)
        return pruned

    async def _prune_between(self, place: Place, before_ms: int, limit: int) -> int:
        """Prune from a place to the end of the old events, or until `limit`; keep where that was."""
        pruned = 0
        following: Place | None = place
        while following is not None and pruned < limit:
            over, following = await self._on_lister(Reader.prunable, following, before_ms, _PRUNE_WINDOW)
            if len(over) > limit - pruned:
                over = over[: limit - pruned]
                following = over[-1][0]
            for seqs in _batches(over):
                pruned += await self._on_writer(Engine.prune, seqs)
        self._pruned_to = following or _OLDEST
        return pruned

    def _on_writer(self, method: Callable[..., T], *args: object) -> asyncio.Future[T]:
        if self._writer is None:
            raise StoreUnavailableError(f"{self.path} is not open")
        return self._writer.submit(method, *args)

    def _on_reader(self, method: Callable[..., T], *args: object) -> asyncio.Future[T]:
        if self._reader is None:
            raise StoreUnavailableError(f"{self.path} is not open")
        return self._reader.submit(method, *args)

    def _on_lister(self, method: Callable[..., T], *args: object) -> asyncio.Future[T]:
        if self._lister is None:
            raise StoreUnavailableError(f"{self.path} is not open")
        return self._lister.submit(method, *args)

    async def _leasing(self, future: asyncio.Future[T]) -> T:
        """Await a job that leases; when the caller is cancelled after it was done, take the leases back."""
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._take_back_leases(future.result())
            raise

    def _take_back(self, job: Job[Engine]) -> None:
        """Take back what was leased to a caller that was cancelled before the job was done."""
        if job.error is None:
            self._take_back_leases(job.result)

    def _take_back_leases(self, result: object) -> None:
        if isinstance(result, Claimed):
            self._take_back_later([one.id for one in result.deliveries], PENDING)
        elif isinstance(result, Accepted) and not result.duplicate:
            self._take_back_later([one.id for one in result.deliveries if one.state is DeliveryState.SENDING], FRESH)

    def _take_back_later(self, names: Sequence[DeliveryId], code: int) -> None:
        """End leases without a caller who waits; while the file cannot be written, try again."""
        if not names or self._writer is None:
            return
        loop = asyncio.get_running_loop()

        def check(done: asyncio.Future[None]) -> None:
            if not done.cancelled() and done.exception() is not None:
                loop.call_later(_TAKE_BACK_AGAIN_S, self._take_back_later, names, code)

        try:
            self._on_writer(Engine.take_back, names, code).add_done_callback(check)
        except StoreUnavailableError:
            loop.call_later(_TAKE_BACK_AGAIN_S, self._take_back_later, names, code)

    def _start_writer(self, ledger: Ledger) -> Engine:
        """Lock and open the file, in the writer's thread."""
        self._lock.acquire()
        try:
            return Engine(open_writer(self.path), self.path, ledger)
        except BaseException as error:
            self._lock.release()
            raise unavailable(self.path, error) if is_unavailable(error) else error from error

    def _stop_writer(self, engine: Engine) -> None:
        """Close and unlock the file, in the writer's thread."""
        try:
            engine.close()
        except apsw.Error as error:
            raise unavailable(self.path, error) from error
        finally:
            self._lock.release()


def _batches(over: Sequence[tuple[Place, int]]) -> Iterator[list[int]]:
    """Portion events that are over, given with the number of their deliveries, into jobs of a bounded size."""
    seqs: list[int] = []
    rows = 0
    for (_, seq), deliveries in over:
        if seqs and rows + 1 + deliveries > _PRUNE_ROWS:
            yield seqs
            seqs, rows = [], 0
        seqs.append(seq)
        rows += 1 + deliveries
    if seqs:
        yield seqs
