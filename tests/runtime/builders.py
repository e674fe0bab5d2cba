"""Plans and events for the tests of the run road, built without YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from router.event import Event
from router.identity import Revision
from router.language.documents import Limits, OnInvalid, Retry, Url
from router.plan import Plan, PlannedEndpoint, PlannedEventType, PlannedRoute, PlannedTarget

__all__ = ["endpoint", "event", "plan", "url"]


def url(name: str) -> str:
    """Return the address of a test endpoint."""
    return f"https://{name}.example/hook"


def endpoint(
    name: str,
    *,
    schedule_s: tuple[float, ...] = (5, 300, 1800),
    max_age_s: float = 3 * 86400,
    outcomes: Mapping[str, str] | None = None,
    concurrency: int | None = None,
    rate_per_s: float | None = None,
    enabled: bool = True,
    address: str | None = None,
) -> PlannedEndpoint:
    """Return an endpoint of that name at `url(name)`."""
    return PlannedEndpoint(
        name=name,
        urls=(Url(url=address or url(name)),),
        retry=Retry(schedule_s=schedule_s, max_age_s=max_age_s, outcomes=outcomes or {}),
        limits=Limits(concurrency=concurrency, rate_per_s=rate_per_s),
        enabled=enabled,
    )


def plan(
    *endpoints: PlannedEndpoint,
    revision: str = "r1",
    routes: Mapping[str, Iterable[str]] | None = None,
    types: Iterable[str] = ("order.paid",),
) -> Plan:
    """Return a plan in which every event goes to every endpoint, one route each, unless `routes` (name to endpoints) says otherwise."""
    names = frozenset(types)
    targets = routes if routes is not None else {f"to-{one.name}": [one.name] for one in endpoints}
    return Plan(
        revision=Revision(revision),
        event_types={name: PlannedEventType(name=name, schema=None, on_invalid=OnInvalid.REJECT) for name in names},
        endpoints={one.name: one for one in endpoints},
        sources={},
        routes=[
            PlannedRoute(name=route, events=names, targets=tuple(PlannedTarget(name) for name in to))
            for route, to in targets.items()
        ],
    )


def event(number: int = 1, *, type: str = "order.paid", body: bytes | None = None) -> Event:
    """Return an event; the same number is the same event."""
    payload = body if body is not None else msgspec.json.encode({"number": number})
    return Event(
        id=f"e{number}",
        source="/test",
        type=type,
        datacontenttype="application/json",
        data=msgspec.json.decode(payload),
        body=payload,
    )
