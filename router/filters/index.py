"""RouteIndex: which routes hold for an event, without running every filter.

Theory of operation. A filter becomes clauses of conditions (`conditions`), once per shape of filter. The event's type selects a bucket
of clauses, a tree (`tree`) narrows it down by the values that clauses demand, a leaf (`leaf`) decides what is left by intersecting bit
sets, and code runs only for what no table can decide. The answer is exactly that of running every filter; the cost depends on how many
routes an event concerns, not on how many there are.

One thing differs from running every filter: a filter that would fail is reported as failed only when none of its conditions is false
by itself, because a filter that a condition has ruled out is not run. The report does not depend on which other routes exist.

The index is immutable and holds no syntax tree. After it is built, `gc.freeze()` keeps collections from walking it (a full collection
over 100,000 routes takes tens of milliseconds otherwise); that is for whoever owns the process to call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from router.filters.decoding import Decode, decoder_of
from router.filters.explain import Explanation, explain_route, is_ruled_out
from router.filters.filter import Filter
from router.filters.leaf import Failures
from router.filters.rules import Rule, Variant, variants_of
from router.filters.shape import Shape
from router.filters.tree import Node, build_tree

__all__ = ["Matched", "RouteEntry", "RouteIndex"]

_TYPES_MAX: Final = 16
"""A route for more event types than this is not repeated for each; its types become one more condition."""


class RouteEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One route as the index sees it: its position, the event types it takes (None: every type), its filter (None: always holds).

    Positions are chosen by the caller, unique, from 0 to 4,294,967,295.
    """

    position: int
    types: frozenset[str] | None = None
    filter: Filter | None = None


class Matched(msgspec.Struct, frozen=True):
    """The answer: `positions` of the routes that hold, ascending; `failures` as (position, message) of filters that failed."""

    positions: list[int]
    failures: list[tuple[int, str]]


class RouteIndex:
    """An immutable index over routes; threads may share it."""

    __slots__ = ("_any", "_by_type", "_decode", "_entries", "_repeats")

    def __init__(
        self, entries: Mapping[int, RouteEntry], by_type: Mapping[str, Node], anyway: Node | None, *, repeats: bool
    ) -> None:
        self._entries = entries
        self._by_type = by_type
        self._any = anyway
        self._repeats = repeats
        self._decode: Decode | None = None

    @classmethod
    def build(cls, entries: Sequence[RouteEntry]) -> RouteIndex:
        """Build the index over all routes; takes about 50 microseconds a route."""
        variants: dict[Shape | None, tuple[Variant, ...]] = {}
        by_type: dict[str, list[Rule]] = {}
        anyway: list[Rule] = []
        repeats = False
        wide: dict[tuple[frozenset[str], Variant], Variant] = {}
        for entry in entries:
            shape = entry.filter.shape if entry.filter is not None else ALWAYS.shape
            constants = entry.filter.constants if entry.filter is not None else ()
            clauses = variants.get(shape)
            if clauses is None:
                clauses = variants[shape] = variants_of(shape)
            repeats = repeats or len(clauses) > 1 or any(kind == "any" for each in clauses for kind, _ in each.columns)
            for variant in clauses:
                if entry.types is None:
                    anyway.append((entry.position, variant, constants))
                elif len(entry.types) > _TYPES_MAX:
                    typed = wide.get((entry.types, variant))
                    if typed is None:
                        typed = wide[entry.types, variant] = variant.for_types(entry.types)
                    anyway.append((entry.position, typed, constants))
                else:
                    for name in entry.types:
                        by_type.setdefault(name, []).append((entry.position, variant, constants))
        trees = {name: build_tree(rules) for name, rules in by_type.items()}
        return cls(
            {entry.position: entry for entry in entries},
            {name: tree for name, tree in trees.items() if tree is not None},
            build_tree(anyway),
            repeats=repeats,
        )

    def __len__(self) -> int:
        return len(self._entries)

    def match(self, document: dict[str, Any]) -> Matched:
        """Return the routes that hold for an event document; never raises because of a filter."""
        found: list[int] = []
        failures: Failures = []
        kind = document.get("type")
        tree = self._by_type.get(kind) if type(kind) is str else None
        if tree is not None:
            tree.collect(document, found, failures)
        if self._any is not None:
            self._any.collect(document, found, failures)
        if len(found) > 1:
            if self._repeats:
                found = sorted(set(found))
            else:
                found.sort()
        return Matched(found, self._reported(document, failures) if failures else [])

    def warm(self, pieces_max: int = 2_000) -> int:
        """Generate code that events would have generated when first needed; return how many pieces.

        A piece takes up to a millisecond, so `pieces_max` bounds the time. What is left then, and what only odd values call for, is
        generated by the first event that needs it. Safe beside `match`.
        """
        pieces = 0
        for tree in (self._any, *self._by_type.values()):
            if tree is None:
                continue
            for is_new in tree.warm():
                pieces += is_new
                if pieces >= pieces_max:
                    return pieces
        return pieces

    def match_bytes(self, body: bytes) -> Matched:
        """Return what `match` returns for an event given as JSON text, decoding only what filters look at.

        For "match, then forward the bytes": an event needed whole afterwards is decoded once, in full, and given to `match`. Raises
        ValueError for text that is not JSON or no object; see `decoder`.
        """
        decode = self._decode
        if decode is None:
            decode = self._decode = self.decoder()
        return self.match(decode(body))

    def decoder(self) -> Decode:
        """Return a function that decodes as much of an event's JSON text as `match` needs for its answer.

        It parses a filter of each shape again, about 50 microseconds each. It raises ValueError for what orjson does not take, and
        for what is no object; but a number beyond the range of a double goes unnoticed where no filter looks.
        """
        return decoder_of({entry.filter.shape for entry in self._entries.values() if entry.filter is not None})

    def _reported(self, document: dict[str, Any], failures: Failures) -> list[tuple[int, str]]:
        """Return the failures to report, one a route: those whose filter no condition rules out."""
        reported: dict[int, str] = {}
        for position, error in failures:
            entry = self._entries[position]
            if position not in reported and entry.filter is not None and not is_ruled_out(entry.filter, document):
                reported[position] = str(error) or type(error).__name__
        return sorted(reported.items())

    def explain(self, document: dict[str, Any]) -> list[Explanation]:
        """Return for every route, in order of position, whether it holds for an event and which condition decided that.

        Runs every filter; for people, not for traffic.
        """
        return [
            explain_route(entry.position, entry.types, entry.filter, document)
            for _, entry in sorted(self._entries.items())
        ]


ALWAYS: Final = Filter("`true`")
"""The filter of a route that has none."""
