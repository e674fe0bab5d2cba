"""Operations: what an operator does to deliveries and endpoints by hand.

Each is a legal move in the store and a word to the dispatcher; none goes around either. Retrying means "make it due now", whatever waits:
a final delivery is replayed with its whole schedule before it, a pending one loses its timer. A delivery that is being sent is left alone.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from router.clock import Clock
from router.delivery.record import Delivery, Transition
from router.delivery.state import FINAL_STATES, DeliveryState, IllegalMoveError, Move
from router.identity import DeliveryId
from router.runtime.dispatcher import Dispatcher
from router.runtime.lanes import Lane
from router.store.port import Store

__all__ = ["HELD_BY_OPERATOR", "Operations", "UnrenderedError"]

HELD_BY_OPERATOR = "held by an operator"
"""The reason of deliveries to an endpoint that was held by hand."""


class UnrenderedError(IllegalMoveError):
    """A retry of a delivery that was never rendered: there are no bytes to send."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(delivery.state, Move.REPLAY, delivery.id)
        why = f"delivery {delivery.id} was never rendered, so there is nothing to send ({delivery.reason})"
        self.args = (f"{why}; correct the transform and send the event again under a new id",)


class Operations:
    """The operator's hand."""

    def __init__(self, *, store: Store, dispatcher: Dispatcher, clock: Clock) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock

    async def retry(self, delivery: DeliveryId) -> Delivery:
        """Make a delivery due now and return it. Raises KeyError for an unknown one, IllegalMoveError when it is being sent or is held."""
        found = await self._found(delivery)
        now_ms = self._clock.now_ms()
        if found.state in FINAL_STATES:
            if not found.headers and not found.body:
                raise UnrenderedError(found)
            moves = [Transition(delivery=delivery, what=Move.REPLAY, at_ms=now_ms, due_at_ms=now_ms)]
        elif found.state is DeliveryState.PENDING:
            moves = [  # the table has no edge from pending to pending; these two are one transaction
                Transition(delivery=delivery, what=Move.HOLD, at_ms=now_ms, reason="retried by an operator"),
                Transition(delivery=delivery, what=Move.RESUME, at_ms=now_ms, due_at_ms=now_ms),
            ]
        else:
            raise IllegalMoveError(found.state, Move.REPLAY, delivery)
        await self._apply(moves)
        self._dispatcher.note_due(found.endpoint, now_ms)
        return await self._found(delivery)

    async def cancel(self, delivery: DeliveryId) -> Delivery:
        """Cancel a pending or held delivery and return it. Raises KeyError for an unknown one, IllegalMoveError in other states."""
        await self._found(delivery)
        reason = "cancelled by an operator"
        await self._apply([Transition(delivery=delivery, what=Move.CANCEL, at_ms=self._clock.now_ms(), reason=reason)])
        return await self._found(delivery)

    def set_endpoint(self, name: str, *, held: bool) -> None:
        """Hold an endpoint or resume it; one that the configuration disables stays held. Raises KeyError for an unknown one."""
        if held:
            self._dispatcher.hold(name, HELD_BY_OPERATOR)
        else:
            try:
                self._dispatcher.resume(name)
            except ValueError:
                return  # `endpoints` goes on saying that it is disabled

    def endpoints(self) -> list[dict[str, Any]]:
        """Return what is known of every endpoint now, by name; URLs without path and query, which may hold credentials."""
        now_s = self._clock.monotonic_s()
        lanes = self._dispatcher.lanes
        return [_seen(lanes[name], now_s) for name in sorted(lanes)]

    async def _found(self, delivery: DeliveryId) -> Delivery:
        found = await self._store.delivery(delivery)
        if found is None:
            raise KeyError(delivery)
        return found

    async def _apply(self, moves: list[Transition]) -> None:
        for refusal in await self._store.apply(moves):
            if refusal is not None:
                raise refusal


def _seen(lane: Lane, now_s: float) -> dict[str, Any]:
    endpoint = lane.endpoint
    held_or_active = "held" if lane.held is not None else "active"
    return {
        "name": lane.name,
        "state": held_or_active if endpoint is not None else "removed",
        "reason": lane.held,
        "origins": sorted({_origin(url.url) for url in endpoint.urls}) if endpoint is not None else [],
        "breaker": lane.breaker.state.value,
        "blocked_s": round(lane.blocked_s(now_s), 3) if lane.blocked_s(now_s) != float("inf") else None,
        "concurrency": lane.limit.current,
        "rate_per_s": lane.bucket.rate_per_s if lane.bucket is not None else None,
        "in_flight": lane.in_flight,
        "waiting_in_memory": len(lane.fresh) + len(lane.backlog),
        "next_due_at_ms": lane.next_due_at_ms,
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
