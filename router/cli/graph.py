"""`router graph`: a picture of what goes where."""

from __future__ import annotations

import argparse
import sys

from router.cli.configuration import add_path, sources_of, take_snapshot
from router.cli.exits import EXIT_FINDINGS, EXIT_OK, CannotRunError
from router.cli.options import Commands, add_command
from router.cli.printing import say, style_for

__all__ = ["add"]

_ABOUT = """\
Draw a configuration on stdout: event types, routes and endpoints, and what leads where. Routes are grouped by owner; disabled ones are left out.
"""

_EXAMPLES = """\
  router graph > routes.svg
  router graph --format mermaid --owner team-sales
  router graph --type order.paid --format dot | dot -Tpng > paid.png
"""

_EXITS = (
    "exit codes: 0 drawn, 1 no route is selected, 2 could not draw (no such path, a broken configuration, no such name)"
)


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "graph", graph, summary="draw what goes where", about=_ABOUT, examples=_EXAMPLES, exits=_EXITS
    )
    add_path(parser)
    parser.add_argument("--format", choices=("svg", "mermaid", "dot"), default="svg", help="notation (default svg)")
    parser.add_argument("--type", metavar="TYPE", help="only routes that take this event type")
    parser.add_argument("--endpoint", metavar="NAME", help="only routes that send to this endpoint")
    parser.add_argument("--owner", metavar="OWNER", help="only routes of this owner")


def graph(arguments: argparse.Namespace) -> int:
    """Draw, print, return the exit code."""
    from router.analysis import graph_drawing
    from router.analysis.graph import graph_of
    from router.cli.rendering.report import text_report
    from router.compiler import compile_snapshot
    from router.syntax.nearest import nearest

    snapshot = take_snapshot(arguments.path)
    compilation = compile_snapshot(snapshot)
    if compilation.plan is None:
        report = text_report(compilation.diagnostics, sources_of(snapshot), style=style_for(sys.stderr))
        print(report, file=sys.stderr)
        raise CannotRunError(f"the configuration in {arguments.path} is broken, so it cannot be drawn")
    configuration = compilation.configuration
    owners = {route.owner for route in configuration.routes.values() if route.owner}
    for what, wanted, known in (
        ("event type", arguments.type, configuration.event_types),
        ("endpoint", arguments.endpoint, configuration.endpoints),
        ("owner", arguments.owner, owners),
    ):
        if wanted is not None and wanted not in known:
            close = nearest(wanted, known)
            raise CannotRunError(f"there is no {what} `{wanted}`" + (f"; did you mean `{close}`?" if close else ""))
    found = graph_of(configuration, type=arguments.type, endpoint=arguments.endpoint, owner=arguments.owner)
    draw = {"svg": graph_drawing.svg, "mermaid": graph_drawing.mermaid, "dot": graph_drawing.dot}[arguments.format]
    sys.stdout.write(draw(found))
    if not found.routes:
        say("no route is selected")
    return EXIT_OK if found.routes else EXIT_FINDINGS
