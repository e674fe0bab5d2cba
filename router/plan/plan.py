"""Plan: one compiled configuration, the narrow waist between the two roads.

The compiler makes it, everything else only reads it. A Plan is immutable, holds no open resource, and `match` is a pure function of
the event: the same event under the same revision gives the same matches, byte for byte.

Inside, one index over all routes answers which routes hold for an event; each of their targets is then rendered. Targets that share
a transform share the rendering.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from router.event import Event
from router.event_headers import binary_headers
from router.filters import FilterError, RouteEntry, RouteIndex
from router.filters.explain import Explanation, explain_route
from router.identity import Revision
from router.payloads import PayloadSchema, Violation
from router.plan.endpoint import PlannedEndpoint
from router.plan.match import Admission, Match, Routed
from router.plan.route import PlannedRoute, PlannedTarget
from router.plan.source import PlannedEventType, PlannedSource, PlannedVersion
from router.transforms import CompiledTransform, Rendered, RenderError

__all__ = ["Plan"]


class Plan:
    """One revision of a configuration, ready to route.

    `sources` is keyed by request path, everything else by name. `commit` is the git commit the files came from, when there is one.
    """

    def __init__(
        self,
        *,
        revision: Revision,
        commit: str | None = None,
        event_types: Mapping[str, PlannedEventType],
        endpoints: Mapping[str, PlannedEndpoint],
        sources: Mapping[str, PlannedSource],
        routes: Iterable[PlannedRoute],
    ) -> None:
        self.revision = revision
        self.commit = commit
        self.event_types = MappingProxyType(dict(event_types))
        self.endpoints = MappingProxyType(dict(endpoints))
        self.sources = MappingProxyType(dict(sources))
        # By name, so that the order of routes in files can never show in a result.
        self.routes = tuple(sorted(routes, key=lambda route: route.name))
        self._fallbacks = tuple(route for route in self.routes if route.unmatched)
        self._index = RouteIndex.build(
            [
                RouteEntry(position=position, types=route.events, filter=route.filter)
                for position, route in enumerate(self.routes)
                if not route.unmatched
            ]
        )

    def __repr__(self) -> str:
        return f"Plan(revision={self.revision!r}, routes={len(self.routes)}, endpoints={len(self.endpoints)})"

    def match(self, event: Event | Mapping[str, Any]) -> list[Match]:
        """Return what this revision would deliver for an event, in order of route name.

        `event` is an Event or a CloudEvents dict (`{"type": …, "data": …}`; id, source and specversion are filled in when missing). The
        payload is not checked against its schema here: see `violations`. Raises EventError (malformed) for a dict that is no event.
        """
        return list(self.route(event if isinstance(event, Event) else Event.from_document(event)).matches)

    def admit(self, event: Event) -> Admission:
        """Check an event's payload against its type's schema, and upgrade one that is of an older version.

        The current schema is tried first, then the older versions, newest first: the first that accepts the payload upgrades it. The
        upgraded payload must satisfy the current schema. When nothing accepts it, the violations are those of the current schema.
        """
        event_type = self.event_types.get(event.type)
        if event_type is None or event_type.schema is None or event_type.schema.is_valid(event.data):
            return Admission(event=event)
        for version in event_type.versions:
            if version.schema.is_valid(event.data):
                return _upgrade(event, event_type.schema, version)
        return Admission(event=event, violations=event_type.schema.violations(event.data))

    def violations(self, event: Event) -> tuple[Violation, ...]:
        """Return how the payload breaks its event type's schema and every older version; empty when it may be routed."""
        return self.admit(event).violations

    def route(self, event: Event) -> Routed:
        """Return the matches of an event and the filters that failed on it. Pure; never raises for a valid Event."""
        document = event.document()
        found = self._index.match(document)
        failures = [(self.routes[position].name, message) for position, message in found.failures]
        routes = [self.routes[position] for position in found.positions]
        if not routes and self._fallbacks:
            routes = self._unmatched(document, failures)
        rendered: dict[int, Rendered | RenderError] = {}
        matches = tuple(
            _match(route, target, event, document, rendered) for route in routes for target in route.targets
        )
        return Routed(matches=matches, failures=tuple(failures))

    def warm(self) -> None:
        """Generate the code of filters ahead, so that the first events do not wait for it. Takes two seconds at most."""
        self._index.warm()

    def explain(self, event: Event) -> list[Explanation]:
        """Return for every route why it holds for an event or why not; `position` is the place in `routes`. For people: runs every filter.

        A route for what no other took does not take the event's type when another route holds.
        """
        document = event.document()
        found = self._index.explain(document)
        nothing = None if not any(each.matched for each in found) else frozenset[str]()
        found += [
            explain_route(position, nothing, route.filter, document)
            for position, route in enumerate(self.routes)
            if route.unmatched
        ]
        return sorted(found, key=lambda each: each.position)

    def _unmatched(self, document: dict[str, Any], failures: list[tuple[str, str]]) -> list[PlannedRoute]:
        routes = []
        for route in self._fallbacks:
            try:
                if route.filter is None or route.filter.matches(document):
                    routes.append(route)
            except FilterError as error:
                failures.append((route.name, str(error)))
        return routes


def _match(
    route: PlannedRoute,
    target: PlannedTarget,
    event: Event,
    document: dict[str, Any],
    rendered: dict[int, Rendered | RenderError],
) -> Match:
    transform = target.transform
    if transform is None:
        payload = event.data if event.data is not None or event.body is None else event.body
        return Match(
            route=route.name,
            endpoint=target.endpoint,
            payload=payload,
            headers=binary_headers(event),
            body=event.body or b"",
        )
    result = rendered.get(id(transform))
    if result is None:
        result = rendered[id(transform)] = _render(transform, document)
    if isinstance(result, RenderError):
        return Match(route=route.name, endpoint=target.endpoint, payload=None, headers={}, body=b"", error=str(result))
    return Match(
        route=route.name,
        endpoint=target.endpoint,
        payload=result.value,
        headers={"content-type": result.content_type, **{name.lower(): value for name, value in result.headers}},
        body=result.body,
    )


def _upgrade(event: Event, current: PayloadSchema, version: PlannedVersion) -> Admission:
    try:
        rendered = version.upgrade.render(event.document())
    except RenderError as error:
        detail = f"the upgrade from version {version.version} failed: {error}"
        return Admission(event=event, violations=(Violation(pointer="", detail=detail),))
    upgraded = msgspec.structs.replace(event, data=rendered.value, body=rendered.body)
    return Admission(event=upgraded, version=version.version, violations=current.violations(rendered.value))


def _render(transform: CompiledTransform, document: dict[str, Any]) -> Rendered | RenderError:
    try:
        return transform.render(document)
    except RenderError as error:
        return error
