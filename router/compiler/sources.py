"""Sources: mappings compiled, verification secrets resolved, paths unique (RT204, RT301 and following)."""

from __future__ import annotations

from router.compiler.findings import Findings, Site
from router.compiler.secret_values import SecretValues
from router.filters import Filter, FilterSyntaxError, problems
from router.language.documents import Configuration
from router.plan import PlannedSource, PlannedVerify
from router.syntax.diagnostic import Note

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


def compile_expression(expression: str, site: Site, findings: Findings) -> Filter | None:
    """Compile a JMESPath expression and report what is wrong with it; None when it has an error."""
    broken = False
    for problem in problems(expression):
        span = site.characters(problem.start, problem.end)
        fixes = (
            site.rewriting(expression, problem.start, problem.end, problem.replacement)
            if problem.replacement is not None
            else ()
        )
        findings.report(problem.severity, problem.code, span, problem.message, problem.help, fixes)
        broken = broken or problem.severity == "error"
    if broken:
        return None
    try:
        return Filter(expression)
    except FilterSyntaxError as error:
        findings.error("RT301", site.characters(error.start, error.end), error.message, error.help)
        return None
