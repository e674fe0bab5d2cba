"""`router send`: send events to a running router and show what it made of them."""

from __future__ import annotations

import argparse
import json
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.cli.configuration import take_snapshot
from router.cli.exits import EXIT_FINDINGS, EXIT_OK, CannotRunError
from router.cli.options import DEFAULT_URL, Commands, add_colour, add_command
from router.cli.printing import Style, printable, say, style_for

if TYPE_CHECKING:
    import httpx

    from router.cli.event_input import Envelope

__all__ = ["add"]

_ABOUT = """\
Send events to a running router. Input is CloudEvents as JSON: one event, an array, or JSON Lines; missing id, source and
specversion are filled in. With --type the input is payloads instead. Each answer shows the deliveries the event caused.
"""

_EXAMPLES = """\
  router send --example order.paid                           an example from routes/
  router send --type order.paid --data '{"id": "o1"}'        a payload from the command line
  router send event.json more.jsonl                          events from files
  gh api repos/o/r/issues/1 | router send --type issue -     a payload from a pipe
  router send --to https://router.example.com event.json     another router
"""

_EXITS = "exit codes: 0 every event was accepted, 1 one was refused, 2 could not send (bad input, nobody there)"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "send",
        send,
        summary="send events to a running router",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits=_EXITS,
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="files with events, `-` for stdin (default when nothing else is given)"
    )
    parser.add_argument(
        "--to",
        metavar="URL",
        default=os.environ.get("ROUTER_URL") or DEFAULT_URL,
        help=f"the router; /events is added when the URL has no path [ROUTER_URL, default {DEFAULT_URL}]",
    )
    parser.add_argument("--type", metavar="TYPE", help="the input is payloads of this event type")
    parser.add_argument("--source", metavar="URI", help="the event's source (default: its own, else /router/send)")
    parser.add_argument("--id", metavar="ID", help="the event's id (default: its own, else a new one)")
    parser.add_argument(
        "--attribute",
        "-a",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a further CloudEvents attribute; repeat for more",
    )
    parser.add_argument("--data", metavar="JSON", help="the payload itself; needs --type")
    parser.add_argument(
        "--example",
        metavar="TYPE[#N]",
        action="append",
        default=[],
        help="an example of the configuration; repeat for more",
    )
    parser.add_argument("--config", metavar="PATH", default="routes", help="where --example looks (default: routes)")
    parser.add_argument("--json", action="store_true", help="print each answer as one line of JSON")
    parser.add_argument("--quiet", "-q", action="store_true", help="print refusals and the summary only")
    add_colour(parser)


def send(arguments: argparse.Namespace) -> int:
    """Send every event, print every answer, return the exit code."""
    from router.cli.client import Client

    events = list(_events(arguments))
    style = style_for(sys.stdout, arguments.color)
    refused = 0
    with Client(arguments.to) as client:
        for number, event in enumerate(events, 1):
            answer = client.post_event(json.dumps(event, ensure_ascii=False).encode())
            accepted = answer.is_success
            refused += not accepted
            if arguments.json:
                print(json.dumps(_record(event, answer), ensure_ascii=False))
            elif not (accepted and arguments.quiet):
                print(_described(event, answer, style))
            _progress(number, len(events), refused)
    if len(events) > 1:
        say(f"{len(events)} events sent: {len(events) - refused} accepted, {refused} refused")
    return EXIT_FINDINGS if refused else EXIT_OK


def _progress(number: int, count: int, refused: int) -> None:
    if count > 1 and sys.stderr.isatty() and not sys.stdout.isatty():
        end = "\n" if number == count else ""
        print(f"\r{number}/{count} sent, {refused} refused", end=end, file=sys.stderr, flush=True)


def _events(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from router.cli.event_input import events_from

    envelope = _envelope(arguments)
    if arguments.data is not None:
        if arguments.type is None:
            raise CannotRunError("--data is a payload, so say of which event type: --type order.paid")
        yield from events_from(arguments.data.encode(), "--data", envelope, _new_id)
    if arguments.example:
        yield from _examples(arguments, envelope)
    files = arguments.files
    if not files and arguments.data is None and not arguments.example:
        if sys.stdin.isatty():
            raise CannotRunError(
                "nothing to send: name a file, or use --data, --example, or pipe events in (see router send --help)"
            )
        files = ["-"]
    for file in files:
        yield from events_from(_content(file), "stdin" if file == "-" else file, envelope, _new_id)


def _envelope(arguments: argparse.Namespace) -> Envelope:
    from router.cli.event_input import Envelope

    attributes = {}
    for text in arguments.attribute:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise CannotRunError(f"--attribute {text}: write NAME=VALUE")
        attributes[name] = value
    return Envelope(type=arguments.type, source=arguments.source, id=arguments.id, attributes=attributes)


def _examples(arguments: argparse.Namespace, envelope: Envelope) -> Iterator[dict[str, Any]]:
    import msgspec

    from router.analysis.route_tests import read_example
    from router.language.reader import read_configuration

    snapshot = take_snapshot(arguments.config)
    configuration, _ = read_configuration(snapshot)
    for reference in arguments.example:
        try:
            name, payload = read_example(reference, configuration, snapshot)
        except (LookupError, OSError, ValueError) as error:
            raise CannotRunError(
                f"--example {reference}: {error.args[0] if isinstance(error, LookupError) else error}"
            ) from None
        yield msgspec.structs.replace(envelope, type=name).fill(payload, f"--example {reference}", _new_id)


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise CannotRunError(f"cannot read {file}: {error.strerror or error}") from None


def _new_id() -> str:
    return uuid.uuid4().hex


def _record(event: dict[str, Any], answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = answer.text
    return {"type": event["type"], "id": event["id"], "status": answer.status_code, "answer": body}


def _described(event: dict[str, Any], answer: httpx.Response, style: Style) -> str:
    from router.cli.client import problem_text

    name = printable(f"{event['type']} {event['id']}")
    record = _record(event, answer)["answer"]
    if not answer.is_success:
        lines = [f"{style('refused', 'red', 'bold')}  {name}: {printable(problem_text(answer))}"]
        errors = record.get("errors") if isinstance(record, dict) else None
        lines += [
            f"  {printable(str(error.get('pointer') or 'data'))}: {printable(str(error.get('detail')))}"
            for error in errors or ()
        ]
        return "\n".join(lines)
    deliveries = record.get("deliveries", []) if isinstance(record, dict) else []
    lines = [f"{style('accepted', 'green')} {name}" + ("" if deliveries else ": no route took it")]
    width, end = (max((len(delivery[name]) for delivery in deliveries), default=0) for name in ("route", "endpoint"))
    lines += [
        f"  {printable(delivery['route']):<{width}} → {printable(delivery['endpoint']):<{end}}  {style(delivery['id'], 'dim')}"
        for delivery in deliveries
    ]
    return "\n".join(lines)
