"""SARIF 2.1.0 (OASIS): findings with rules, regions, fixes, suppressions and fingerprints, for code scanning services.

Columns are code points (`columnKind`), as everywhere in this program. Paths are relative to where the run was started, which services take
for the root of the sources.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from router.analysis.report import Finding, LintReport, Rule
from router.syntax.diagnostic import Diagnostic, Fix, Severity, Span

__all__ = ["FINGERPRINT", "SCHEMA_URI", "render"]

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "routerFinding/v1"
"""The name of our fingerprint; a new number when its recipe changes."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: LintReport) -> str:
    """Return a log with one run."""
    rules = list(report.rules)
    known = {rule.code for rule in rules}
    unknown = sorted({finding.diagnostic.code for finding in report.findings} - known)
    rules += [Rule(code=code, name=code, summary=code, manual="", severity=Severity.ERROR) for code in unknown]
    index = {rule.code: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {"name": "router", "semanticVersion": report.version, "rules": [_rule(rule) for rule in rules]}
        },
        "invocations": [
            {"executionSuccessful": True, "startTimeUtc": report.started_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
        ],
        "artifacts": [{"location": _location(name), "sourceLanguage": "yaml"} for name in report.documents],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index) for finding in report.findings],
    }
    log = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }
    if rule.manual:
        page = f"# {rule.code} {rule.name}\n\n{rule.summary}.\n\n{rule.manual}\n"
        content["fullDescription"] = {"text": rule.manual.partition("\n\n")[0].replace("\n", " ")}
        content["help"] = {"text": f"{rule.summary}.\n\n{rule.manual}", "markdown": page}
    return content


def _result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    found = finding.diagnostic
    text = found.message + (f"\n{found.help}" if found.help else "")
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": index[found.code],
        "level": _LEVELS[found.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _physical(found.span)}],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    }
    related = [
        {"id": number, "message": {"text": note.message}, "physicalLocation": _physical(note.span)}
        for number, note in enumerate(found.notes, 1)
        if note.span is not None
    ]
    if related:
        result["relatedLocations"] = related
    if found.fixes:
        result["fixes"] = [_fix(found)]
    if finding.suppression is not None:
        kind = "inSource" if finding.suppression.kind == "inline" else "external"
        suppression = {"kind": kind, "status": "accepted"}
        if finding.suppression.reason:
            suppression["justification"] = finding.suppression.reason
        result["suppressions"] = [suppression]
    return result


def _fix(found: Diagnostic) -> dict[str, Any]:
    files: dict[str, list[Fix]] = {}
    for fix in found.fixes:
        files.setdefault(fix.span.file, []).append(fix)
    changes = [
        {
            "artifactLocation": _location(name),
            "replacements": [
                {"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.replacement}} for fix in fixes
            ],
        }
        for name, fixes in files.items()
    ]
    return {"description": {"text": found.help or found.message}, "artifactChanges": changes}


def _physical(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _location(span.file), "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _location(name: str) -> dict[str, str]:
    """Return a file's URI reference: relative, or absolute where the file is nowhere near."""
    encoded = quote(name.removeprefix("./"), safe="/~")
    if name.startswith("/"):
        return {"uri": f"file://{encoded}"}
    return {"uri": encoded}
