"""Event types: their schemas are read and compiled (RT206), their examples must satisfy them (RT207).

What was read on the way, the schemas as they are written and the payloads of the examples, is kept for the checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
import orjson

from router.compiler.context import SchemaDocument
from router.compiler.findings import Findings, Site
from router.language.documents import Configuration, EventType
from router.payloads import PayloadSchema, SchemaError, compile_schema
from router.plan import PlannedEventType
from router.plan.source import PlannedVersion
from router.syntax.diagnostic import Note, Span
from router.syntax.loader import load
from router.syntax.memory import Files, Memory
from router.syntax.snapshot import Snapshot
from router.transforms import compile_transform

__all__ = ["LoweredEventTypes", "example_payload", "lower_event_types"]

_YAML_SUFFIXES = (".yaml", ".yml")


class LoweredEventTypes(msgspec.Struct, frozen=True, kw_only=True):
    """Event types by name: compiled, their schemas as written, the payloads of their examples by number (those that are valid)."""

    planned: dict[str, PlannedEventType]
    schemas: dict[str, SchemaDocument]
    examples: dict[str, dict[int, Any]]


def lower_event_types(
    configuration: Configuration, snapshot: Snapshot, findings: Findings, memory: Memory | None = None
) -> LoweredEventTypes:
    """Return the compiled event types; those with a broken schema are left out, and reported."""
    memory = Memory() if memory is None else memory
    lowered = LoweredEventTypes(planned={}, schemas={}, examples={})
    for name, event_type in configuration.event_types.items():
        site = findings.site("event_types", name)
        make = partial(_lower, event_type, site, findings)
        made = findings.once_read(memory, ("event type", name), snapshot, make, (event_type, site.origin))
        if made is not None:
            lowered.planned[name], document, lowered.examples[name] = made
            if document is not None:
                lowered.schemas[name] = document
    return lowered


def _lower(
    event_type: EventType, site: Site, findings: Findings, files: Files
) -> tuple[PlannedEventType, SchemaDocument | None, dict[int, Any]] | None:
    schema, document = None, None
    try:
        if event_type.schema is not None:
            schema, document = _compile(event_type.schema, site / "schema", files, findings)
    except _ReportedError:
        return None
    planned = PlannedEventType(
        name=event_type.name,
        schema=schema,
        on_invalid=event_type.on_invalid,
        versions=_lower_versions(event_type, site, files, findings),
    )
    return planned, document, _read_examples(event_type, schema, site, files, findings)


def example_payload(example: Any, site: Site, snapshot: Files) -> Any:
    """Return the payload of an example: itself, or the content of the JSON or YAML file that it names.

    Raises OSError when the file cannot be read and ValueError when it holds no JSON or YAML.
    """
    if not isinstance(example, str):
        return example
    name = snapshot.resolve(site.file, example)
    data = snapshot.read(name)
    if name.endswith(_YAML_SUFFIXES):
        tree, diagnostics = load(name, data)
        if tree is None or diagnostics:
            raise ValueError(diagnostics[0].message if diagnostics else "it is empty")
        return tree.value
    return orjson.loads(data)


class _ReportedError(Exception):
    """The fault is in the findings already."""


def _lower_versions(
    event_type: EventType, site: Site, snapshot: Files, findings: Findings
) -> tuple[PlannedVersion, ...]:
    """Return the older versions, newest first: numbers descend, so that a payload is taken for the newest that accepts it."""
    planned = []
    for number, version in event_type.versions.items():
        place = site / "versions" / number
        upgrade, problems = compile_transform(version.upgrade, content_type="application/json", headers={})
        for problem in problems:
            inner = place / "upgrade"
            for step in problem.path[1:]:
                inner = inner / step
            findings.report(
                problem.severity,
                problem.code,
                inner.characters(problem.start, problem.end),
                problem.message,
                problem.help,
            )
        try:
            schema, _ = _compile(version.schema, place / "schema", snapshot, findings)
        except _ReportedError:
            continue
        if upgrade is not None:
            planned.append((number, PlannedVersion(version=number, schema=schema, upgrade=upgrade)))
    planned.sort(key=lambda entry: (len(entry[0]), entry[0]), reverse=True)
    return tuple(version for _, version in planned)


def _compile(
    schema: str | Mapping[str, Any] | bool, site: Site, snapshot: Files, findings: Findings
) -> tuple[PayloadSchema, SchemaDocument]:
    base, document = site.file, schema
    if isinstance(schema, str):
        base = snapshot.resolve(site.file, schema)
        document = _read_document(base, schema, site, snapshot, findings)
    if not isinstance(document, Mapping | bool):
        findings.error("RT206", site.value(), f"the schema in `{schema}` is no object", "a JSON Schema is an object")
        raise _ReportedError
    try:
        return compile_schema(document, base=base, read=snapshot.read), SchemaDocument(document, base)
    except SchemaError as error:
        for at, message in error.problems:
            _report_schema_problem(at, message, site, base, snapshot, findings, inline=not isinstance(schema, str))
        raise _ReportedError from error


def _read_document(name: str, written: str, site: Site, snapshot: Files, findings: Findings) -> Any:
    try:
        data = snapshot.read(name)
    except OSError as error:
        findings.error(
            "RT203",
            site.value(),
            f"cannot read the schema `{written}`: {error.strerror or error}",
            f"paths are relative to the file they are written in; this one is `{name}`",
        )
        raise _ReportedError from error
    if not name.endswith(_YAML_SUFFIXES):
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            at = Span(name, error.lineno, error.colno, error.lineno, error.colno + 1)
            note = (Note("the schema is used here", site.value()),)
            findings.error("RT206", at, f"`{written}` is not JSON: {error.msg}", notes=note)
            raise _ReportedError from error
    tree, diagnostics = load(name, data)
    findings.diagnostics.extend(diagnostics)
    if tree is None or diagnostics:
        raise _ReportedError
    return tree.value


def _report_schema_problem(
    at: str, message: str, site: Site, base: str, snapshot: Files, findings: Findings, *, inline: bool
) -> None:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in at.split("/")[1:]]
    if inline:
        place = site
        for step in steps:
            place = place / (int(step) if step.isdigit() and place.has(int(step)) else step)
        findings.error("RT206", place.value(), f"the schema is not valid: {message}")
        return
    # JSON is YAML: the one loader gives the position inside the schema file as well.
    tree, _ = load(base, snapshot.read(base))
    span = site.value()
    if tree is not None:
        path: tuple[str | int, ...] = ()
        for step in steps:
            path = (*path, int(step)) if step.isdigit() and (*path, int(step)) in tree.places else (*path, step)
        span = tree.span(path)
    findings.error(
        "RT206", span, f"the schema is not valid: {message}", notes=(Note("the schema is used here", site.value()),)
    )


def _read_examples(
    event_type: EventType, schema: PayloadSchema | None, site: Site, snapshot: Files, findings: Findings
) -> dict[int, Any]:
    payloads: dict[int, Any] = {}
    for index, example in enumerate(event_type.examples):
        place = site / "examples" / index
        try:
            payload = example_payload(example, site, snapshot)
        except OSError as error:
            findings.error(
                "RT203",
                place.value(),
                f"cannot read the example `{example}`: {error.strerror or error}",
                f"paths are relative to the file they are written in: `{site.file}`",
            )
            continue
        except ValueError as error:
            findings.error("RT207", place.value(), f"the example `{example}` is not JSON: {error}")
            continue
        violations = schema.violations(payload, 5) if schema is not None else ()
        for violation in violations:
            findings.error(
                "RT207",
                place.value(),
                f"example #{index} of `{event_type.name}` breaks its own schema at "
                f"`{violation.pointer or '/'}`: {violation.detail}",
            )
        if not violations:
            payloads[index] = payload
    return payloads
