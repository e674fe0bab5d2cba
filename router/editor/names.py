"""Names: where a document defines the names of its definitions, and where it refers to those of others.

    Tree ─ patterns of paths ─► Occurrences

One table says at which paths a name of which section stands; completion, hover, definitions and references all read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from router.language.globs import is_glob, matches_glob
from router.syntax.diagnostic import Span
from router.syntax.tree import Path, Tree

__all__ = [
    "SECTIONS",
    "SINGULAR",
    "Occurrence",
    "definitions",
    "is_like",
    "occurrences",
    "referred_section",
    "stands_for",
]

SINGULAR = {
    "sources": "source",
    "event_types": "event type",
    "transforms": "transform",
    "endpoints": "endpoint",
    "routes": "route",
}
SECTIONS = tuple(SINGULAR)

_REFERENCES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("routes", "*", "events", "*"), "event_types"),
    (("routes", "*", "transform"), "transforms"),
    (("routes", "*", "targets", "*"), "endpoints"),
    (("routes", "*", "targets", "*", "endpoint"), "endpoints"),
    (("routes", "*", "targets", "*", "transform"), "transforms"),
    (("endpoints", "*", "on_failure"), "endpoints"),
    (("defaults", "endpoint", "on_failure"), "endpoints"),
    (("tests", "*", "example"), "event_types"),
    (("tests", "*", "event", "type"), "event_types"),
    (("tests", "*", "expect", "*", "route"), "routes"),
    (("tests", "*", "expect", "*", "endpoint"), "endpoints"),
)


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a name stands; in `events` it may be a glob, which stands for every name it matches."""

    section: str
    name: str
    span: Span
    path: Path
    is_definition: bool = False


def is_like(path: Path, pattern: Iterable[str]) -> bool:
    """Say whether a path has the steps of a pattern, in which `*` is any one step."""
    steps = tuple(pattern)
    return len(path) == len(steps) and all(wanted in ("*", step) for wanted, step in zip(steps, path, strict=True))


def referred_section(path: Path) -> str | None:
    """Return the section whose names stand at a path, None where it is none."""
    return next((section for pattern, section in _REFERENCES if is_like(path, pattern)), None)


def stands_for(written: str, name: str) -> bool:
    """Say whether what is written, a name or a glob, means a name."""
    return matches_glob(written, name) if is_glob(written) else written == name


def occurrences(tree: Tree) -> list[Occurrence]:
    """Return every name in a document, definitions and references."""
    return [*definitions(tree), *_references(tree)]


def definitions(tree: Tree) -> Iterator[Occurrence]:
    """Yield the definitions of a document; the span is the key's."""
    value = tree.value if isinstance(tree.value, dict) else {}
    for section in SECTIONS:
        members = value.get(section)
        for name in members if isinstance(members, dict) else ():
            path: Path = (section, name)
            yield Occurrence(section=section, name=name, span=tree.key_span(path), path=path, is_definition=True)


def _references(tree: Tree) -> Iterator[Occurrence]:
    for pattern, section in _REFERENCES:
        for path, written in _at(tree.value, pattern, ()):
            name = written.partition("#")[0] if pattern[-1] == "example" else written
            yield Occurrence(section=section, name=name, span=tree.inside(path, 0, len(name)), path=path)


def _at(value: Any, pattern: tuple[str, ...], path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the texts at the paths that are like a pattern."""
    if not pattern:
        if isinstance(value, str):
            yield path, value
        return
    step, rest = pattern[0], pattern[1:]
    if isinstance(value, dict):
        for key in value if step == "*" else [step] if step in value else []:
            yield from _at(value[key], rest, (*path, key))
    elif isinstance(value, list) and step == "*":
        for index, item in enumerate(value):
            yield from _at(item, rest, (*path, index))
