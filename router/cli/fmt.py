"""`router fmt`: write configuration files in their one canonical form."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from router.cli.configuration import DEFAULT_PATH, take_snapshot
from router.cli.exits import EXIT_CANNOT, EXIT_FINDINGS, EXIT_OK, CannotRunError
from router.cli.options import Commands, add_colour, add_command
from router.cli.printing import complain, say, style_for
from router.cli.rewriting import difference, write_file

__all__ = ["add"]

_ABOUT = """\
Write YAML files in their canonical form: sections and keys in the order of the reference, two columns of indentation, one way
to quote, one space where there is one. Comments stay with what they are about, block texts stay as they are, and a file is
written only when it still means exactly the same.
"""

_EXAMPLES = """\
  router fmt                       write the files below routes/ that are not canonical yet
  router fmt --check               only name them; for CI
  router fmt --diff routes/sales.yaml
  router fmt - < in.yaml           standard input to standard output
"""

_EXITS = "exit codes: 0 all is canonical (now), 1 with --check or --diff: a file is not, 2 a file cannot be formatted"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "fmt", fmt, summary="write files in canonical form", about=_ABOUT, examples=_EXAMPLES, exits=_EXITS
    )
    parser.add_argument(
        "paths", nargs="*", default=[DEFAULT_PATH], metavar="PATH", help="files and directories (default: routes)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; name the files that would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    add_colour(parser)


def fmt(arguments: argparse.Namespace) -> int:
    """Format, or say what would be formatted; return the exit code."""
    if arguments.paths == ["-"]:
        return _stream()
    style = style_for(sys.stdout, arguments.color)
    changed = failed = total = 0
    for name, data in _files(arguments.paths):
        total += 1
        formatted = _formatted(name, data)
        if formatted is None:
            failed += 1
            continue
        if formatted == data:
            continue
        changed += 1
        if arguments.diff:
            print(difference(name, data, formatted, style=style), end="")
        elif arguments.check:
            print(name)
        else:
            write_file(name, formatted)
            print(name)
    is_dry = arguments.check or arguments.diff
    verb = "would change" if is_dry else "changed"
    say(
        f"{changed} of {total} files {verb}"
        if changed
        else f"nothing to change in {total} file{'s' if total != 1 else ''}"
    )
    if failed:
        return EXIT_CANNOT
    return EXIT_FINDINGS if changed and is_dry else EXIT_OK


def _files(paths: list[str]) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for path in paths:
        snapshot = take_snapshot(path)
        for name in snapshot.documents:
            real = str(Path(name).resolve())
            if real not in seen:
                seen.add(real)
                yield name, snapshot.read(name)


def _formatted(name: str, data: bytes) -> bytes | None:
    from router.analysis.formatting import FormatError, format_document

    try:
        return format_document(name, data)
    except FormatError as error:
        for diagnostic in error.diagnostics:
            say(str(diagnostic))
        complain(f"{name}: {error}")
        return None


def _stream() -> int:
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        raise CannotRunError(f"cannot read standard input: {error.strerror or error}") from None
    formatted = _formatted("<stdin>", data)
    if formatted is None:
        return EXIT_CANNOT
    sys.stdout.write(formatted.decode("utf-8"))
    return EXIT_OK
