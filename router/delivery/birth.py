"""Birth of deliveries: the matches of one event become the records that the store keeps with it.

A match that could not be rendered is born dead: the event is accepted, the fault is ours (the configuration's), and it waits among the dead
letters for a corrected transform. A match for an endpoint that may not be called now is born held. All others are pending and due at once.

Pure: ids and times are passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from router.delivery.record import Delivery
from router.delivery.request import header_problem
from router.delivery.state import DeliveryState
from router.event import Event
from router.identity import DeliveryId, EventKey, Revision
from router.plan.endpoint import PlannedEndpoint

__all__ = ["Matched", "deliveries"]


class Matched(Protocol):
    """What birth needs of `router.plan.Match`: where to, what, and whether rendering failed."""

    @property
    def route(self) -> str:
        """The route that matched."""
        ...

    @property
    def endpoint(self) -> str:
        """The endpoint's name."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Rendered headers, lower-case names, content-type among them."""
        ...

    @property
    def body(self) -> bytes:
        """The rendered body."""
        ...

    @property
    def error(self) -> str | None:
        """Why rendering failed, None if it did not."""
        ...


def deliveries(
    matches: Iterable[Matched],
    *,
    key: EventKey,
    event: Event,
    revision: Revision,
    endpoints: Mapping[str, PlannedEndpoint],
    at_ms: int,
    new_id: Callable[[], DeliveryId],
    held: Mapping[str, str] | None = None,
) -> tuple[Delivery, ...]:
    """Return one delivery per match, in the order of the matches.

    `endpoints` are the plan's. `held` names endpoints that are held at run time (answered 410, unverified) with the reason.
    """
    born: list[Delivery] = []
    for match in matches:
        state, reason = _birth_state(match, endpoints.get(match.endpoint), held)
        born.append(
            Delivery(
                id=new_id(),
                event_key=key,
                event_id=event.id,
                event_type=event.type,
                route=match.route,
                endpoint=match.endpoint,
                revision=revision,
                state=state,
                body=match.body,
                headers=tuple(match.headers.items()),
                created_at_ms=at_ms,
                due_at_ms=at_ms,
                updated_at_ms=at_ms,
                reason=reason,
            )
        )
    return tuple(born)


def _birth_state(
    match: Matched, endpoint: PlannedEndpoint | None, held: Mapping[str, str] | None
) -> tuple[DeliveryState, str | None]:
    if match.error is not None:
        return DeliveryState.DEAD, match.error
    if endpoint is None:
        return DeliveryState.DEAD, f"endpoint {match.endpoint} is not in this revision"
    for name, value in match.headers.items():
        problem = header_problem(name, value)
        if problem is not None:
            return DeliveryState.DEAD, problem
    if not endpoint.enabled:
        return DeliveryState.HELD, f"endpoint {match.endpoint} is disabled"
    if held and match.endpoint in held:
        return DeliveryState.HELD, held[match.endpoint]
    return DeliveryState.PENDING, None
