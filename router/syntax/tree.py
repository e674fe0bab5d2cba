"""Tree: one YAML document as plain data, with the place of every key and value beside it.

Data and places are kept apart: `value` is what `json.loads` could have returned, so that validators and models need no wrapper types;
`places` maps the path of each node to where its key and its value stand. A path is a tuple of keys and indexes, `()` is the root.

Scalars that hold another language (a JMESPath filter, a Jinja template) also have an offset map, so that a caret can stand inside
them: see `Tree.inside`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from router.syntax.diagnostic import Span
from router.syntax.offsets import OffsetMap
from router.syntax.source import LineTable

__all__ = ["Path", "Place", "Tree", "pointer"]

Path = tuple[str | int, ...]
"""Where a node is in a document: `("routes", "paid-eu", "targets", 0)`."""


class Place(msgspec.Struct, frozen=True):
    """Where one node stands: its value, and its key when it is a member of a mapping.

    `offsets` is for scalars only: it makes the map from each character of the decoded text (and one past its end) to its 1-based
    (line, column) in the file, or returns None where there is none. Maps are made only when asked for: see `router.syntax.offsets`.
    """

    value: Span
    key: Span | None = None
    offsets: Callable[[], OffsetMap | None] | None = None


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """One parsed document."""

    file: str
    text: str
    value: Any
    places: Mapping[Path, Place]

    def span(self, path: Path) -> Span:
        """Return where the value at `path` stands; for a path that does not exist, its nearest existing ancestor's."""
        while path and path not in self.places:
            path = path[:-1]
        place = self.places.get(path)
        return Span(self.file, 1, 1, 1, 1) if place is None else place.value

    def key_span(self, path: Path) -> Span:
        """Return where the key of the member at `path` stands; the value's place when it has no key."""
        place = self.places.get(path)
        return place.key if place is not None and place.key is not None else self.span(path)

    def written(self, span: Span) -> str:
        """Return the source text that a span of this document covers."""
        lines = LineTable(self.text)
        return self.text[lines.offset(span.line, span.column) : lines.offset(span.end_line, span.end_column)]

    def inside(self, path: Path, start: int, end: int) -> Span:
        """Return where characters `start` to `end` (code points, end exclusive) of the decoded scalar at `path` stand in the file.

        Works for plain, quoted and block scalars, folded ones too. Falls back to the whole scalar where no map exists.
        """
        place = self.places.get(path)
        offsets = None if place is None or place.offsets is None else place.offsets()
        if offsets is None:
            return self.span(path)
        first, last = offsets.position(start), offsets.position(max(start, end))
        return Span(self.file, first[0], first[1], last[0], last[1])


def pointer(path: Path) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
