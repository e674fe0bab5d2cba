"""Tending: what is done to all of an endpoint's waiting deliveries at once, because its standing changed.

A lane's standing is one of three: open for work, held (disabled in the configuration, answered 410, held by an operator), or gone from
the configuration. The deliveries in the store must follow it, but thousands of rows are not moved in the instant a reload swaps one
reference. So the lane changes at once, which stops attempts, and `Tender.tend` then moves the rows in small transactions until they agree:

- gone: pending ones are given up and held ones cancelled, with the revision that removed the endpoint as reason. Both may be replayed.
- held: pending ones are held, with the lane's reason.
- open again: held ones are resumed, and meet the endpoint with a ramp.
- its breaker open: pending ones past the endpoint's age limit are given up, so that a dead endpoint's backlog is bounded.

It may be asked again at any time, and repeats nothing that is done: each step looks for rows that are not yet as they should be. It never
sends.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from router.clock import Clock
from router.delivery.record import Delivery, Transition
from router.delivery.schedule import duration
from router.delivery.state import DeliveryState, Move
from router.errors import StoreUnavailableError
from router.runtime.incidents import Incidents
from router.runtime.lanes import Lane
from router.store.port import DeliveryFilter, Store

__all__ = ["TENDED_AT_ONCE", "Tender", "disabled_reason"]

TENDED_AT_ONCE = 200
"""How many rows one transaction of tending moves: small enough that acceptances hardly wait behind it."""

_ANY_TIME_MS = 2**62

_log = logging.getLogger(__name__)


def disabled_reason(endpoint: str) -> str:
    """Return the reason of deliveries held because the configuration says `enabled: false`; `router.delivery.birth` says the same."""
    return f"endpoint {endpoint} is disabled"


class Tender:
    """Brings the rows of a lane into agreement with the lane. Every method raises StoreUnavailableError and may then be called again."""

    def __init__(self, store: Store, clock: Clock, incidents: Incidents) -> None:
        self._incidents = incidents
        self._store = store
        self._clock = clock

    async def held_reason(self, endpoint: str) -> str | None:
        """Find out after a start why an endpoint with held deliveries was held: the reason is kept with them, the newest one tells.

        None when it was the configuration: that is read anyway.
        """
        which = DeliveryFilter(endpoint=endpoint, state=DeliveryState.HELD)
        page = await self._store.deliveries(which, limit=1)
        if not page.items or page.items[0].reason == disabled_reason(endpoint):
            return None
        return page.items[0].reason or "held before the last start"

    async def hold(self, lane: Lane) -> None:
        """Hold what is pending, and what was leased but never started."""
        reason = lane.held or ""
        count = 0
        await self._let_go(lane)
        lane.next_due_at_ms = None  # what is noted from here on is seen to by the next tending
        while lane.held is not None:
            held = await self._store.hold(lane.name, at_ms=self._clock.now_ms(), reason=reason, limit=TENDED_AT_ONCE)
            count += held
            if held < TENDED_AT_ONCE:
                break
        if count:
            _log.warning("%d deliveries are held: %s", count, reason)

    async def resume(self, lane: Lane) -> int:
        """Make held deliveries pending, oldest first; return how many."""
        count = 0
        while lane.is_open_for_work:
            now_ms = self._clock.now_ms()
            resumed = await self._store.resume(lane.name, at_ms=now_ms, due_at_ms=now_ms, limit=TENDED_AT_ONCE)
            if resumed:
                lane.note_due(now_ms)
            count += resumed
            if resumed < TENDED_AT_ONCE:
                break
        return count

    async def retire(self, lane: Lane, revision: str) -> None:
        """Give up what is pending and cancel what is held for an endpoint that the configuration no longer has."""
        reason = f"endpoint {lane.name} is not in revision {revision}"
        count = 0
        await self._let_go(lane)
        lane.next_due_at_ms = None  # what is noted from here on is seen to by the next tending
        while lane.endpoint is None:
            claimed = await self._store.claim(lane.name, now_ms=_ANY_TIME_MS, limit=TENDED_AT_ONCE)
            await self._move(claimed.deliveries, Move.GIVE_UP, reason)
            count += len(claimed.deliveries)
            if not claimed.deliveries:
                break
        held = DeliveryFilter(endpoint=lane.name, state=DeliveryState.HELD)
        while lane.endpoint is None:
            page = await self._store.deliveries(held, limit=TENDED_AT_ONCE)
            await self._move(page.items, Move.CANCEL, reason)
            count += len(page.items)
            if not page.items:
                break
        if count:
            _log.warning("%d deliveries are dead or cancelled: %s; they can be retried once it is back", count, reason)

    async def expire(self, lane: Lane) -> None:
        """Give up what has been due for longer than the endpoint's age limit, and free the memory that the rest takes."""
        await self._let_go(lane)
        while lane.endpoint is not None:
            max_age_s = lane.endpoint.retry.max_age_s
            now_ms = self._clock.now_ms()
            claimed = await self._store.claim(lane.name, now_ms=now_ms - round(max_age_s * 1000), limit=TENDED_AT_ONCE)
            if not claimed.deliveries:
                break
            reason = f"given up: endpoint {lane.name} has not answered for its age limit of {duration(max_age_s)}"
            await self._move(claimed.deliveries, Move.GIVE_UP, reason)
            for delivery in claimed.deliveries:
                self._incidents.died(delivery, reason, now_s=self._clock.monotonic_s())
            _log.warning("%d deliveries are dead: %s", len(claimed.deliveries), reason)

    async def _let_go(self, lane: Lane) -> None:
        """End the leases of what waits in memory, so that it lies in the store with the rest, to be claimed again in due time."""
        waiting = lane.drain()
        if waiting:
            try:
                await self._store.release([delivery.id for delivery in waiting])
            except StoreUnavailableError:
                lane.backlog.extend(waiting)
                raise
            lane.note_due(min(delivery.due_at_ms for delivery in waiting))

    async def _move(self, deliveries: Sequence[Delivery], what: Move, reason: str) -> None:
        """Apply one move to each; a delivery that somebody else moved meanwhile is left as it is."""
        at_ms = self._clock.now_ms()
        try:
            await self._store.apply(
                [Transition(delivery=one.id, what=what, at_ms=at_ms, reason=reason) for one in deliveries]
            )
        except StoreUnavailableError:
            if what is Move.GIVE_UP:
                await self._store.release([one.id for one in deliveries])
            raise
