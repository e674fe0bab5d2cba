"""Reporting: where the findings of `router lint` and `router validate` go, and in which format."""

from __future__ import annotations

import argparse
import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from router.cli.exits import EXIT_FINDINGS, EXIT_OK
from router.cli.options import add_colour
from router.cli.printing import Style, style_for
from router.cli.rewriting import write_file

if TYPE_CHECKING:
    from router.analysis.report import LintReport

__all__ = ["FORMATS", "add_format", "emit", "now"]

FORMATS = ("text", "json", "sarif", "github", "junit", "checkstyle", "gitlab")


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add `--format`, `--output`, `--fail-level` and `--color`."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        metavar="FORMAT",
        help=f"text for people (default) or, for programs, {', '.join(FORMATS[1:-1])} or {FORMATS[-1]}",
    )
    parser.add_argument("--output", metavar="FILE", help="write the report to FILE; a summary goes to stderr")
    parser.add_argument(
        "--fail-level",
        choices=("error", "warning", "info"),
        default="warning",
        metavar="LEVEL",
        help="least severity that makes the exit code 1: error, warning (default) or info",
    )
    add_colour(parser)


def now() -> datetime:
    """Return the time, in UTC."""
    from router.clock import SystemClock

    return datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC)


def emit(report: LintReport, arguments: argparse.Namespace, *, to_stderr: bool = False) -> int:
    """Write a report where and how the arguments say, and return the exit code."""
    if arguments.output:
        write_file(arguments.output, _rendered(report, arguments.format, Style(colours=False), 160).encode("utf-8"))
        print(_summary(report, style_for(sys.stderr, arguments.color)), file=sys.stderr)
    else:
        stream = sys.stderr if to_stderr else sys.stdout
        columns = shutil.get_terminal_size((160, 24)).columns if stream.isatty() else 160
        print(_rendered(report, arguments.format, style_for(stream, arguments.color), columns), end="", file=stream)
    return EXIT_FINDINGS if report.is_failing else EXIT_OK


def _rendered(report: LintReport, format: str, style: Style, columns: int) -> str:
    if format != "text":
        from router.analysis.reports import render

        return render(report, format)
    from router.cli.rendering.report import text_report

    found = [finding.diagnostic for finding in report.counted]
    text = text_report(found, report.sources, style=style, columns_max=max(columns - 8, 40)) if found else ""
    return (text + "\n\n" if text else "") + _summary(report, style) + "\n"


def _summary(report: LintReport, style: Style) -> str:
    from router.cli.rendering.report import summary_line

    found = [finding.diagnostic for finding in report.counted]
    suppressed = len(report.findings) - len(found)
    line = summary_line(found, len(report.documents), style=style, suppressed=suppressed)
    fixable = sum(bool(diagnostic.fixes) for diagnostic in found)
    if fixable:
        line += f"; `router lint --fix` can mend {fixable}"
    return line
