"""`router schema`: print the language's JSON Schema, for editors and other tools."""

from __future__ import annotations

import argparse
import sys

from router.cli.exits import EXIT_OK
from router.cli.options import Commands, add_command

__all__ = ["add"]

_ABOUT = """\
Print the JSON Schema (2020-12) of the routing language. Editors that know the YAML language server check and complete with it
when the first line of a file names it.
"""

_EXAMPLES = """\
  router schema > router.schema.json
  then, in each file:   # yaml-language-server: $schema=router.schema.json
"""


def add(commands: Commands) -> None:
    """Declare the command."""
    add_command(
        commands,
        "schema",
        schema,
        summary="print the language's JSON Schema",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits="exit codes: 0",
    )


def schema(_: argparse.Namespace) -> int:
    """Print the schema as it is in the package."""
    from importlib.resources import files

    sys.stdout.write(files("router.language").joinpath("config.schema.json").read_text(encoding="utf-8"))
    return EXIT_OK
