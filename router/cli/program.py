"""The parser of the whole program: the commands, in the order in which somebody new meets them."""

from __future__ import annotations

import argparse

from router.cli import (
    deliveries,
    demo,
    diff,
    explain,
    fmt,
    graph,
    import_,
    lint,
    listen,
    lsp,
    rule,
    run,
    schema,
    send,
    test,
    validate,
    version,
)
from router.cli.exits import EXIT_CODES_HELP

__all__ = ["build_parser"]

_COMMANDS = (
    lint,
    fmt,
    rule,
    test,
    explain,
    graph,
    diff,
    run,
    send,
    listen,
    deliveries,
    schema,
    import_,
    validate,
    lsp,
    demo,
    version,
)

_EPILOG = f"""\
a first round:
  router lint                        check routes/ and every file it reads
  router test                        run the tests that stand in the configuration
  router run                         start: events in on POST /events, deliveries out
  router send --example order.paid   send one event
  router deliveries                  see what became of it

`router COMMAND --help` explains each command with examples.
{EXIT_CODES_HELP}
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; parsed arguments have `command`, the function that takes them and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="router",
        description="Route events by rules that live in git: YAML is compiled and checked, events are delivered durably as signed webhooks.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=version.VersionAction, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return parser
