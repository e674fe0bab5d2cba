"""Scene: one question of an editor, with all it takes to answer it: the document's text now, the place in it, and the last check's result."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lsprotocol import types as lsp

from router.editor.cursor import Cursor, locate
from router.editor.names import Occurrence, definitions, is_like, occurrences, stands_for
from router.editor.payloads import Payloads
from router.editor.positions import Text
from router.editor.workspace import Checked
from router.syntax.loader import load
from router.syntax.tree import Path, Tree

__all__ = ["FILTER", "TEMPLATE", "Scene", "language_at"]

FILTER = "filter"
TEMPLATE = "template"

_FILTERS = (
    ("routes", "*", "filter"),
    ("sources", "*", "event", "*"),
    ("endpoints", "*", "order", "by"),
    ("defaults", "endpoint", "order", "by"),
)
_TEMPLATES = (
    ("transforms", "*", "payload"),
    ("transforms", "*", "headers"),
    ("routes", "*", "transform", "payload"),
    ("routes", "*", "transform", "headers"),
    ("routes", "*", "targets", "*", "transform", "payload"),
    ("routes", "*", "targets", "*", "transform", "headers"),
    ("event_types", "*", "versions", "*", "upgrade"),
)


def language_at(path: Path) -> str | None:
    """Return which language a scalar at a path is written in: FILTER, TEMPLATE or none but YAML."""
    if any(is_like(path, pattern) for pattern in _FILTERS):
        return FILTER
    if any(is_like(path[: len(pattern)], pattern) for pattern in _TEMPLATES):
        return TEMPLATE
    return None


class Scene:
    """A document as it is being written, and a position in it."""

    def __init__(self, name: str, text: Text, position: lsp.Position, checked: Checked) -> None:
        self.name = name
        self.text = text
        self.position = position
        self.checked = checked
        self.offset = text.offset(position)

    @cached_property
    def tree(self) -> Tree | None:
        """The document parsed as it stands, None when it does not parse."""
        return load(self.name, self.text.text.encode("utf-8", "surrogatepass"))[0]

    @cached_property
    def cursor(self) -> Cursor | None:
        """What is being written at the position."""
        return locate(self.text.text, self.offset)

    @cached_property
    def payloads(self) -> Payloads:
        """The shapes of events around the position."""
        document = self.cursor.document if self.cursor is not None else None
        return Payloads(self.checked.snapshot, self.checked.trees, self.name, document)

    @cached_property
    def line_before(self) -> str:
        """The line up to the position."""
        start = self.text.text.rfind("\n", 0, self.offset) + 1
        return self.text.text[start : self.offset]

    def occurrence(self) -> Occurrence | None:
        """Return the name that the position is on."""
        return next((found for found in occurrences(self.tree) if self._covers(found)), None) if self.tree else None

    def trees(self) -> Mapping[str, Tree]:
        """Return the trees of all documents, this one as it stands when it parses."""
        return {**self.checked.trees, self.name: self.tree} if self.tree else self.checked.trees

    def defined(self, section: str, written: str) -> list[tuple[Tree, Occurrence]]:
        """Return the definitions that a name or glob stands for."""
        return [
            (tree, found)
            for tree in self.trees().values()
            for found in definitions(tree)
            if found.section == section and stands_for(written, found.name)
        ]

    def value(self, tree: Tree, occurrence: Occurrence) -> Any:
        """Return what a definition says."""
        found = tree.value
        for step in occurrence.path:
            found = found[step]
        return found

    def _covers(self, occurrence: Occurrence) -> bool:
        span = self.text.range(occurrence.span)
        at = (self.position.line, self.position.character)
        return (span.start.line, span.start.character) <= at <= (span.end.line, span.end.character)
