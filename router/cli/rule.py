"""`router rule`: the manual page of a finding's code, or the list of all codes."""

from __future__ import annotations

import argparse
import sys

from router.cli.exits import EXIT_OK, CannotRunError
from router.cli.options import Commands, add_colour, add_command
from router.cli.printing import style_for

__all__ = ["add"]

_ABOUT = """\
Print the manual page of a code: what is reported and why, an example that is, and one that is not. Without CODE, list all codes.
A code may be given as number or name, in any case.
"""

_EXAMPLES = """\
  router rule                     list every code
  router rule RT203               what an undefined reference is
  router rule undefined-reference the same
"""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "rule",
        rule,
        summary="explain a finding's code",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits="exit codes: 0, 2 no such code",
    )
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="such as RT203 or undefined-reference (default: list all)"
    )
    add_colour(parser)


def rule(arguments: argparse.Namespace) -> int:
    """Print a page, or the list."""
    from router.cli.rendering.manual import list_of, page_of
    from router.compiler.checks import catalogue
    from router.syntax.nearest import nearest

    style = style_for(sys.stdout, arguments.color)
    known = catalogue()
    if arguments.code is None:
        print(list_of(known, style=style))
        return EXIT_OK
    code = known.find(arguments.code)
    if code is None:
        close = nearest(arguments.code.upper(), known) or nearest(arguments.code.lower(), map(known.name, known))
        raise CannotRunError(
            f"there is no code `{arguments.code}`"
            + (f"; did you mean `{close}`?" if close else "; `router rule` lists all")
        )
    print(page_of(known[code], style=style))
    return EXIT_OK
