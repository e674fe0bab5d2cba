"""`router explain`: why an event goes where it goes, route by route, or what became of a stored one."""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from router.cli.configuration import DEFAULT_PATH, sources_of, take_snapshot
from router.cli.exits import EXIT_FINDINGS, EXIT_OK, CannotRunError
from router.cli.options import DEFAULT_URL, Commands, add_colour, add_command
from router.cli.printing import say, style_for

if TYPE_CHECKING:
    from router.analysis.explanation import EventExplanation, RouteExplanation
    from router.compiler import Compilation
    from router.event import Event
    from router.syntax.snapshot import Snapshot

__all__ = ["add"]

_ABOUT = """\
Show for one event what every route makes of it: per condition of a filter the values it saw and what would have satisfied it, and for
routes that match what they send. EVENT is a file with a CloudEvent as JSON (`-` is stdin) or an example of the configuration, TYPE#N.
With --event it is an event that a running router keeps, shown with its deliveries, their attempts and the next try.
"""

_EXAMPLES = """\
  router explain order.paid#0                      an example from routes/
  router explain event.json --route eu-to-crm      one route only
  router explain order.paid#0 --json | jq '.routes[] | select(.matched)'
  router explain --event evt_…                     a stored event: where its deliveries are and why
  router explain --event evt_… --config routes     and what the configuration here would make of it
"""

_EXITS = "exit codes: 0 something is delivered (with --route: by that route), 1 nothing is, 2 could not tell (no such file, route or event)"
_NOT_FOUND = 404


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "explain",
        explain,
        summary="say why an event goes where it goes",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits=_EXITS,
    )
    parser.add_argument("file", nargs="?", metavar="EVENT", help="file with one CloudEvent, `-`, or TYPE#N")
    parser.add_argument("--config", metavar="PATH", help="the configuration (default: routes; with --event: none)")
    parser.add_argument("--route", metavar="NAME", help="only this route")
    parser.add_argument("--event", metavar="KEY", help="a stored event of a running router (evt_…)")
    parser.add_argument(
        "--url",
        metavar="URL",
        default=os.environ.get("ROUTER_URL") or DEFAULT_URL,
        help=f"the router that --event asks [ROUTER_URL, default {DEFAULT_URL}]",
    )
    parser.add_argument(
        "--admin-token-file",
        metavar="FILE",
        help="file with the router's admin token [ROUTER_ADMIN_TOKEN holds the token itself]",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_colour(parser)


def explain(arguments: argparse.Namespace) -> int:
    """Explain, print, return the exit code."""
    if (arguments.file is None) == (arguments.event is None):
        raise CannotRunError(
            "name one event: EVENT (a file or TYPE#N) or --event KEY; `router explain --help` has examples"
        )
    if arguments.event is not None:
        return _explain_stored(arguments)
    compilation, snapshot = _compiled(arguments.config or DEFAULT_PATH, arguments.color)
    event = _event(arguments.file, compilation, snapshot)
    explained, routes = _explained(event, compilation, arguments.route)
    _print(arguments, explained, routes)
    return _exit_code(explained, routes)


def _compiled(path: str, colour: str) -> tuple[Compilation, Snapshot]:
    from router.cli.rendering.report import text_report
    from router.compiler import compile_snapshot

    snapshot = take_snapshot(path)
    compilation = compile_snapshot(snapshot)
    if compilation.plan is None:
        report = text_report(compilation.diagnostics, sources_of(snapshot), style=style_for(sys.stderr, colour))
        print(report, file=sys.stderr)
        raise CannotRunError(f"the configuration in {path} is broken, so nothing can be explained")
    return compilation, snapshot


def _event(reference: str, compilation: Compilation, snapshot: Snapshot) -> Event:
    from router.analysis.route_tests import read_example

    if reference != "-" and not Path(reference).exists():
        name = reference.partition("#")[0]
        if "#" not in reference and name not in compilation.configuration.event_types:
            raise CannotRunError(f"no such file: {reference}; an example of the configuration is written TYPE#N")
        try:
            type, payload = read_example(reference, compilation.configuration, snapshot)
        except (LookupError, OSError, ValueError) as error:
            raise CannotRunError(f"{reference}: {error.args[0] if isinstance(error, LookupError) else error}") from None
        return event_of({"type": type, "data": payload}, reference)
    try:
        text = sys.stdin.buffer.read() if reference == "-" else Path(reference).read_bytes()
        document = json.loads(text)
    except OSError as error:
        raise CannotRunError(f"cannot read {reference}: {error.strerror or error}") from None
    except ValueError as error:
        raise CannotRunError(f"{reference}: not JSON: {error}") from None
    if not isinstance(document, dict):
        raise CannotRunError(f"{reference}: not a CloudEvent: it must be one JSON object with `type` and `data`")
    return event_of(document, reference)


def event_of(document: Mapping[str, Any], origin: str) -> Event:
    """Return the event of a CloudEvents JSON document, `data_base64` included; raises CannotRunError for what is none."""
    import msgspec

    from router.errors import EventError
    from router.event import Event

    try:
        event = Event.from_document(document)
        if isinstance(document.get("data_base64"), str) and "data" not in document:
            body = base64.b64decode(document["data_base64"], validate=True)
            event = msgspec.structs.replace(event, body=body)
    except EventError as error:
        raise CannotRunError(f"{origin}: {error.detail}") from None
    except binascii.Error as error:
        raise CannotRunError(f"{origin}: `data_base64` is not Base64: {error}") from None
    return event


def _explained(
    event: Event, compilation: Compilation, route: str | None
) -> tuple[EventExplanation, tuple[RouteExplanation, ...]]:
    from router.analysis.explanation import explain_event
    from router.syntax.nearest import nearest

    if compilation.plan is None:
        raise CannotRunError("the configuration is broken")
    if route is not None and route not in compilation.configuration.routes:
        close = nearest(route, compilation.configuration.routes)
        raise CannotRunError(f"no route is called `{route}`" + (f"; did you mean `{close}`?" if close else ""))
    explained = explain_event(event, compilation.plan, compilation.configuration)
    return explained, tuple(each for each in explained.routes if route is None or each.route == route)


def _print(arguments: argparse.Namespace, explained: EventExplanation, routes: tuple[RouteExplanation, ...]) -> None:
    from router.cli.rendering.explanation import explanation_text, explanation_view

    if arguments.json:
        print(json.dumps(explanation_view(explained, routes), ensure_ascii=False))
    else:
        print(explanation_text(explained, routes, style=style_for(sys.stdout, arguments.color)))


def _exit_code(explained: EventExplanation, routes: tuple[RouteExplanation, ...]) -> int:
    is_delivered = explained.refusal is None and any(route.is_matched for route in routes)
    return EXIT_OK if is_delivered else EXIT_FINDINGS


def _explain_stored(arguments: argparse.Namespace) -> int:
    from router.cli.rendering.explanation import deliveries_text, explanation_text, explanation_view

    stored, deliveries, endpoints = _stored(arguments)
    if arguments.route is not None:
        deliveries = [each for each in deliveries if each["route"] == arguments.route]
    style = style_for(sys.stdout, arguments.color)
    view: dict[str, Any] = {
        **stored,
        "deliveries": deliveries,
        "endpoints": [
            endpoints[name] for name in sorted({each["endpoint"] for each in deliveries}) if name in endpoints
        ],
    }
    text = deliveries_text(stored, deliveries, endpoints, style=style)
    if arguments.config is not None:
        compilation, _ = _compiled(arguments.config, arguments.color)
        event = event_of(stored["event"], arguments.event)
        explained, routes = _explained(event, compilation, arguments.route)
        view["explanation"] = explanation_view(explained, routes)
        text += f"\n\nThe configuration in {arguments.config} would do this:\n\n{explanation_text(explained, routes, style=style)}"
        if explained.revision != stored["revision"]:
            say(f"{arguments.config} is revision {explained.revision}; the event was routed by {stored['revision']}")
    print(json.dumps(view, ensure_ascii=False) if arguments.json else text)
    return EXIT_OK if deliveries else EXIT_FINDINGS


def _stored(
    arguments: argparse.Namespace,
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return a stored event, its deliveries with their attempts, and the endpoints by name."""
    from router.cli.client import Client, problem_text, token_from, value_of

    with Client(arguments.url, token=token_from(arguments.admin_token_file)) as client:
        answer = client.answer(f"/api/v1/events/{quote(arguments.event, safe='')}")
        if answer.status_code == _NOT_FOUND:
            raise CannotRunError(f"{arguments.event}: {problem_text(answer)}")
        stored = value_of(answer)
        deliveries = [client.get(f"/api/v1/deliveries/{quote(each['id'], safe='')}") for each in stored["deliveries"]]
        endpoints = {each["name"]: each for each in client.get("/api/v1/endpoints")["items"]}
    return {name: value for name, value in stored.items() if name != "deliveries"}, deliveries, endpoints
