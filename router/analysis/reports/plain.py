"""JSON of our own: everything there is about each finding, lines and columns from 1 in code points, ends exclusive."""

from __future__ import annotations

import json
from typing import Any

from router.analysis.report import Finding, LintReport
from router.syntax.diagnostic import Severity, Span

__all__ = ["render"]


def render(report: LintReport) -> str:
    """Return the report as one JSON object."""
    counts = report.counts()
    content = {
        "diagnostics": [_plain(finding) for finding in report.counted],
        "suppressed": [
            {**_plain(finding), "suppression": {"kind": finding.suppression.kind, "reason": finding.suppression.reason}}
            for finding in report.findings
            if finding.suppression is not None
        ],
        "summary": {
            "documents": len(report.documents),
            "errors": counts[Severity.ERROR],
            "warnings": counts[Severity.WARNING],
            "infos": counts[Severity.INFO],
            "suppressed": len(report.findings) - len(report.counted),
            "fixable": sum(bool(finding.diagnostic.fixes) for finding in report.counted),
            "revision": report.revision,
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _plain(finding: Finding) -> dict[str, Any]:
    found = finding.diagnostic
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        **_position(found.span),
        "help": found.help,
        "notes": [
            {"message": note.message, **(_position(note.span) if note.span is not None else {})} for note in found.notes
        ],
        "fixes": [{**_position(fix.span), "replacement": fix.replacement} for fix in found.fixes],
        "fingerprint": finding.fingerprint,
    }


def _position(span: Span) -> dict[str, Any]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
