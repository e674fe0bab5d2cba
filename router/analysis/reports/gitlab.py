"""GitLab Code Quality: the JSON array that a job publishes as `artifacts:reports:codequality` (docs.gitlab.com, "Code Quality report format")."""

from __future__ import annotations

import json

from router.analysis.report import LintReport
from router.syntax.diagnostic import Severity

__all__ = ["render"]

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(report: LintReport) -> str:
    """Return the report; GitLab tells new findings from old ones by their fingerprints."""
    names = {rule.code: rule.name for rule in report.rules}
    entries = []
    for finding in report.counted:
        found, span = finding.diagnostic, finding.diagnostic.span
        entries.append(
            {
                "description": found.message + (f" ({found.help})" if found.help else ""),
                "check_name": f"{found.code} {names[found.code]}" if found.code in names else found.code,
                "fingerprint": finding.fingerprint,
                "severity": _SEVERITIES[found.severity],
                "location": {
                    "path": span.file.removeprefix("./"),
                    "lines": {"begin": span.line, "end": max(span.end_line, span.line)},
                },
            }
        )
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"
