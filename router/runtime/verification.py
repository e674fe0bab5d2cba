"""Verification: a plan that contradicts its own tests does not come into force.

The reloader's VERIFY stage, as a function from what was compiled to findings. Each failed route test becomes one error at the place of the
test (RT906). The snapshot is the one that was compiled: tests that name files read them from there.
"""

from __future__ import annotations

from collections.abc import Callable

from router.analysis.route_tests import run_tests
from router.language.documents import Configuration
from router.plan import Plan
from router.syntax.diagnostic import Diagnostic, Severity
from router.syntax.snapshot import Snapshot

__all__ = ["FAILED_TEST", "Verify", "failed_tests"]

Verify = Callable[[Configuration, Plan, Snapshot], tuple[Diagnostic, ...]]
"""Judges a configuration that compiled; findings that are errors keep it from coming into force."""

FAILED_TEST = "RT906"


def failed_tests(configuration: Configuration, plan: Plan, snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """Run the tests of a configuration and return one error for each that fails."""
    return tuple(
        Diagnostic(
            code=FAILED_TEST,
            severity=Severity.ERROR,
            message=f"test `{result.name}` fails: {'; '.join(difference.message for difference in result.differences)}",
            span=result.span,
            help="run `router test` to see expected and actual side by side",
        )
        for result in run_tests(configuration, plan, snapshot)
        if not result.is_passed
    )
