"""`router test`: run the tests that stand in the configuration."""

from __future__ import annotations

import argparse
import sys

from router.cli.configuration import add_path, sources_of, take_snapshot
from router.cli.exits import EXIT_CANNOT, EXIT_FINDINGS, EXIT_OK
from router.cli.options import Commands, add_colour, add_command
from router.cli.printing import complain, style_for

__all__ = ["add"]

_ABOUT = """\
Run the `tests:` of a configuration. Each gives one event and names exactly the deliveries it must cause; they run on the
compiled plan, so nothing is sent and no secret is needed.
"""

_EXAMPLES = """\
  router test                        run the tests of routes/
  router test --run 'German'         only tests whose name contains this
"""

_EXITS = "exit codes: 0 all tests passed, 1 a test failed, 2 could not run (the configuration is broken, no such test)"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "test",
        test,
        summary="run the tests of a configuration",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits=_EXITS,
    )
    add_path(parser)
    parser.add_argument("--run", metavar="TEXT", help="run only tests whose name contains TEXT")
    add_colour(parser)


def test(arguments: argparse.Namespace) -> int:
    """Compile, run the tests, print what differs, return the exit code."""
    from router.analysis.route_tests import run_tests
    from router.cli.rendering.report import text_report
    from router.cli.rendering.test_report import test_report
    from router.compiler import compile_snapshot

    snapshot = take_snapshot(arguments.path)
    compilation = compile_snapshot(snapshot)
    if compilation.plan is None:
        print(
            text_report(compilation.diagnostics, sources_of(snapshot), style=style_for(sys.stderr, arguments.color)),
            file=sys.stderr,
        )
        complain("the configuration is broken, so no test ran")
        return EXIT_CANNOT
    results = run_tests(compilation.configuration, compilation.plan, snapshot)
    if arguments.run is not None:
        results = [result for result in results if arguments.run in result.name]
        if not results:
            complain(f"no test has `{arguments.run}` in its name")
            return EXIT_CANNOT
    print(test_report(results, style=style_for(sys.stdout, arguments.color)))
    return EXIT_OK if all(result.is_passed for result in results) else EXIT_FINDINGS
