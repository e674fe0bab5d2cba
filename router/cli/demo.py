"""`router demo`: the example configuration at work, from real events to verified deliveries, on this machine only."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from router.cli.configuration import add_path, take_snapshot
from router.cli.exits import EXIT_FINDINGS, EXIT_OK
from router.cli.options import Commands, add_colour, add_command, duration_s
from router.cli.printing import say, style_for

__all__ = ["add"]

_ABOUT = """\
Show a configuration at work: starts `router run` on SQLite in a temporary directory and a receiver that verifies signatures,
sends events (GitHub's recorded webhooks where they are at hand, the examples of the event types otherwise), waits until every
delivery is final and prints what went where. One endpoint fails at first, so that a retry can be seen. Secrets are made up for
the run; nothing leaves 127.0.0.1.
"""

_EXAMPLES = """\
  router demo                       the example in routes/
  router demo --flaky crm           let another endpoint fail its first requests
  eval "$(router demo --env)"       only make up the secrets, to try `router run` and `router listen` by hand
"""

_EXITS = "exit codes: 0 everything was delivered and verified, 1 something was not, 2 could not run"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "demo", demo, summary="see the example at work", about=_ABOUT, examples=_EXAMPLES, exits=_EXITS
    )
    add_path(parser)
    parser.add_argument(
        "--flaky", metavar="ENDPOINT", default="ledger", help="endpoint whose first two requests fail (default ledger)"
    )
    parser.add_argument(
        "--corpora",
        metavar="DIR",
        type=Path,
        default=Path(os.environ.get("ROUTER_CORPORA") or "../shared/corpora"),
        help="where recorded webhooks are, in github-webhooks/examples.jsonl [ROUTER_CORPORA, default ../shared/corpora]",
    )
    parser.add_argument(
        "--deadline",
        metavar="TIME",
        type=duration_s,
        default=15.0,
        help="give up waiting for deliveries after this (default 15s)",
    )
    parser.add_argument(
        "--env", action="store_true", help="print made-up secrets as shell commands, and do nothing else"
    )
    add_colour(parser)


def demo(arguments: argparse.Namespace) -> int:
    """Run the demonstration, print its table, return the exit code."""
    import asyncio

    if arguments.env:
        return _print_secrets(arguments.path)
    from router.cli.demonstration import Demonstration
    from router.cli.rendering.demo_report import demo_report

    demonstration = Demonstration(
        arguments.path, corpora=arguments.corpora, flaky=arguments.flaky, deadline_s=arguments.deadline, say=say
    )
    outcome = asyncio.run(demonstration.run())
    print(demo_report(outcome, style=style_for(sys.stdout, arguments.color)))
    return EXIT_OK if outcome.is_complete else EXIT_FINDINGS


def _print_secrets(path: str) -> int:
    from router.cli.demo_secrets import made_up_secrets

    for name, value in made_up_secrets(take_snapshot(path)).items():
        print(f"export {name}={shlex.quote(value)}")
    return EXIT_OK
