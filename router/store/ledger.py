"""Ledger: what the SQLite store knows without asking the file: who holds a lease, and how many deliveries are in which state.

The writer thread alone changes it, in step with its transaction: changes are first put beside what is committed (`begun`, `ended`,
`deltas`), seen by the transaction itself, and then either `commit` makes them the truth or `rollback` forgets them. Other threads read
only what is committed: `leases` by single look-ups or a copy, `counts` as tuples that are replaced and never changed. Both are atomic
in CPython.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import msgspec

from router.identity import DeliveryId
from router.store.rows import CANCELLED, FRESH, PENDING

__all__ = ["NO_COUNTS", "SENDING", "Counts", "Lease", "Ledger"]

Counts = tuple[int, ...]
"""How many deliveries an endpoint has, by state code; at FRESH stand the leased ones, at PENDING the others."""

SENDING: Final = FRESH
NO_COUNTS: Final[Counts] = (0,) * (CANCELLED + 1)


class Lease(msgspec.Struct, frozen=True):
    """A delivery that somebody is sending: its row number, the state code its row has, and what else a move needs to know of it."""

    seq: int
    code: int
    logged: int
    endpoint: str
    created_at_ms: int


class Ledger:
    """Leases and counts, changed by the writer thread in step with its transactions."""

    def __init__(self) -> None:
        self.leases: dict[DeliveryId, Lease] = {}
        self.counts: dict[str, Counts] = {}
        self.leased_seqs: set[int] = set()  # as the open transaction sees it; the writer's own
        self._begun: dict[DeliveryId, Lease] = {}
        self._ended: dict[DeliveryId, Lease] = {}
        self._deltas: defaultdict[tuple[str, int], int] = defaultdict(int)

    def lease(self, delivery: DeliveryId) -> Lease | None:
        """Return the lease of a delivery as the open transaction sees it."""
        lease = self._begun.get(delivery)
        if lease is None:
            lease = self.leases.get(delivery)
            if lease is not None and self._ended and delivery in self._ended:
                return None
        return lease

    def begin(self, delivery: DeliveryId, lease: Lease) -> None:
        """Lease a delivery; counting it is the caller's."""
        self._begun[delivery] = lease
        self.leased_seqs.add(lease.seq)

    def end(self, delivery: DeliveryId, lease: Lease) -> None:
        """End a lease that `lease()` returned."""
        if self._begun.pop(delivery, None) is None:
            self._ended[delivery] = lease
        self.leased_seqs.discard(lease.seq)

    def count(self, endpoint: str, code: int, change: int) -> None:
        """Count `change` deliveries more in a state."""
        self._deltas[endpoint, code] += change

    def sending(self, endpoint: str) -> int:
        """Return how many deliveries of an endpoint are leased, as the open transaction sees it."""
        return self.counts.get(endpoint, NO_COUNTS)[SENDING] + self._deltas.get((endpoint, SENDING), 0)

    def changed(self) -> Iterator[tuple[str, Counts]]:
        """Yield the new counts of every endpoint that the open transaction changes in what the file keeps."""
        kept: dict[str, bool] = {}
        waiting: defaultdict[str, int] = defaultdict(int)
        for (endpoint, code), change in self._deltas.items():
            if code in (PENDING, SENDING):
                waiting[endpoint] += change  # a lease moves between the two, which the file does not see
            elif change:
                kept[endpoint] = True
        for endpoint, change in waiting.items():
            if change:
                kept[endpoint] = True
        for endpoint in kept:
            yield endpoint, self._new_counts(endpoint)

    def commit(self) -> None:
        """Make the open transaction's changes the truth."""
        for delivery in self._ended:
            del self.leases[delivery]
        self._ended.clear()
        self.leases.update(self._begun)
        self._begun.clear()
        for endpoint in {endpoint for endpoint, _ in self._deltas}:
            counts = self._new_counts(endpoint)
            if any(counts):
                self.counts[endpoint] = counts
            else:
                self.counts.pop(endpoint, None)
        self._deltas.clear()

    def rollback(self) -> None:
        """Forget the open transaction's changes."""
        self.leased_seqs.difference_update(lease.seq for lease in self._begun.values())
        self.leased_seqs.update(lease.seq for lease in self._ended.values())
        self._begun.clear()
        self._ended.clear()
        self._deltas.clear()

    def _new_counts(self, endpoint: str) -> Counts:
        deltas = self._deltas
        before = self.counts.get(endpoint, NO_COUNTS)
        return tuple(count + deltas.get((endpoint, code), 0) for code, count in enumerate(before))
