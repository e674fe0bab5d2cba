"""`router listen`: a local endpoint that shows what routers send to it."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
from typing import TYPE_CHECKING

from router.cli.exits import EXIT_FINDINGS, EXIT_OK, CannotRunError
from router.cli.options import Commands, add_colour, add_command, address, duration_s
from router.cli.printing import say, style_for

if TYPE_CHECKING:
    import asyncio

    from router.cli.receiver import Arrival, Receiver

__all__ = ["add"]

_ABOUT = """\
Receive deliveries on this machine and print them: method, path, headers, body, and whether the Standard Webhooks signature
holds. Answers what you tell it, so that retries can be watched. With a secret given, unverified requests are answered 401.
"""

_EXAMPLES = """\
  router listen                                      everything, port 9000, answers 200
  router listen --secret-env CRM_SIGNING_KEY         verify signatures
  router listen --fail-first 2                       each delivery succeeds at its third attempt
  router listen --fail-rate 0.3 --fail-status 503    three in ten fail
  router listen --json --count 1                     one request as JSON, then end
"""

_EXITS = "exit codes: 0 ended by a signal or --count, 1 the same, but a signature did not hold, 2 could not listen"

_UNAUTHORISED = 401


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "listen",
        listen,
        summary="receive deliveries here and print them",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits=_EXITS,
    )
    parser.add_argument(
        "--listen",
        type=address,
        default="127.0.0.1:9000",
        metavar="HOST:PORT",
        help="where to listen; port 0 takes any free one [default 127.0.0.1:9000]",
    )
    parser.add_argument(
        "--secret", action="append", default=[], metavar="WHSEC", help="a signing secret; repeat for several"
    )
    parser.add_argument(
        "--secret-env",
        action="append",
        default=[],
        metavar="NAME",
        help="variable that holds a signing secret; repeat for several",
    )
    parser.add_argument("--status", type=_status, default=200, metavar="CODE", help="what to answer (default 200)")
    parser.add_argument(
        "--fail-first", type=int, default=0, metavar="N", help="fail the first N attempts of every delivery"
    )
    parser.add_argument(
        "--fail-rate", type=_share, default=0.0, metavar="SHARE", help="fail this share of all requests, 0 to 1"
    )
    parser.add_argument(
        "--fail-status", type=_status, default=503, metavar="CODE", help="what to answer when failing (default 503)"
    )
    parser.add_argument(
        "--delay", type=duration_s, default=0.0, metavar="TIME", help="answer after this time, for example 500ms"
    )
    parser.add_argument(
        "--body", type=int, default=2000, metavar="N", help="show at most N characters of a body (default 2000)"
    )
    parser.add_argument("--count", type=int, metavar="N", help="end after N requests")
    parser.add_argument("--json", action="store_true", help="print each request as one line of JSON")
    add_colour(parser)


def listen(arguments: argparse.Namespace) -> int:
    """Receive until told to stop."""
    import asyncio

    secrets = _secrets(arguments)
    try:
        return asyncio.run(_receive(arguments, secrets))
    except KeyboardInterrupt:
        return EXIT_OK


async def _receive(arguments: argparse.Namespace, secrets: list[str]) -> int:
    import asyncio

    from router.cli.loopback import serving

    finished = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, finished.set)
    printer = _Printer(arguments, finished)
    receiver = _receiver(arguments, secrets, printer)
    async with serving(receiver, arguments.listen) as bound:
        judged = (
            f"verifying with {len(secrets)} secret{'s' if len(secrets) != 1 else ''}"
            if secrets
            else "not verifying signatures"
        )
        say(f"listening on http://{bound}, {judged}")
        await finished.wait()
    return EXIT_FINDINGS if printer.forged else EXIT_OK


class _Printer:
    """Prints arrivals and says when there were enough."""

    def __init__(self, arguments: argparse.Namespace, finished: asyncio.Event) -> None:
        self._arguments = arguments
        self._finished = finished
        self._style = style_for(sys.stdout, arguments.color)
        self._left = arguments.count
        self.forged = 0

    def __call__(self, arrival: Arrival) -> None:
        """Print one arrival."""
        from router.cli.rendering.arrival import arrival_record, arrival_text

        self.forged += arrival.verified is False
        if self._arguments.json:
            print(json.dumps(arrival_record(arrival), ensure_ascii=False), flush=True)
        else:
            print(
                arrival_text(arrival, style=self._style, body_characters_max=self._arguments.body),
                end="\n\n",
                flush=True,
            )
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self._finished.set()


def _receiver(arguments: argparse.Namespace, secrets: list[str], printer: _Printer) -> Receiver:
    from router.cli.receiver import Receiver
    from router.clock import SystemClock

    def answer(arrival: Arrival) -> int:
        if arrival.verified is False:
            return _UNAUTHORISED
        failing = arrival.attempt <= arguments.fail_first or random.random() < arguments.fail_rate  # noqa: S311 - a die, no secret
        return int(arguments.fail_status if failing else arguments.status)

    return Receiver(
        clock=SystemClock(), secrets=lambda _: secrets, answer=answer, arrived=printer, delay_s=arguments.delay
    )


def _secrets(arguments: argparse.Namespace) -> list[str]:
    from router.delivery.signature import SigningKey, SigningKeyError

    secrets = [("--secret", secret) for secret in arguments.secret]
    for name in arguments.secret_env:
        value = os.environ.get(name)
        if not value:
            raise CannotRunError(f"--secret-env {name}: the variable is not set")
        secrets.append((name, value))
    for origin, secret in secrets:
        try:
            SigningKey(secret)
        except SigningKeyError as error:
            raise CannotRunError(f"{origin}: {error}") from None
    return [secret for _, secret in secrets]


def _status(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 200 <= int(text) <= 599:
        raise argparse.ArgumentTypeError(f"`{text}` is no status; write 200 to 599")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"`{text}` is no share; write a number from 0 to 1")
    return share
