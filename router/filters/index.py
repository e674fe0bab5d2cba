"""RouteIndex: which routes hold for an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from router.filters.filter import Filter
from router.filters.problem import FilterError

__all__ = ["Matched", "RouteEntry", "RouteIndex"]


class RouteEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One route as the index sees it: its position, the event types it takes (None: every type), its filter (None: always holds)."""

    position: int
    types: frozenset[str] | None = None
    filter: Filter | None = None


class Matched(msgspec.Struct, frozen=True):
    """The answer: `positions` of the routes that hold, ascending; `failures` as (position, message) of filters that failed."""

    positions: list[int]
    failures: list[tuple[int, str]]


class RouteIndex:
    """An immutable index over routes; threads may share it."""

    def __init__(self, entries: Sequence[RouteEntry]) -> None:
        self._entries = tuple(sorted(entries, key=lambda entry: entry.position))

    @classmethod
    def build(cls, entries: Sequence[RouteEntry]) -> RouteIndex:
        """Build the index over all routes."""
        return cls(entries)

    def match(self, document: dict[str, Any]) -> Matched:
        """Return the routes that hold for an event; never raises."""
        positions: list[int] = []
        failures: list[tuple[int, str]] = []
        for entry in self._entries:
            if entry.types is not None and document.get("type") not in entry.types:
                continue
            try:
                if entry.filter is None or entry.filter.matches(document):
                    positions.append(entry.position)
            except FilterError as error:
                failures.append((entry.position, str(error)))
        return Matched(positions, failures)
