"""`router version`: which router this is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from router import __version__
from router.cli.exits import EXIT_OK
from router.cli.options import Commands, add_command

__all__ = ["VersionAction", "add"]


def add(commands: Commands) -> None:
    """Declare the command."""
    add_command(
        commands,
        "version",
        version,
        summary="print the version",
        about="Print the version of router, of Python and of the SQLite library in use; paste it into bug reports.",
        examples="  router version",
        exits="exit codes: 0",
    )


def version(_: argparse.Namespace) -> int:
    """Print the versions."""
    import platform

    import apsw

    print(f"router {__version__}")
    print(
        f"python {platform.python_version()} ({platform.python_implementation()}, {platform.system()} {platform.machine()})"
    )
    print(f"sqlite {apsw.sqlite_lib_version()}")
    return EXIT_OK


class VersionAction(argparse.Action):
    """`--version` as the first argument: one line."""

    def __init__(self, option_strings: Sequence[str], dest: str, **rest: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **rest)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print and end."""
        print(f"router {__version__}")
        parser.exit()
