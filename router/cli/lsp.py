"""`router lsp`: the language server, for editors, over standard input and output."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from router.cli.exits import CannotRunError
from router.cli.options import Commands, add_command

__all__ = ["add", "serve"]

_ABOUT = """\
Run the language server: findings as you type, completion, explanations, definitions and references, for any editor that speaks
the Language Server Protocol. The editor starts it; it talks over standard input and output. See docs/editors.md for each
editor's settings. It needs the extra `lsp`: pip install 'event-router[lsp]'.
"""

_EXAMPLES = """\
  router lsp                 the configuration is the workspace's routes/, or where the opened document is
  router lsp config/routing  the configuration is there
"""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "lsp",
        serve,
        summary="run the language server for editors",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits="exit codes: 0 ended by the editor, 1 the editor went away without saying so, 2 could not run",
    )
    parser.add_argument(
        "path", nargs="?", metavar="PATH", help="directory of the configuration (default: found from what is opened)"
    )
    parser.add_argument(
        "--stdio", action="store_true", help="talk over standard input and output, as always; editors may say so"
    )


def serve(arguments: argparse.Namespace) -> int:
    """Serve until the editor ends it."""
    try:
        from router.editor.server import create_server
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise CannotRunError("the language server needs pygls: pip install 'event-router[lsp]'") from None
    from router import __version__

    root = None if arguments.path is None else Path(arguments.path).absolute()
    if root is not None and not root.exists():
        raise CannotRunError(f"no such file or directory: {arguments.path}")
    server = create_server(root, version=__version__)
    # Copies, because pygls closes what it is given, and the rest of the program still wants to flush the standard output.
    with open(os.dup(sys.stdin.fileno()), "rb") as incoming, open(os.dup(sys.stdout.fileno()), "wb") as outgoing:  # noqa: PTH123
        server.start_io(incoming, outgoing)
    return 0
