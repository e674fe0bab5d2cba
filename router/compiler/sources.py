"""Sources: mappings compiled, verification secrets resolved, paths unique (RT204, RT301 and following)."""

from __future__ import annotations

from router.compiler.findings import Findings, Site
from router.compiler.secret_values import SecretValues
from router.filters import Filter, FilterProblem, FilterSyntaxError, problems
from router.language.documents import Configuration
from router.plan import PlannedSource, PlannedVerify
from router.syntax.diagnostic import Note
from router.syntax.memory import Memory

__all__ = ["compile_expression", "lower_sources"]


def lower_sources(configuration: Configuration, secrets: SecretValues, findings: Findings) -> dict[str, PlannedSource]:
    """Return the sources by request path."""
    planned: dict[str, PlannedSource] = {}
    for name, source in configuration.sources.items():
        site = findings.site("sources", name)
        if source.path in planned:
            first = planned[source.path].name
            findings.error(
                "RT204",
                (site / "path").value() if site.has("path") else site.key(),
                f"source `{name}` has the same path `{source.path}` as source `{first}`",
                "give one of them another `path`",
                (Note(f"source `{first}`", findings.site("sources", first).key()),),
            )
            continue
        mapping = {}
        for attribute, expression in source.event.items():
            compiled = compile_expression(expression, site / "event" / attribute, findings)
            if compiled is not None:
                mapping[attribute] = compiled
        verify = source.verify
        place = site / "verify"
        values = (
            secrets.value(ref, place / "secrets" / index if place.has("secrets") else place / "secret")
            for index, ref in enumerate(verify.secrets)
        )
        planned[source.path] = PlannedSource(
            name=name,
            path=source.path,
            verify=PlannedVerify(
                scheme=verify.scheme,
                secrets=tuple(value for value in values if value is not None),
                header=verify.header,
                algorithm=verify.algorithm,
                encoding=verify.encoding,
                prefix=verify.prefix,
                tolerance_s=verify.tolerance_s,
                username=verify.username,
            ),
            event=mapping,
        )
    return planned


def compile_expression(expression: str, site: Site, findings: Findings, memory: Memory | None = None) -> Filter | None:
    """Compile a JMESPath expression and report what is wrong with it; None when it has an error."""
    memory = Memory() if memory is None else memory
    compiled, found = memory.recall(("filter", expression), lambda: _compiled(expression))
    for problem in found:
        span = site.characters(problem.start, problem.end)
        fixes = (
            site.rewriting(expression, problem.start, problem.end, problem.replacement)
            if problem.replacement is not None
            else site.renaming(problem.start, problem.end, problem.message, problem.help)
        )
        findings.report(problem.severity, problem.code, span, problem.message, problem.help, fixes)
    return compiled


def _compiled(expression: str) -> tuple[Filter | None, tuple[FilterProblem, ...]]:
    found = tuple(problems(expression))
    if any(problem.severity == "error" for problem in found):
        return None, found
    try:
        return Filter(expression), found
    except FilterSyntaxError as error:
        problem = FilterProblem(
            code="RT301", severity="error", message=error.message, start=error.start, end=error.end, help=error.help
        )
        return None, (*found, problem)
