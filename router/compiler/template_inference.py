"""Template inference: the engine behind RT402, RT403, RT405, RT406 and RT410, and the way from a route to the events that reach its templates.

    schemas ─ EventShapes ─► events of the route's types ─ its filter ─► events that reach the transform ─ infer ─► Diagnostics by code

A filter such as `data.supplier && …` is a guard for the templates behind it, so what it lets through is what they are judged by. The same
transform behind several routes is judged for each, and each finding is reported once.
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
from router.shapes import SchemaShapes, Shape, event_shape, file_resolver
from router.syntax.diagnostic import Diagnostic, Severity
from router.transforms import TransformProblem
from router.transforms.inference import infer

__all__ = ["Use", "infer_templates", "template_findings", "transform_uses"]


class Use(msgspec.Struct, frozen=True):
    """A transform in use: by which target of which route, and where it is written. `number` is the target's, None for the route's own."""

    route: Route
    transform: Transform
    site: Site
    target: int


def transform_uses(context: CheckContext) -> list[Use]:
    """Return every transform that a route sends events through; an engine."""
    configuration = context.configuration
    uses = []
    for name, route in configuration.routes.items():
        site = context.site("routes", name)
        for index, target in enumerate(route.targets):
            written, place = route.transform, site / "transform"
            if target.transform is not None:
                written, place = target.transform, site / "targets" / index / "transform"
            if isinstance(written, str):
                if written not in configuration.transforms:
                    continue
                place = context.site("transforms", written)
                written = configuration.transforms[written]
            if written is not None:
                uses.append(Use(route, written, place, index))
    return uses


def infer_templates(context: CheckContext) -> Mapping[str, list[Diagnostic]]:
    """Return what types say against the templates of all routes, by code; an engine."""
    found: defaultdict[str, list[Diagnostic]] = defaultdict(list)
    known: dict[tuple[str, frozenset[str], str | None], list[TransformProblem]] = {}
    for use in context.result_of(transform_uses):
        types = frozenset() if use.route.unmatched else expand_events(context.configuration, use.route)
        if not types and not use.route.unmatched:
            continue
        key = (_key(use.transform), types, use.route.filter)
        if key not in known:
            known[key] = _judge(context, use.transform, key[0], types, use.route.filter)
        for problem in known[key]:
            found[problem.code].append(_diagnostic(problem, use.site))
    for problem, site in _judge_upgrades(context):
        found[problem.code].append(_diagnostic(problem, site))
    return found


def template_findings(context: CheckContext, code: str) -> Iterator[Diagnostic]:
    """Yield the findings of one code."""
    yield from context.result_of(infer_templates).get(code, ())


def _key(transform: Transform) -> str:
    return repr((transform.payload, transform.content_type, transform.headers))


def _judge(
    context: CheckContext, transform: Transform, key: str, types: frozenset[str], expression: str | None
) -> list[TransformProblem]:
    event = context.result_of(EventShapes).of(types)

    def found_in(reaching: Shape) -> list[TransformProblem]:
        return infer(transform.payload, content_type=transform.content_type, headers=transform.headers, event=reaching)

    def judged() -> list[TransformProblem]:
        found = found_in(event)
        if (
            not found or expression is None
        ):  # what is right of all events is right of those that the filter lets through
            return found
        reaching = _let_through(expression, event)
        return [] if reaching is None or reaching.is_never else found_in(reaching)

    return context.recall(("infer template", key, expression), judged, event)


def _let_through(expression: str, event: Shape) -> Shape | None:
    """Return the events for which a filter holds; None when there are none."""
    try:
        tree = parse(expression)
    except FilterSyntaxError:
        return event
    scope = Inference(expression).assume(tree, True, Scope(event, is_event=True))
    return None if scope is None else scope.shape


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
    )
