"""The route as the run road sees it: event types resolved, filter and transforms compiled."""

from __future__ import annotations

import msgspec

from router.filters import Filter
from router.transforms import CompiledTransform

__all__ = ["PlannedRoute", "PlannedTarget"]


class PlannedTarget(msgspec.Struct, frozen=True):
    """An endpoint's name and the transform that applies there; None sends the event's data as it came in."""

    endpoint: str
    transform: CompiledTransform | None = None


class PlannedRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A rule. `events` are the names of event types, globs expanded; empty when `unmatched`. `filter` None always holds."""

    name: str
    events: frozenset[str] = frozenset()
    unmatched: bool = False
    filter: Filter | None = None
    targets: tuple[PlannedTarget, ...]
