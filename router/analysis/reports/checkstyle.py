"""Checkstyle XML: understood by most tools that collect findings (Jenkins, reviewdog, many editors)."""

from __future__ import annotations

from router.analysis.report import Finding, LintReport
from router.analysis.reports.markup import DECLARATION, attributes

__all__ = ["render"]


def render(report: LintReport) -> str:
    """Return one `file` element for each file with findings."""
    files: dict[str, list[Finding]] = {}
    for finding in report.counted:
        files.setdefault(finding.diagnostic.span.file, []).append(finding)
    parts = [DECLARATION, '<checkstyle version="4.3">\n']
    for name, findings in files.items():
        parts.append(f"  <file{attributes({'name': name})}>\n")
        parts += [f"    <error{_values(finding)}/>\n" for finding in findings]
        parts.append("  </file>\n")
    parts.append("</checkstyle>\n")
    return "".join(parts)


def _values(finding: Finding) -> str:
    found = finding.diagnostic
    return attributes(
        {
            "line": found.span.line,
            "column": found.span.column,
            "severity": found.severity.value,
            "message": found.message + (f" ({found.help})" if found.help else ""),
            "source": f"router.{found.code}",
        }
    )
