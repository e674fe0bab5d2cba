"""`router deliveries`: what became of what was sent, and another try for what failed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any
from urllib.parse import quote

from router.cli.exits import EXIT_FINDINGS, EXIT_OK
from router.cli.options import DEFAULT_URL, Commands, add_colour, add_command
from router.cli.printing import complain, say, style_for

__all__ = ["add"]

_ABOUT = """\
List the deliveries of a running router, newest first; show one with its attempts; try one again now.
"""

_EXAMPLES = """\
  router deliveries                            the newest 50
  router deliveries --state dead               what was given up
  router deliveries --endpoint crm --all       everything that ever went to crm
  router deliveries show dlv_…                 one of them: attempts, answers, headers, body
  router deliveries retry dlv_…                try it now (a final one is sent once more)
  router deliveries --state dead --json | jq -r .id | xargs -n1 router deliveries retry
"""

_EXITS = "exit codes: 0 done, 1 no such delivery or its state does not allow that, 2 could not ask the router"

_STATES = ("pending", "sending", "delivered", "dead", "held", "cancelled")
_PAGE = 500
_NOT_FOUND = 404


def add(commands: Commands) -> None:
    """Declare the command; with neither `show` nor `retry` it lists."""
    parser = add_command(
        commands,
        "deliveries",
        list_deliveries,
        summary="see what became of events",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits=_EXITS,
    )
    parser.add_argument("--state", choices=_STATES, help="only deliveries in this state")
    parser.add_argument("--endpoint", metavar="NAME", help="only deliveries to this endpoint")
    parser.add_argument("--route", metavar="NAME", help="only deliveries by this route")
    parser.add_argument("--event", metavar="KEY", help="only deliveries of this event (evt_…)")
    parser.add_argument(
        "--since", metavar="TIME", help="only deliveries made at or after this time (2026-03-01T12:00:00Z)"
    )
    parser.add_argument("--limit", type=_limit, default=50, metavar="N", help="at most N (default 50)")
    parser.add_argument("--all", action="store_true", help="no limit")
    _add_connection(parser, is_parent=True)
    actions = parser.add_subparsers(title="for one delivery", metavar="")
    for name, run, summary in (
        ("show", show, "show one delivery with its attempts"),
        ("retry", retry, "try one delivery again now"),
    ):
        action = actions.add_parser(name, help=summary, description=summary)
        action.add_argument("id", metavar="ID", help="the delivery's id (dlv_…)")
        _add_connection(action, is_parent=False)
        action.set_defaults(command=run)


def _add_connection(parser: argparse.ArgumentParser, *, is_parent: bool) -> None:
    """Add what both levels take. Below, nothing has a default, or it would overwrite what was given above."""
    missing = None if is_parent else argparse.SUPPRESS
    parser.add_argument(
        "--url",
        metavar="URL",
        default=os.environ.get("ROUTER_URL") or DEFAULT_URL if is_parent else argparse.SUPPRESS,
        help=f"the router [ROUTER_URL, default {DEFAULT_URL}]",
    )
    parser.add_argument(
        "--admin-token-file",
        metavar="FILE",
        default=missing,
        help="file with the router's admin token [ROUTER_ADMIN_TOKEN holds the token itself]",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        default=False if is_parent else argparse.SUPPRESS,
        help="print JSON, one delivery a line",
    )
    add_colour(parser, default="auto" if is_parent else argparse.SUPPRESS)


def list_deliveries(arguments: argparse.Namespace) -> int:
    """Print the deliveries that match."""
    from router.cli.client import Client, token_from
    from router.cli.rendering.deliveries import delivery_table
    from router.clock import SystemClock

    names = ("state", "endpoint", "route", "event", "since")
    wanted = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    limit = None if arguments.all else arguments.limit
    with Client(arguments.url, token=token_from(arguments.admin_token_file)) as client:
        items, is_more = _pages(client, wanted, limit)
    if arguments.json:
        for item in items:
            print(json.dumps(item, ensure_ascii=False))
        return EXIT_OK
    if not items:
        say("no deliveries" + (" that match" if wanted else ""))
        return EXIT_OK
    print("\n".join(delivery_table(items, now_ms=SystemClock().now_ms(), style=style_for(sys.stdout, arguments.color))))
    if is_more:
        say(f"the newest {len(items)}; there are more (--all, --limit N)")
    return EXIT_OK


def _pages(client: Any, wanted: dict[str, str], limit: int | None) -> tuple[list[dict[str, Any]], bool]:
    """Return the items of as many pages as the limit needs, and whether there are more."""
    items: list[dict[str, Any]] = []
    parameters: dict[str, str | int] = dict(wanted)
    while True:
        left = _PAGE if limit is None else min(limit - len(items), _PAGE)
        page = client.get("/api/v1/deliveries", **parameters, limit=left)
        items += page["items"]
        if page["next"] is None or (limit is not None and len(items) >= limit):
            return items, page["next"] is not None
        parameters["cursor"] = page["next"]


def show(arguments: argparse.Namespace) -> int:
    """Print one delivery with its attempts."""
    from router.cli.client import Client, problem_text, token_from, value_of
    from router.cli.rendering.deliveries import delivery_text

    with Client(arguments.url, token=token_from(arguments.admin_token_file)) as client:
        answer = client.answer(f"/api/v1/deliveries/{quote(arguments.id, safe='')}")
    if answer.status_code == _NOT_FOUND:
        complain(f"{arguments.id}: {problem_text(answer)}")
        return EXIT_FINDINGS
    delivery = value_of(answer)
    if arguments.json:
        print(json.dumps(delivery, ensure_ascii=False))
    else:
        print(delivery_text(delivery, style=style_for(sys.stdout, arguments.color)))
    return EXIT_OK


def retry(arguments: argparse.Namespace) -> int:
    """Make one delivery due now."""
    from router.cli.client import Client, problem_text, token_from, value_of

    with Client(arguments.url, token=token_from(arguments.admin_token_file)) as client:
        answer = client.post(f"/api/v1/deliveries/{quote(arguments.id, safe='')}/retry")
    if answer.status_code in (_NOT_FOUND, 409):
        complain(f"{arguments.id}: {problem_text(answer)}")
        return EXIT_FINDINGS
    delivery = value_of(answer)
    if arguments.json:
        print(json.dumps(delivery, ensure_ascii=False))
    else:
        print(f"{delivery['id']} is {delivery['state']}")
    return EXIT_OK


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"`{text}` is no limit; write a whole number from 1 to 1000000")
    return int(text)
