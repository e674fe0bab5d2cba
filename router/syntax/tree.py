"""Tree: one YAML document as plain data, with the place of every key and value beside it.

Data and places are kept apart: `value` is what `json.loads` could have returned, so that validators and models need no wrapper types;
`places` maps the path of each node to where its key and its value stand. A path is a tuple of keys and indexes, `()` is the root.

Scalars that hold another language (a JMESPath filter, a Jinja template) also have an offset map, so that a caret can stand inside
them: see `Tree.inside`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from router.syntax.diagnostic import Span

__all__ = ["Path", "Place", "Tree", "pointer"]

Path = tuple[str | int, ...]
"""Where a node is in a document: `("routes", "paid-eu", "targets", 0)`."""


class Place(msgspec.Struct, frozen=True):
    """Where one node stands: its value, and its key when it is a member of a mapping.

    `offsets` is for scalars only: for each character of the decoded text (and one past its end) the 1-based (line, column) in the file,
    run-length encoded by the loader. Only `Tree.inside` reads it.
    """

    value: Span
    key: Span | None = None
    offsets: Any = None


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """One parsed document."""

    file: str
    text: str
    value: Any
    places: Mapping[Path, Place]

    def span(self, path: Path) -> Span:
        """Return where the value at `path` stands; for a path that does not exist, its nearest existing ancestor's."""
        while path not in self.places:
            if not path:
                return Span(self.file, 1, 1, 1, 1)
            path = path[:-1]
        return self.places[path].value

    def key_span(self, path: Path) -> Span:
        """Return where the key of the member at `path` stands; the value's place when it has no key."""
        place = self.places.get(path)
        return place.key if place is not None and place.key is not None else self.span(path)

    def inside(self, path: Path, start: int, end: int) -> Span:
        """Return where characters `start` to `end` (code points, end exclusive) of the decoded scalar at `path` stand in the file.

        Works for plain, quoted and block scalars, folded ones too. Falls back to the whole scalar where no map exists.
        """
        place = self.places.get(path)
        if place is None or place.offsets is None:
            return self.span(path)
        first, last = place.offsets.position(start), place.offsets.position(max(start, end))
        return Span(self.file, first[0], first[1], last[0], last[1])


def pointer(path: Path) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
