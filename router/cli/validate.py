"""`router validate`: any YAML or JSON against any JSON Schema, with the findings of `router lint`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router import __version__
from router.cli.exits import CannotRunError
from router.cli.options import Commands, add_command
from router.cli.reporting import add_format, emit, now

if TYPE_CHECKING:
    from router.syntax.diagnostic import Diagnostic
    from router.syntax.tree import Tree

__all__ = ["add"]

_ABOUT = """\
Check YAML or JSON files of any kind against a JSON Schema (draft 3 to 2020-12, as its `$schema` says). Findings stand at the line
and column of what is wrong and say what was expected. The schema may be JSON or YAML; relative `$ref`s in it are read from beside it, nothing is fetched.
"""

_EXAMPLES = """\
  router validate --schema schemas/events/order.paid.json order.json
  router validate --schema openapi-3.1.json docs/openapi.yaml --format github
"""

_EXITS = "exit codes: 0 every file is valid, 1 findings, 2 could not run (no such file, a schema that is none)"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "validate",
        validate,
        summary="check any YAML or JSON against a JSON Schema",
        about=_ABOUT,
        examples=_EXAMPLES,
        exits=_EXITS,
    )
    parser.add_argument("--schema", required=True, metavar="FILE", help="the JSON Schema")
    parser.add_argument("files", nargs="+", metavar="FILE", help="files to check")
    add_format(parser)


def validate(arguments: argparse.Namespace) -> int:
    """Check the files, print the findings, return the exit code."""
    from router.analysis.fingerprints import fingerprints
    from router.analysis.linting import rules_of
    from router.analysis.report import Finding, LintReport
    from router.analysis.validating import SchemaFileError, read_schema, validate_file
    from router.syntax.diagnostic import Severity

    started_at = now()
    try:
        schema = read_schema(arguments.schema, _read)
    except SchemaFileError as error:
        raise CannotRunError(f"{arguments.schema}: {error}") from None
    found: list[Diagnostic] = []
    trees: dict[str, Tree] = {}
    texts: dict[str, str] = {}
    for name in dict.fromkeys(arguments.files):
        data = _read(name)
        texts[name] = data.decode("utf-8", "replace").removeprefix("\ufeff")
        tree, diagnostics = validate_file(name, data, schema)
        found += diagnostics
        if tree is not None:
            trees[name] = tree
    names = fingerprints(found, trees, texts.get)
    report = LintReport(
        findings=tuple(Finding(diagnostic=one, fingerprint=name) for one, name in zip(found, names, strict=True)),
        documents=tuple(dict.fromkeys(arguments.files)),
        revision=None,
        fail_level=Severity(arguments.fail_level),
        started_at=started_at,
        duration_s=max((now() - started_at).total_seconds(), 0.0),
        version=__version__,
        sources=texts.get,
        rules=rules_of({one.code for one in found}),
    )
    return emit(report, arguments)


def _read(name: str) -> Any:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CannotRunError(f"cannot read {name}: {error.strerror or error}") from None
