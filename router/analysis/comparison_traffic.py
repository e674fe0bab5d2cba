"""Traffic: recorded events through two plans -> which deliveries come and go, and whose payload changes, by endpoint.

Counted by event and endpoint, so that renaming a route is no difference. Nothing is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from router.event import Event
from router.plan import Plan

__all__ = ["EndpointDelta", "traffic_delta"]


class EndpointDelta(msgspec.Struct, kw_only=True):
    """What changes for an endpoint: numbers of deliveries, and the ids of the events (once for each delivery)."""

    endpoint: str
    gained: list[str]
    lost: list[str]
    rewritten: list[str]


def traffic_delta(old: Plan, new: Plan, events: Iterable[Event]) -> tuple[EndpointDelta, ...]:
    """Return the differences, by endpoint; endpoints without any are left out."""
    found: dict[str, EndpointDelta] = {}
    for event in events:
        before, after = _deliveries(old, event), _deliveries(new, event)
        for endpoint in sorted(before.keys() | after.keys()):
            was, now = before.get(endpoint, Counter()), after.get(endpoint, Counter())
            if was == now:
                continue
            delta = found.setdefault(endpoint, EndpointDelta(endpoint=endpoint, gained=[], lost=[], rewritten=[]))
            difference = now.total() - was.total()
            delta.gained += [event.id] * max(difference, 0)
            delta.lost += [event.id] * max(-difference, 0)
            delta.rewritten += [event.id] * min((now - was).total(), (was - now).total())
    return tuple(found[endpoint] for endpoint in sorted(found))


def _deliveries(plan: Plan, event: Event) -> dict[str, Counter[bytes]]:
    """Return the bodies for each endpoint; none for an event that would be refused."""
    if event.type not in plan.event_types:
        return {}
    admission = plan.admit(event)
    if admission.violations:
        return {}
    found: dict[str, Counter[bytes]] = {}
    for match in plan.route(admission.event).matches:
        found.setdefault(match.endpoint, Counter())[match.body] += 1
    return found
