"""`router lint`: say everything that is wrong with a configuration, where, and what to write instead."""

from __future__ import annotations

import argparse
import json
import shutil
import sys

from router.cli.configuration import add_path, sources_of, take_snapshot
from router.cli.exits import EXIT_FINDINGS, EXIT_OK
from router.cli.options import Commands, add_colour, add_command
from router.cli.printing import style_for

__all__ = ["add"]

_ABOUT = """\
Check a configuration: every YAML file below PATH and every schema and example it refers to. All findings of all files are
shown at once, each with its place, the lines it is about and what to write instead. Secrets need not be set.
"""

_EXAMPLES = """\
  router lint                          check routes/
  router lint routes/sales.yaml        check one file as if it were all
  router lint --format json | jq .summary
  router lint --fail-level error       let warnings pass
"""

_EXITS = "exit codes: 0 nothing found at --fail-level or above, 1 findings, 2 could not run (no such path, unreadable, no YAML files)"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "lint", lint, summary="check a configuration", about=_ABOUT, examples=_EXAMPLES, exits=_EXITS
    )
    add_path(parser)
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="text for people (default) or json for programs"
    )
    parser.add_argument(
        "--fail-level",
        choices=("error", "warning", "info"),
        default="warning",
        metavar="LEVEL",
        help="least severity that makes the exit code 1: error, warning (default) or info",
    )
    add_colour(parser)


def lint(arguments: argparse.Namespace) -> int:
    """Compile, print the findings, return the exit code."""
    from router.cli.rendering.report import is_failing, json_report, summary_line, text_report
    from router.compiler import compile_snapshot
    from router.syntax.diagnostic import Severity

    snapshot = take_snapshot(arguments.path)
    compilation = compile_snapshot(snapshot)
    found = compilation.diagnostics
    if arguments.format == "json":
        revision = compilation.plan.revision if compilation.plan is not None else None
        json.dump(json_report(found, snapshot.documents, revision), sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        style = style_for(sys.stdout, arguments.color)
        columns = shutil.get_terminal_size((160, 24)).columns if sys.stdout.isatty() else 160
        if found:
            print(text_report(found, sources_of(snapshot), style=style, columns_max=max(columns - 8, 40)), end="\n\n")
        print(summary_line(found, len(snapshot.documents), style=style))
    return EXIT_FINDINGS if is_failing(found, Severity(arguments.fail_level)) else EXIT_OK
