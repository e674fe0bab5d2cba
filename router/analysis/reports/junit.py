"""JUnit XML, valid for both dialects in use: Jenkins' (xunit plugin, junit-10.xsd) and Ant's (Windy Road's JUnit.xsd).

A document is a test suite, a finding a test case of it: failed when it is severe enough to fail the run, else skipped with its message. A
document without findings is one test case that passed, so that the report shows what was checked.
"""

from __future__ import annotations

from router.analysis.report import Finding, LintReport
from router.analysis.reports.markup import DECLARATION, attributes, text

__all__ = ["render"]


def render(report: LintReport) -> str:
    """Return one `testsuite` for each document, and for each other file with findings."""
    files: dict[str, list[Finding]] = {name: [] for name in report.documents}
    for finding in report.counted:
        files.setdefault(finding.diagnostic.span.file, []).append(finding)
    parts = [DECLARATION, "<testsuites>\n"]
    for number, (name, findings) in enumerate(files.items()):
        parts += _suite(report, number, name, findings)
    parts.append("</testsuites>\n")
    return "".join(parts)


def _suite(report: LintReport, number: int, name: str, findings: list[Finding]) -> list[str]:
    failed = sum(report.fails(finding) for finding in findings)
    duration = f"{report.duration_s:.3f}" if number == 0 else "0.000"  # one run checks all documents together
    values: dict[str, str | int] = {
        "package": "router.lint",
        "id": number,
        "name": name or ".",
        "timestamp": report.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
        "hostname": "localhost",
        "tests": max(len(findings), 1),
        "failures": failed,
        "errors": 0,
        "skipped": len(findings) - failed,
        "time": duration,
    }
    parts = [f"  <testsuite{attributes(values)}>\n", "    <properties/>\n"]
    if not findings:
        parts.append(f"    <testcase{attributes({'name': 'no findings', 'classname': name, 'time': '0.000'})}/>\n")
    for finding in findings:
        parts += _case(finding, fails=report.fails(finding))
    parts += ["    <system-out></system-out>\n", "    <system-err></system-err>\n", "  </testsuite>\n"]
    return parts


def _case(finding: Finding, *, fails: bool) -> list[str]:
    found = finding.diagnostic
    case = {
        "name": f"{found.code} {found.span.line}:{found.span.column}",
        "classname": found.span.file,
        "time": "0.000",
    }
    detail = [str(found), *([found.help] if found.help else [])]
    detail += [f"{note.message}" + (f" ({note.span})" if note.span is not None else "") for note in found.notes]
    element = "failure" if fails else "skipped"
    values = {"message": found.message, **({"type": f"{found.severity.value} {found.code}"} if fails else {})}
    body = text("\n".join(detail))
    return [
        f"    <testcase{attributes(case)}>\n",
        f"      <{element}{attributes(values)}>{body}</{element}>\n",
        "    </testcase>\n",
    ]
