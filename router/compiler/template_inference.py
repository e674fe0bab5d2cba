"""Template inference: the engine behind RT402, RT403, RT405, RT406 and RT410, and the way from a route to the events that reach its templates.

    schemas ─ EventShapes ─► events of the route's types ─ its filter ─► events that reach the transform ─ infer ─► Diagnostics by code

A filter such as `data.supplier && …` is a guard for the templates behind it, so what it lets through is what they are judged by. A transform
that several routes use is judged once, by the events that reach it through any of them: what only some have may be asked for with `default`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from router.compiler.context import CheckContext
from router.compiler.filter_inference import EventShapes
from router.compiler.findings import Site
from router.compiler.references import expand_events
from router.filters.inference import Inference
from router.filters.inference_scope import Scope
from router.filters.parser import parse
from router.filters.problem import FilterSyntaxError
from router.language.documents import Route, Transform
from router.shapes import NEVER, SchemaShapes, Shape, event_shape, file_resolver, union
from router.syntax.diagnostic import Diagnostic, Severity
from router.transforms import TransformProblem
from router.transforms.inference import infer

__all__ = ["Use", "infer_templates", "template_findings", "transform_uses"]


class Use(msgspec.Struct, frozen=True):
    """A transform in use by one target of one route; `name` says which transform it is, `site` where it is written."""

    route: Route
    transform: Transform
    name: str
    site: Site
    target: int


def transform_uses(context: CheckContext) -> list[Use]:
    """Return every transform that a route sends events through; an engine."""
    configuration = context.configuration
    uses = []
    for name, route in configuration.routes.items():
        site = context.site("routes", name)
        for index, target in enumerate(route.targets):
            written, place, called = route.transform, site / "transform", f"of route {name}"
            if target.transform is not None:
                written, place = target.transform, site / "targets" / index / "transform"
                called = f"of target {index} of route {name}"
            if isinstance(written, str):
                if written not in configuration.transforms:
                    continue
                place, called = context.site("transforms", written), written
                written = configuration.transforms[written]
            if written is not None:
                uses.append(Use(route, written, called, place, index))
    return uses


def infer_templates(context: CheckContext) -> Mapping[str, list[Diagnostic]]:
    """Return what types say against the templates of all routes, by code; an engine."""
    found: defaultdict[str, list[Diagnostic]] = defaultdict(list)
    by_transform: defaultdict[str, list[Use]] = defaultdict(list)
    for use in context.result_of(transform_uses):
        by_transform[use.name].append(use)
    for uses in by_transform.values():
        for problem in _judge(context, uses):
            found[problem.code].append(_diagnostic(problem, uses[0].site))
    for problem, site in _judge_upgrades(context):
        found[problem.code].append(_diagnostic(problem, site))
    return found


def template_findings(context: CheckContext, code: str) -> Iterator[Diagnostic]:
    """Yield the findings of one code."""
    yield from context.result_of(infer_templates).get(code, ())


def _judge(context: CheckContext, uses: list[Use]) -> list[TransformProblem]:
    """Judge a transform by all events that reach it; first without the filters, since what is right of all events is right of some."""
    shapes = context.result_of(EventShapes)
    ways: dict[tuple[Shape, str | None], None] = {}
    for use in uses:
        types = frozenset() if use.route.unmatched else expand_events(context.configuration, use.route)
        if types or use.route.unmatched:
            ways[(shapes.of(types), use.route.filter)] = None
    transform = uses[0].transform

    def found_in(reaching: Shape) -> list[TransformProblem]:
        if reaching.is_never:
            return []
        return infer(transform.payload, content_type=transform.content_type, headers=transform.headers, event=reaching)

    def judged() -> list[TransformProblem]:
        found = found_in(union(event for event, _ in ways))
        if found and any(expression is not None for _, expression in ways):
            return found_in(union(_let_through(expression, event) for event, expression in ways))
        return found

    written = repr((transform.payload, transform.content_type, transform.headers))
    key = ("infer template", written, tuple(expression for _, expression in ways))
    return context.recall(key, judged, *(event for event, _ in ways))


def _let_through(expression: str | None, event: Shape) -> Shape:
    """Return the events for which a filter holds; NEVER when there are none."""
    if expression is None:
        return event
    try:
        tree = parse(expression)
    except FilterSyntaxError:
        return event
    scope = Inference(expression).assume(tree, True, Scope(event, is_event=True))
    return NEVER if scope is None else scope.shape


def _judge_upgrades(context: CheckContext) -> Iterator[tuple[TransformProblem, Site]]:
    resolve = file_resolver(context.snapshot.read)
    library = SchemaShapes(resolve)
    for name, event_type in context.configuration.event_types.items():
        for number, version in event_type.versions.items():
            site = context.site("event_types", name) / "versions" / number
            document: Any = version.schema
            base = site.file
            if isinstance(document, str):
                base = context.snapshot.resolve(site.file, document)
                read = resolve("", base)
                if read is None:
                    continue
                document = read[1]
            event = event_shape({name: library.shape(document, base)})
            for problem in infer(
                version.upgrade, content_type="application/json", headers={}, event=event, payload_path=("upgrade",)
            ):
                yield problem, site


def _diagnostic(problem: TransformProblem, site: Site) -> Diagnostic:
    for step in problem.path:
        site = site / step
    return Diagnostic(
        code=problem.code,
        severity=Severity(problem.severity),
        message=problem.message,
        span=site.characters(problem.start, problem.end),
        help=problem.help,
        # A field that an open schema does not name may be there all the same: only what is an error is a slip for certain.
        fixes=site.renaming(problem.start, problem.end, problem.message, problem.help)
        if problem.severity == "error"
        else (),
    )
