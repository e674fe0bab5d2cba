"""Filter inference: the engine behind RT302 to RT315. One run over the filters of all routes; each check picks its code.

    schemas ─ payload_shapes ─► shape of each event type ─ infer_filters ─► Diagnostics by code

A schema that could not be compiled has been reported; its payloads are unknown here, and unknown is never wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial

from router.compiler.context import CheckContext
from router.compiler.references import expand_events
from router.filters import FilterProblem
from router.filters.inference import infer
from router.language.documents import Route
from router.shapes import UNKNOWN, SchemaShapes, Shape, event_shape, file_resolver
from router.syntax.diagnostic import Diagnostic, Severity

__all__ = ["EventShapes", "filter_findings", "infer_filters", "payload_shapes"]


def payload_shapes(context: CheckContext) -> Mapping[str, Shape]:
    """Return the shape of each event type's payload; an engine."""
    library = SchemaShapes(file_resolver(context.snapshot.read))

    def shape(name: str) -> Shape:
        schema = context.schemas.get(name)
        if schema is None:
            return UNKNOWN
        return context.recall("payload shape", lambda: library.shape(schema.document, schema.base), schema)

    return {name: shape(name) for name in context.configuration.event_types}


class EventShapes:
    """The shape of the root object for sets of event types, each made once; an engine."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._payloads = context.result_of(payload_shapes)
        self._made: dict[frozenset[str], Shape] = {}

    def of(self, types: frozenset[str]) -> Shape:
        """Return the shape of events of these types."""
        found = self._made.get(types)
        if found is None:
            known = {name: self._payloads[name] for name in sorted(types) if name in self._payloads}
            key = ("event shape", tuple(known))
            found = self._made[types] = self._context.recall(key, lambda: event_shape(known), *known.values())
        return found


def infer_filters(context: CheckContext) -> Mapping[str, list[Diagnostic]]:
    """Return what types say against the filters of all routes, by code; an engine."""
    shapes = context.result_of(EventShapes)
    found: defaultdict[str, list[Diagnostic]] = defaultdict(list)
    known: dict[tuple[str, frozenset[str], frozenset[str]], list[FilterProblem]] = {}
    for name, route in context.configuration.routes.items():
        if route.filter is None:
            continue
        types = _types_of(context, route)
        named = frozenset(route.events) & types
        key = (route.filter, types, named)
        if key not in known:
            known[key] = context.recall(
                ("infer", route.filter, named),
                partial(infer, route.filter, shape := shapes.of(types), named=named),
                shape,
            )
        site = context.site("routes", name) / "filter"
        for problem in known[key]:
            found[problem.code].append(
                Diagnostic(
                    code=problem.code,
                    severity=Severity(problem.severity),
                    message=problem.message,
                    span=site.characters(problem.start, problem.end),
                    help=problem.help,
                )
            )
    return found


def filter_findings(context: CheckContext, code: str) -> Iterator[Diagnostic]:
    """Yield the findings of one code."""
    yield from context.result_of(infer_filters).get(code, ())


def _types_of(context: CheckContext, route: Route) -> frozenset[str]:
    """Return the event types a route may see: all of them for one that takes what the others leave."""
    if route.unmatched:
        return frozenset(context.configuration.event_types)
    return expand_events(context.configuration, route)
