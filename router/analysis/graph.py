"""Graph: a configuration -> event types, routes and endpoints and what leads where, selected and ordered for drawing.

Three columns, left to right. Routes are grouped by owner and ordered by their event types within; event types and endpoints follow the
routes that use them, each at the mean height of its neighbours, so that lines cross little. How it looks is the business of
`router.analysis.graph_drawing`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from router.compiler.references import expand_events
from router.language.documents import Configuration

__all__ = ["UNMATCHED", "Graph", "GraphRoute", "graph_of"]

UNMATCHED = "(what no route took)"
"""Stands in the first column for the events of routes with `unmatched: true`."""


class GraphRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A route: what it takes (names of event types, or UNMATCHED), its filter, and the endpoints it sends to."""

    name: str
    owner: str
    events: tuple[str, ...]
    filter: str | None
    endpoints: tuple[str, ...]


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """The three columns, each from top to bottom; edges are in the routes."""

    types: tuple[str, ...]
    routes: tuple[GraphRoute, ...]
    endpoints: tuple[str, ...]


def graph_of(
    configuration: Configuration, *, type: str | None = None, endpoint: str | None = None, owner: str | None = None
) -> Graph:
    """Return the graph of the enabled routes; each selection keeps only routes of that event type, endpoint or owner, and what they touch."""
    routes = []
    for name, route in configuration.routes.items():
        events = (UNMATCHED,) if route.unmatched else tuple(sorted(expand_events(configuration, route)))
        targets = tuple(dict.fromkeys(target.endpoint for target in route.targets))
        if (
            not route.enabled
            or (type is not None and type not in events)
            or (endpoint is not None and endpoint not in targets)
            or (owner is not None and owner != route.owner)
        ):
            continue
        events = events if type is None else (type,)
        targets = targets if endpoint is None else (endpoint,)
        routes.append(
            GraphRoute(name=name, owner=route.owner or "", events=events, filter=route.filter, endpoints=targets)
        )
    routes.sort(key=lambda each: (each.owner, each.events, each.endpoints, each.name))
    is_whole = type is None and endpoint is None and owner is None
    return Graph(
        types=_column({route.name: route.events for route in routes}, configuration.event_types if is_whole else ()),
        routes=tuple(routes),
        endpoints=_column(
            {route.name: route.endpoints for route in routes}, configuration.endpoints if is_whole else ()
        ),
    )


def _column(neighbours: Mapping[str, tuple[str, ...]], all_names: Mapping[str, object] | tuple[()]) -> tuple[str, ...]:
    """Return names by the mean position of the routes beside them; those that no route uses come last."""
    places: dict[str, list[int]] = {name: [] for name in all_names}
    for position, names in enumerate(neighbours.values()):
        for name in names:
            places.setdefault(name, []).append(position)
    end = len(neighbours)
    return tuple(
        sorted(places, key=lambda name: (sum(places[name]) / len(places[name]) if places[name] else end, name))
    )
