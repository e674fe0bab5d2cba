"""Test report: the results of route tests as text, a line per test and below it what differs."""

from __future__ import annotations

from collections.abc import Sequence

from router.analysis.route_tests import TestResult
from router.cli.printing import Style, printable

__all__ = ["test_report"]


def test_report(results: Sequence[TestResult], *, style: Style) -> str:
    """Return all results and a line that counts them."""
    lines = []
    for result in results:
        if result.is_passed:
            lines.append(f"{style('ok', 'green')}    {printable(result.name)}")
            continue
        lines.append(f"{style('FAIL', 'red', 'bold')}  {printable(result.name)} {style(f'({result.span})', 'dim')}")
        for difference in result.differences:
            lines.append(f"      {printable(difference.message)}")
            lines += [f"        {printable(detail)}" for detail in difference.details]
    failed = sum(not result.is_passed for result in results)
    count = f"{len(results)} test" + ("" if len(results) == 1 else "s")
    lines.append("")
    lines.append(
        style(f"{count}: all passed", "green") if not failed else style(f"{count}: {failed} failed", "red", "bold")
    )
    return "\n".join(lines) if results else "no tests: write some under `tests:`"
