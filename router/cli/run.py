"""`router run`: the whole program in one process: HTTP in, the store, deliveries out, reload."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from router.cli.configuration import add_path, sources_of
from router.cli.exits import EXIT_CANNOT
from router.cli.options import Commands, Setting, add_command, add_settings, address, duration_s, settled, size_bytes
from router.cli.printing import complain, style_for

__all__ = ["SETTINGS", "add"]

_ABOUT = """\
Run the router: takes events on POST /events and on the paths of the configured sources, keeps them in the store and delivers
them. Reloads when the files change, on SIGHUP and on POST /-/reload; a broken configuration never replaces a good one.

Every setting has a variable of the same name; the flag wins. The admin token itself is read from ROUTER_ADMIN_TOKEN or from
a file, never from an argument. Without one, everything but events in answers this machine only.
"""

_EXAMPLES = """\
  router run                                              routes/, port 8080, router.db
  router run /etc/router --listen 0.0.0.0:80 --store /var/lib/router/router.db
  ROUTER_LISTEN=:9999 router run --store :memory:         nothing is kept when it ends
  kill -HUP PID                                           read the configuration again
"""

_EXITS = "exit codes: 0 ended by SIGTERM or SIGINT in order, 1 ended by a fault, 2 could not start, 130 a second signal ended it at once"


def _log_level(text: str) -> str:
    if text.lower() not in ("debug", "info", "warning", "error"):
        raise argparse.ArgumentTypeError(f"`{text}` is no level; write debug, info, warning or error")
    return text.upper()


SETTINGS = (
    Setting("listen", address, "127.0.0.1:8080", "HOST:PORT", "where to listen; port 0 takes any free one"),
    Setting("store", str, "router.db", "FILE", "SQLite file that keeps events and deliveries, or :memory:"),
    Setting("admin_token_file", str, None, "FILE", "file with the token that operators must show"),
    Setting("drain", duration_s, "30s", "TIME", "how long work under way may take when stopping"),
    Setting("retention", duration_s, "7d", "TIME", "how long events are kept after their last delivery ended"),
    Setting("poll", duration_s, "30s", "TIME", "how often files are compared when no change was reported"),
    Setting("body_max", size_bytes, "1MiB", "SIZE", "largest request body"),
    Setting("log_level", _log_level, "info", "LEVEL", "debug, info, warning or error"),
)
"""The settings of a deployment, each a flag and a variable."""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(commands, "run", run, summary="run the router", about=_ABOUT, examples=_EXAMPLES, exits=_EXITS)
    add_path(parser)
    add_settings(parser, SETTINGS)


def run(arguments: argparse.Namespace) -> int:
    """Run until told to stop."""
    settings = settled(SETTINGS, arguments, os.environ)
    _log_to_stderr(settings["log_level"])

    import uvloop

    from router.cli.service import serve
    from router.errors import InternalError
    from router.syntax.diagnostic import ConfigurationError

    try:
        return uvloop.run(serve(Path(arguments.path), settings))
    except ConfigurationError as error:
        _show(error, arguments.path)
        complain("the configuration is broken and no earlier good revision is kept, so there is nothing to run")
    except InternalError as error:
        complain(str(error))
    return EXIT_CANNOT


def _show(error: Any, path: str) -> None:
    from router.cli.rendering.report import text_report
    from router.syntax.snapshot import Snapshot

    try:
        sources = sources_of(Snapshot.take(Path(path)))
    except OSError:
        sources = _no_source
    print(text_report(error.diagnostics, sources, style=style_for(sys.stderr)), end="\n\n", file=sys.stderr)


def _no_source(_: str) -> None:
    return None


def _log_to_stderr(level: str) -> None:
    import logging

    logging.basicConfig(
        stream=sys.stderr, level=level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", force=True
    )
    for name in ("watchfiles", "httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
