"""`router import`: rules of other systems as YAML of ours."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from router.cli.exits import EXIT_FINDINGS, EXIT_OK, CannotRunError
from router.cli.options import Commands, add_command
from router.cli.printing import complain, say

__all__ = ["add"]

_ABOUT = """\
Turn rules of another system into YAML with the same meaning, on stdout. What cannot be turned is refused with its place and the reason; the
rest is written all the same.

eventbridge: files with event patterns as JSON (one, an array of them, or JSON Lines; {"pattern": …} or {"EventPattern": …} around them is fine).
alertmanager: one file with an Alertmanager configuration, or only its routing tree.
"""

_EXAMPLES = """\
  router import eventbridge rule.json > routes/imported.yaml
  router import eventbridge --endpoint crm rules/*.json
  router import alertmanager alertmanager.yml > routes/alerts.yaml
"""

_EXITS = "exit codes: 0 everything was imported, 1 something was refused, 2 could not run (no such file, not JSON)"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "import",
        import_rules,
        summary="turn rules of other systems into routes",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits=_EXITS,
    )
    parser.add_argument("system", choices=("eventbridge", "alertmanager"), help="where the rules come from")
    parser.add_argument("files", nargs="+", metavar="FILE", help="files to read, `-` for stdin")
    parser.add_argument("--type", type=_name, metavar="TYPE", help="the event type of the routes (aws.event, alert)")
    parser.add_argument(
        "--endpoint", type=_name, default="imported", metavar="NAME", help="eventbridge: the target (default imported)"
    )


def import_rules(arguments: argparse.Namespace) -> int:
    """Import, print, return the exit code."""
    if arguments.system == "alertmanager":
        return _import_tree(arguments)
    return _import_patterns(arguments)


def _import_patterns(arguments: argparse.Namespace) -> int:
    from router.analysis.importing.eventbridge import conditions_of_pattern, eventbridge_document, route_text
    from router.analysis.importing.refusal import ImportRefusedError, place_of

    imported: list[tuple[str, str, tuple[str, ...]]] = []
    refused = 0
    for file in arguments.files:
        for name, place, value, text, line_offset in _values(file):
            path, pattern = _unwrapped(value)
            try:
                label = name or route_text(pattern)
                imported.append((label, place, conditions_of_pattern(pattern)))
            except ImportRefusedError as error:
                refused += 1
                base = () if name is None or not name.startswith("#") else (int(name[1:]),)
                where = place_of(file, text, (*base, *path, *error.path), line_offset=line_offset)
                complain(f"{where}: {error}")
    if imported:
        origin = ", ".join(arguments.files[:3]) + (" and others" if len(arguments.files) > 3 else "")
        sys.stdout.write(
            eventbridge_document(
                imported, event=arguments.type or "aws.event", endpoint=arguments.endpoint, origin=origin
            )
        )
    say(f"{len(imported)} of {len(imported) + refused} patterns imported")
    return EXIT_FINDINGS if refused else EXIT_OK


def _unwrapped(value: Any) -> tuple[tuple[str, ...], Any]:
    """Return the pattern and its path inside what may be wrapped around it; a pattern may also be JSON in a string, as the service stores it."""
    for key in ("pattern", "EventPattern"):
        if (
            isinstance(value, dict)
            and isinstance(value.get(key), dict | str)
            and (key == "EventPattern" or len(value) == 1 or not isinstance(value.get("source"), list))
        ):
            inner = value[key]
            if isinstance(inner, str):
                try:
                    return (key,), json.loads(inner)
                except ValueError:
                    break
            return (key,), inner
    return (), value


def _values(file: str) -> Iterator[tuple[str | None, str, Any, str, int]]:
    """Yield (name, place, value, the text it is in, lines before that text) for each value of a file."""
    text = _read(file)
    stem = None if file == "-" else Path(file).stem
    try:
        value = json.loads(text)
    except ValueError as error:
        lines = [(number, line) for number, line in enumerate(text.split("\n")) if line.strip()]
        try:
            parsed = [(number, line, json.loads(line)) for number, line in lines] if len(lines) > 1 else None
        except ValueError:
            parsed = None
        if parsed is None:
            raise CannotRunError(f"{file}: not JSON: {error}") from None
        for number, line, item in parsed:
            yield None, f"{file}:{number + 1}", item, line, number
        return
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield f"#{number}", f"{file} #{number}", item, text, 0
    else:
        yield stem, file, value, text, 0


def _import_tree(arguments: argparse.Namespace) -> int:
    from router.analysis.importing.alertmanager import alertmanager_document
    from router.analysis.importing.refusal import ImportRefusedError, place_of
    from router.syntax.loader import load

    if len(arguments.files) != 1:
        raise CannotRunError("name one Alertmanager configuration: its routes are one tree")
    (file,) = arguments.files
    text = _read(file)
    tree, found = load(file, text.encode())
    if tree is None:
        raise CannotRunError(
            f"{file}:{found[0].span.line}:{found[0].span.column}: {found[0].message}" if found else f"{file} is empty"
        )
    try:
        document, count = alertmanager_document(tree.value, event=arguments.type or "alert", origin=file)
    except ImportRefusedError as error:
        complain(f"{place_of(file, text, error.path)}: {error}")
        return EXIT_FINDINGS
    sys.stdout.write(document)
    say(f"{count} routes imported")
    return EXIT_OK


def _read(file: str) -> str:
    try:
        return (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise CannotRunError(f"cannot read {file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise CannotRunError(f"{file}: not UTF-8 text (byte {error.start})") from None


def _name(text: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"`{text}` is no name: write lower-case letters, digits, `.`, `_` and `-`")
    return text
