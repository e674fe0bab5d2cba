"""`router diff`: what a change of the configuration means."""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.cli.configuration import DEFAULT_PATH, sources_of, take_snapshot
from router.cli.exits import CannotRunError
from router.cli.options import Commands, add_colour, add_command
from router.cli.printing import complain, style_for

if TYPE_CHECKING:
    from router.analysis.comparison import Side
    from router.event import Event

__all__ = ["add"]

_ABOUT = """\
Compare two configurations by what they mean: definitions added, removed, renamed and changed, routes narrowed or widened with an event that
shows it, and with --events the deliveries that recorded events would gain and lose. OLD and NEW are paths or git revisions of --config.
"""

_EXAMPLES = """\
  router diff main                             the working tree against a branch
  router diff v1.2 v1.3 --format markdown      two revisions, as a comment for a pull request
  router diff routes.old routes --events yesterday.jsonl
"""

_EXITS = "exit codes: 0 no change, 1 could not compare, 2 there are changes"
_NO_CHANGE, _ERROR, _CHANGES = 0, 1, 2


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "diff", diff, summary="say what a change means", about=_ABOUT, examples=_EXAMPLES, exits=_EXITS
    )
    parser.add_argument("old", metavar="OLD", help="path or git revision")
    parser.add_argument("new", nargs="?", metavar="NEW", help="path or git revision (default: --config as it is)")
    parser.add_argument(
        "--config", default=DEFAULT_PATH, metavar="PATH", help="what revisions are of (default: routes)"
    )
    parser.add_argument(
        "--events", metavar="FILE", help="recorded events (JSON, array or JSON Lines) to run through both"
    )
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text", help="output (default text)")
    add_colour(parser)


def diff(arguments: argparse.Namespace) -> int:
    """Compare, print, return the exit code."""
    try:
        return _diff(arguments)
    except CannotRunError as error:
        complain(str(error))
        return _ERROR


def _diff(arguments: argparse.Namespace) -> int:
    from router.analysis.comparison import compare
    from router.analysis.comparison_traffic import traffic_delta
    from router.cli.rendering.comparison import comparison_markdown, comparison_text, comparison_view

    old, new = _side(arguments.old, arguments), _side(arguments.new or arguments.config, arguments)
    changes = compare(old, new)
    deltas = None
    if arguments.events is not None and old.compilation.plan is not None and new.compilation.plan is not None:
        deltas = traffic_delta(old.compilation.plan, new.compilation.plan, _events(arguments.events))
    if arguments.format == "json":
        print(json.dumps(comparison_view(changes, deltas), ensure_ascii=False))
    elif arguments.format == "markdown":
        print(comparison_markdown(changes, deltas))
    else:
        print(comparison_text(changes, deltas, style=style_for(sys.stdout, arguments.color)))
    return _CHANGES if changes or deltas else _NO_CHANGE


def _side(name: str, arguments: argparse.Namespace) -> Side:
    from router.analysis.comparison import Side
    from router.analysis.git import GitError
    from router.analysis.revisions import snapshot_at
    from router.cli.rendering.report import text_report
    from router.compiler import compile_snapshot

    if Path(name).exists():
        snapshot = take_snapshot(name)
    else:
        try:
            snapshot = snapshot_at(take_snapshot(arguments.config), name)
        except GitError as error:
            raise CannotRunError(f"`{name}` is neither a path nor a revision: {error}") from None
    compilation = compile_snapshot(snapshot)
    if compilation.plan is None:
        print(text_report(compilation.diagnostics, sources_of(snapshot), style=style_for(sys.stderr)), file=sys.stderr)
        raise CannotRunError(f"the configuration at {name} is broken, so it cannot be compared")
    return Side(compilation, snapshot)


def _events(file: str) -> list[Event]:
    from router.cli.event_input import Envelope, events_from
    from router.errors import EventError
    from router.event import Event

    try:
        content = Path(file).read_bytes()
        documents: list[dict[str, Any]] = list(events_from(content, file, Envelope(), lambda: uuid.uuid4().hex))
        return [Event.from_document(document) for document in documents]
    except OSError as error:
        raise CannotRunError(f"cannot read {file}: {error.strerror or error}") from None
    except EventError as error:
        raise CannotRunError(f"{file}: {error.detail}") from None
