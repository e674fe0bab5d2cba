"""`${NAME}` and `${NAME:-default}` in text values, after parsing and before validation.

Only values that are text are touched; keys never are, and `${NAME}` in one is an error. What is put in is not looked at again. `$${`
stands for `${`. Parts of a document that are data rather than settings stay as they are: inline JSON Schemas, examples, and the events and
expectations of tests, which are often recorded from systems that use `${…}` themselves.

A `${` that no name follows, as in a price `${{ data.total }}`, is plain text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from router.syntax.diagnostic import Diagnostic, Severity
from router.syntax.nodes import Places
from router.syntax.tree import Path, Tree

__all__ = ["Substituted", "substitute"]

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<rest>:-(?P<default>[^}]*)\}|\}|)")

_DATA: tuple[tuple[str, ...], ...] = (
    ("event_types", "*", "schema", "*"),
    ("event_types", "*", "examples", "*", "*"),
    ("event_types", "*", "versions", "*", "schema", "*"),
    ("tests", "*", "event"),
    ("tests", "*", "expect", "*", "payload"),
    ("tests", "*", "expect", "*", "headers"),
)
"""Paths below which nothing is substituted. A `*` is any one step, so a schema or example written as a path is still substituted."""


class Substituted(msgspec.Struct, frozen=True, kw_only=True):
    """A tree after substitution.

    `written` has the text, as written, of every value that changed: it is shown in place of the value, which may be confidential. `whole`
    are the plain scalars that consisted of one reference only.
    """

    tree: Tree
    written: dict[Path, str]
    whole: frozenset[Path]
    diagnostics: list[Diagnostic]
    failed: list[Path]


def substitute(tree: Tree, environment: Callable[[str], str | None]) -> Substituted:
    """Return the tree with every reference replaced; an undefined variable (RT607) or a reference in a key (RT604) is an error."""
    if "${" not in tree.text:
        return Substituted(tree=tree, written={}, whole=frozenset(), diagnostics=[], failed=[])
    run = _Run(tree, environment)
    value = run.walk(tree.value, ())
    places = tree.places
    if isinstance(places, Places):
        places = places.rewritten(run.origins)
    changed = Tree(file=tree.file, text=tree.text, value=value, places=places)
    return Substituted(
        tree=changed, written=run.written, whole=frozenset(run.whole), diagnostics=run.diagnostics, failed=run.failed
    )


class _Run:
    def __init__(self, tree: Tree, environment: Callable[[str], str | None]) -> None:
        self.tree = tree
        self.environment = environment
        self.written: dict[Path, str] = {}
        self.whole: set[Path] = set()
        self.origins: dict[Path, list[int]] = {}
        self.diagnostics: list[Diagnostic] = []
        self.failed: list[Path] = []

    def walk(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            return self.text(value, path) if "${" in value and not _is_data(path) else value
        if isinstance(value, dict):
            if _is_data(path):
                return value
            for key in value:
                self.key(key, (*path, key))
            return {key: self.walk(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.walk(inner, (*path, index)) for index, inner in enumerate(value)]
        return value

    def key(self, key: str, path: Path) -> None:
        found = _REFERENCE.search(key)
        if found is not None and found["name"] is not None and not _is_data(path):
            self.failed.append(path)
            self.diagnostics.append(
                Diagnostic(
                    code="RT604",
                    severity=Severity.ERROR,
                    message=f"`${{{found['name']}}}` in a key: variables are substituted in values only",
                    span=self.tree.key_span(path),
                    help="write the key out; names and structure are the same wherever the configuration runs",
                )
            )

    def text(self, text: str, path: Path) -> str:
        pieces: list[str] = []
        origins: list[int] = []
        position = 0
        for found in _REFERENCE.finditer(text):
            pieces.append(text[position : found.start()])
            origins.extend(range(position, found.start()))
            new = self.replacement(found, path)
            pieces.append(new)
            origins.extend([found.start()] * len(new))
            position = found.end()
        if position == 0:
            return text
        pieces.append(text[position:])
        origins.extend(range(position, len(text) + 1))
        self.written[path] = text
        self.origins[path] = origins
        whole = _REFERENCE.fullmatch(text)
        if whole is not None and whole["name"] is not None:
            self.whole.add(path)
        return "".join(pieces)

    def replacement(self, found: re.Match[str], path: Path) -> str:
        name = found["name"]
        if name is None:
            return "${"
        if not found["rest"]:
            help = f"write `${{{name}}}` or `${{{name}:-default}}`; `$${{` stands for a literal `${{`"
            self.fail(found, path, f"`${{{name}` is not a complete reference to a variable", help)
            return found[0]
        value = self.environment(name)
        if found["default"] is not None:
            return value or found["default"]
        if value is None:
            help = f"set it, or give a default: `${{{name}:-…}}`; `$${{` stands for a literal `${{`"
            self.fail(found, path, f"the environment variable `{name}` is not set", help)
            return found[0]
        return value

    def fail(self, found: re.Match[str], path: Path, message: str, help: str) -> None:
        self.failed.append(path)
        self.diagnostics.append(
            Diagnostic(
                code="RT607",
                severity=Severity.ERROR,
                message=message,
                span=self.tree.inside(path, found.start(), found.end()),
                help=help,
            )
        )


def _is_data(path: Path) -> bool:
    return any(
        len(path) >= len(pattern) and all(p in ("*", step) for p, step in zip(pattern, path, strict=False))
        for pattern in _DATA
    )
