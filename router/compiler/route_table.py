"""Routes: event types expanded, filters and transforms compiled, one transform compiled once however many routes use it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from router.compiler.findings import Findings, Site
from router.compiler.references import expand_events
from router.compiler.sources import compile_expression
from router.filters import Filter
from router.language.documents import Configuration, Route, Transform
from router.plan import PlannedRoute, PlannedTarget
from router.syntax.memory import Memory
from router.transforms import CompiledTransform, compile_transform

__all__ = ["lower_routes"]

D = TypeVar("D")
T = TypeVar("T")


def lower_routes(configuration: Configuration, findings: Findings, memory: Memory | None = None) -> list[PlannedRoute]:
    """Return the enabled routes; broken parts are reported and left out.

    What a route compiles to by itself comes from memory where neither the route nor its place has changed; a filter or a transform that
    only moved is not compiled again.
    """
    table = _Table(findings, Memory() if memory is None else memory)
    named = {
        name: table.once("transform", name, transform, findings.site("transforms", name), table.transform)
        for name, transform in configuration.transforms.items()
    }
    planned = []
    for name, route in configuration.routes.items():
        own, compiled, others = table.once("route", name, route, findings.site("routes", name), table.parts)
        if isinstance(route.transform, str):
            own = named.get(route.transform)
        targets = []
        for target, other in zip(route.targets, others, strict=True):
            transform = named.get(target.transform) if isinstance(target.transform, str) else other
            targets.append(PlannedTarget(target.endpoint, own if target.transform is None else transform))
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


_Parts = tuple[CompiledTransform | None, Filter | None, tuple[CompiledTransform | None, ...]]


class _Table:
    """Compiles the parts of routes that no other definition has a say in: what stands inline."""

    def __init__(self, findings: Findings, memory: Memory) -> None:
        self.findings = findings
        self.memory = memory

    def once(self, kind: str, name: str, definition: D, site: Site, make: Callable[[D, Site], T]) -> T:
        held = (definition, site.origin)
        return self.findings.once(self.memory, (kind, name), partial(make, definition, site), held)

    def parts(self, route: Route, site: Site) -> _Parts:
        """Return the route's own transform, its filter, and the transform of each target, None where it is named or absent."""
        own = self.inline(route.transform, site / "transform")
        compiled = None
        if route.filter is not None:
            compiled = compile_expression(route.filter, site / "filter", self.findings, self.memory)
        targets = site / "targets"
        others = (self.inline(t.transform, targets / at / "transform") for at, t in enumerate(route.targets))
        return own, compiled, tuple(others)

    def inline(self, written: str | Transform | None, site: Site) -> CompiledTransform | None:
        return self.transform(written, site) if isinstance(written, Transform) else None

    def transform(self, transform: Transform, site: Site) -> CompiledTransform | None:
        payload, content_type, headers = transform.payload, transform.content_type, transform.headers
        compiled, problems = self.memory.recall(
            ("template", repr((payload, content_type, headers))),
            lambda: compile_transform(payload, content_type=content_type, headers=headers),
        )
        for problem in problems:
            if problem.code == "RT405":  # the check of that name knows what the text can be
                continue
            place = site
            for step in problem.path:
                place = place / step
            span = place.characters(problem.start, problem.end)
            fixes = place.renaming(problem.start, problem.end, problem.message, problem.help)
            self.findings.report(problem.severity, problem.code, span, problem.message, problem.help, fixes)
        return compiled
