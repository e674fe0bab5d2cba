"""The places of a parsed document, kept as the parser gave them and worked out only when asked for.

The loader builds one light record a node: the parser's marks and, for collections, the members. `Places` is a read-only mapping from
paths to `router.syntax.tree.Place` over those records. Aliases share the records of their anchors, so an expanded alias costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from router.syntax.diagnostic import Span
from router.syntax.offsets import OffsetMap, trace
from router.syntax.source import LineTable
from router.syntax.tree import Path, Place

__all__ = ["Alias", "Leaf", "ListNode", "MapNode", "Member", "Node", "Places", "size_of", "value_of"]

_SPACE = r"(?:[ \t\r\n]+(?:\#[^\r\n]*)?)*"
_PROPERTIES = re.compile(
    rf"(?:(?P<before>&[^\s,\[\]{{}}]+){_SPACE})?(?:(?P<tag>!<[^>\s]*>|![^\s,\[\]{{}}]*){_SPACE})?(?:(?P<after>&[^\s,\[\]{{}}]+){_SPACE})?"
)
"""Anchor and tag in either order, and what may stand between them and their node (YAML 1.2.2, production [96])."""

Mark = Any
"""A PyYAML mark; only its `index`, the offset in code points, is read."""


class Leaf:
    """A scalar: its marks, style, decoded text, and whether tag or anchor stand before it.

    `is_broken`, here and in the collections, says that a finding was reported and the value is not what its author meant.
    """

    __slots__ = ("end", "has_properties", "is_broken", "size", "start", "style", "text", "value")

    def __init__(self, start: Mark, end: Mark, style: str | None, text: str, has_properties: bool) -> None:
        self.start = start
        self.end = end
        self.style = style
        self.text = text
        self.has_properties = has_properties
        self.value: Any = None
        self.size = 1
        self.is_broken = False


class Member:
    """One entry of a mapping."""

    __slots__ = ("key", "value")

    def __init__(self, key: Leaf | Alias, value: Node) -> None:
        self.key = key
        self.value = value


class MapNode:
    """A mapping; `end` is None for block style, whose parser's mark lies behind the comments that follow."""

    __slots__ = ("end", "has_properties", "is_broken", "is_flow", "members", "size", "start", "value")

    def __init__(self, start: Mark, has_properties: bool) -> None:
        self.start = start
        self.end: Mark | None = None
        self.is_flow = False
        self.is_broken = False
        self.has_properties = has_properties
        self.members: dict[str, Member] = {}
        self.value: dict[str, Any] = {}
        self.size = 1


class ListNode:
    """A sequence; `end` as for MapNode."""

    __slots__ = ("end", "has_properties", "is_broken", "is_flow", "items", "size", "start", "value")

    def __init__(self, start: Mark, has_properties: bool) -> None:
        self.start = start
        self.end: Mark | None = None
        self.is_flow = False
        self.is_broken = False
        self.has_properties = has_properties
        self.items: list[Node] = []
        self.value: list[Any] = []
        self.size = 1


class Alias:
    """A `*name`, and the node that it stands for."""

    __slots__ = ("end", "start", "target")

    def __init__(self, start: Mark, end: Mark, target: Leaf | MapNode | ListNode) -> None:
        self.start = start
        self.end = end
        self.target = target


Node = Leaf | MapNode | ListNode | Alias


def value_of(node: Node) -> Any:
    """Return a node's plain data."""
    return node.target.value if isinstance(node, Alias) else node.value


def size_of(node: Node) -> int:
    """Return how many nodes a node expands to, itself included."""
    return node.target.size if isinstance(node, Alias) else node.size


class Places(Mapping[Path, Place]):
    """Every path of one document and its Place."""

    __slots__ = ("_file", "_lines", "_rewritten", "_root", "_text")

    def __init__(
        self, file: str, text: str, root: Node | None, rewritten: Mapping[Path, list[int]] | None = None
    ) -> None:
        self._file = file
        self._text = text
        self._root = root
        self._rewritten = rewritten or {}
        self._lines: LineTable | None = None

    def __getitem__(self, path: Path) -> Place:
        node, key = self._find(path)
        if node is None:
            if path:
                raise KeyError(path)
            return Place(Span(self._file, 1, 1, 1, 1))
        key_span = None if key is None else self.span_of(key)
        leaf = _leaf(node)
        offsets = None if leaf is None else partial(self._offsets_of, leaf, self._rewritten.get(path))
        return Place(self.span_of(node), key_span, offsets)

    def rewritten(self, origins: Mapping[Path, list[int]]) -> Places:
        """Return the same places for a document whose scalars at these paths were rewritten.

        `origins` gives, for each character of the new text and for its end, the character of the old text that it stands for.
        """
        return Places(self._file, self._text, self._root, {**self._rewritten, **origins})

    def _find(self, path: Path) -> tuple[Node | None, Leaf | Alias | None]:
        node, key = self._root, None
        for step in path:
            inner = node.target if isinstance(node, Alias) else node
            if isinstance(inner, MapNode) and isinstance(step, str) and step in inner.members:
                member = inner.members[step]
                node, key = member.value, member.key
            elif isinstance(inner, ListNode) and isinstance(step, int) and 0 <= step < len(inner.items):
                node, key = inner.items[step], None
            else:
                return None, None
        return node, key

    def __contains__(self, path: object) -> bool:
        return path == () or (isinstance(path, tuple) and self._find(path)[0] is not None)

    def __iter__(self) -> Iterator[Path]:
        pending: list[tuple[Path, Node | None]] = [((), self._root)]
        while pending:
            path, node = pending.pop()
            yield path
            inner = node.target if isinstance(node, Alias) else node
            if isinstance(inner, MapNode):
                pending.extend(((*path, name), member.value) for name, member in reversed(inner.members.items()))
            elif isinstance(inner, ListNode):
                pending.extend(((*path, index), item) for index, item in reversed(list(enumerate(inner.items))))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def path_at(self, line: int, column: int) -> Path:
        """Return the path of the innermost member whose key or value covers a place (1-based); `()` where none does."""
        offset = self.lines.offset(line, column)
        path: Path = ()
        node = self._root
        while True:
            inner = self._member_at(node, offset)
            if inner is None:
                return path
            step, node = inner
            path = (*path, step)

    def _member_at(self, node: Node | None, offset: int) -> tuple[str | int, Node | None] | None:
        if isinstance(node, MapNode):
            for name, member in node.members.items():
                if member.key.start.index <= offset <= max(member.key.end.index, self._end(member.value)):
                    return name, member.value
        elif isinstance(node, ListNode):
            for index, item in enumerate(node.items):
                if item.start.index <= offset <= self._end(item):
                    return index, item
        return None

    @property
    def root(self) -> Node | None:
        """The record of the document's one node; None for an empty document."""
        return self._root

    def bounds(self, node: Node) -> tuple[int, int]:
        """Return the offsets where a node begins, after tag and anchor, and ends, before comments and blank lines."""
        return self._bounds(node)

    def broken(self) -> list[Path]:
        """Return the paths of nodes that could not be read as meant; each has a finding."""
        return [path for path in self if (node := self._find(path)[0]) is not None and _is_broken(node)]

    @property
    def lines(self) -> LineTable:
        """The line table of the document's text."""
        if self._lines is None:
            self._lines = LineTable(self._text)
        return self._lines

    def span_of(self, node: Node) -> Span:
        """Return where a node stands, without its tag and anchor, trailing comments and blank lines."""
        start, end = self._bounds(node)
        return Span(self._file, *self.lines.position(start), *self.lines.position(end))

    def _bounds(self, node: Node) -> tuple[int, int]:
        start = node.start.index
        if isinstance(node, Leaf) and start == node.end.index:
            return self._after_text(start), self._after_text(start)
        if not isinstance(node, Alias) and node.has_properties:
            start = self._after_properties(start)
        return start, max(start, self._end(node))

    def _after_text(self, offset: int) -> int:
        """Return the end of what is written before an empty value, which libyaml sometimes places at the next token."""
        while offset > 0 and self._text[offset - 1] in " \t\r\n":
            offset -= 1
        return offset

    def _end(self, node: Node) -> int:
        """Return the offset just after a node; block collections end with their last member."""
        while isinstance(node, (MapNode, ListNode)) and node.end is None:
            if isinstance(node, MapNode) and node.members:
                node = next(reversed(node.members.values())).value
            elif isinstance(node, ListNode) and node.items:
                node = node.items[-1]
            else:
                return int(node.start.index)
        end: int = node.end.index  # type: ignore[union-attr]
        if isinstance(node, Leaf) and node.style in ("|", ">"):
            start: int = node.start.index
            return start + len(self._text[start:end].rstrip())
        return end

    def between(self, start: int, end: int) -> Span:
        """Return the span between two offsets of the text."""
        return Span(self._file, *self.lines.position(start), *self.lines.position(end))

    def tag_at(self, offset: int) -> tuple[str, int, int] | None:
        """Return the tag among the properties that begin at `offset`, as written, with its bounds; None where there is only an anchor."""
        found = _PROPERTIES.match(self._text, offset)
        if found is None or found["tag"] is None:
            return None
        return found["tag"], found.start("tag"), found.end("tag")

    def anchor_at(self, offset: int) -> tuple[str, int, int] | None:
        """Return the anchor among the properties that begin at `offset`, as written, with its bounds."""
        found = _PROPERTIES.match(self._text, offset)
        for name in ("before", "after"):
            if found is not None and found[name] is not None:
                return found[name], found.start(name), found.end(name)
        return None

    def _after_properties(self, offset: int) -> int:
        found = _PROPERTIES.match(self._text, offset)
        return offset if found is None else found.end()

    def _offsets_of(self, leaf: Leaf, origins: list[int] | None) -> OffsetMap | None:
        """Return the offset map of a scalar, or None where its decoding cannot be retraced."""
        start = self._after_properties(leaf.start.index) if leaf.has_properties else leaf.start.index
        offsets = trace(self._text, start, leaf.end.index, leaf.style, leaf.text)
        if offsets is None:
            return None
        if origins is not None:
            offsets = [offsets[origin] for origin in origins]
        return OffsetMap(offsets, self.lines)


def _is_broken(node: Node) -> bool:
    return not isinstance(node, Alias) and node.is_broken


def _leaf(node: Node) -> Leaf | None:
    inner = node.target if isinstance(node, Alias) else node
    return inner if isinstance(inner, Leaf) else None
