"""GitHub workflow commands: annotations at the lines of a pull request.

Escaping is that of actions/toolkit's `command.ts`: `%`, CR and LF in messages; `:` and `,` too in properties. Columns are given only for
findings within one line, because GitHub refuses them otherwise (the toolkit's AnnotationProperties).
"""

from __future__ import annotations

from collections.abc import Mapping

from router.analysis.report import Finding, LintReport
from router.syntax.diagnostic import Severity

__all__ = ["command", "render"]

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: LintReport) -> str:
    """Return one command a finding."""
    names = {rule.code: rule.name for rule in report.rules}
    return "".join(_line(finding, names) + "\n" for finding in report.counted)


def command(name: str, properties: Mapping[str, str], message: str) -> str:
    """Return a workflow command; properties without value are left out."""
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"::{name}{' ' + written if written else ''}::{_data(message)}"


def _line(finding: Finding, names: Mapping[str, str]) -> str:
    found, span = finding.diagnostic, finding.diagnostic.span
    properties = {"file": span.file, "line": str(span.line), "endLine": str(max(span.end_line, span.line))}
    if span.end_line == span.line:
        properties |= {"col": str(span.column), "endColumn": str(max(span.end_column, span.column))}
    properties["title"] = f"{found.code} {names[found.code]}" if found.code in names else found.code
    message = found.message
    if found.help:
        message += f"\n{found.help}"
    for note in found.notes:
        message += f"\n{note.message}" + (f" ({note.span})" if note.span is not None else "")
    return command(_COMMANDS[found.severity], properties, message)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
