"""Routes: event types expanded, filters and transforms compiled, one transform compiled once however many routes use it."""

from __future__ import annotations

from router.compiler.findings import Findings, Site
from router.compiler.references import expand_events
from router.compiler.sources import compile_expression
from router.language.documents import Configuration, Transform
from router.plan import PlannedRoute, PlannedTarget
from router.transforms import CompiledTransform, compile_transform

__all__ = ["lower_routes"]


def lower_routes(configuration: Configuration, findings: Findings) -> list[PlannedRoute]:
    """Return the enabled routes; broken parts are reported and left out."""
    named = {
        name: _lower_transform(transform, findings.site("transforms", name), findings)
        for name, transform in configuration.transforms.items()
    }
    planned = []
    for name, route in configuration.routes.items():
        site = findings.site("routes", name)
        own = _transform(route.transform, site / "transform", named, findings)
        compiled = compile_expression(route.filter, site / "filter", findings) if route.filter is not None else None
        targets = []
        for index, target in enumerate(route.targets):
            place = site / "targets" / index / "transform"
            transform = _transform(target.transform, place, named, findings) if target.transform is not None else own
            targets.append(PlannedTarget(target.endpoint, transform))
        if route.enabled:
            planned.append(
                PlannedRoute(
                    name=name,
                    events=expand_events(configuration, route),
                    unmatched=route.unmatched,
                    filter=compiled,
                    targets=tuple(targets),
                )
            )
    return planned


def _transform(
    written: str | Transform | None, site: Site, named: dict[str, CompiledTransform | None], findings: Findings
) -> CompiledTransform | None:
    if written is None:
        return None
    if isinstance(written, str):
        return named.get(written)
    return _lower_transform(written, site, findings)


def _lower_transform(transform: Transform, site: Site, findings: Findings) -> CompiledTransform | None:
    compiled, problems = compile_transform(
        transform.payload, content_type=transform.content_type, headers=transform.headers
    )
    for problem in problems:
        place = site
        for step in problem.path:
            place = place / step
        findings.report(
            problem.severity, problem.code, place.characters(problem.start, problem.end), problem.message, problem.help
        )
    return compiled
