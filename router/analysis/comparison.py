"""Comparison: two compiled configurations -> what was added, removed, renamed or changed, and which way each route's events changed.

A route is narrowed when an event that it took is no longer taken, widened the other way round; both is a change. Each claim comes with a
witness: an event that one side takes and the other does not, evaluated on both plans. Where the texts differ and no event was found that tells
them apart, that is what is said. Positions, order and layout of files do not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from router.analysis.comparison_events import candidates
from router.compiler import Compilation
from router.filters import FilterError
from router.plan import PlannedRoute
from router.syntax.snapshot import Snapshot

__all__ = ["Change", "Kind", "Side", "compare"]

Kind = Literal["added", "removed", "renamed", "narrowed", "widened", "changed"]
_SECTIONS = ("routes", "endpoints", "transforms", "event_types", "sources")
_SCOPE = frozenset({"events", "filter", "enabled", "unmatched"})


class Side(msgspec.Struct, frozen=True):
    """One of the two configurations; its compilation must have a plan."""

    compilation: Compilation
    snapshot: Snapshot


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change. `fields` are (field, old, new) as plain values; `lost` and `gained` are witness events."""

    section: str
    kind: Kind
    name: str
    was: str | None = None
    fields: tuple[tuple[str, Any, Any], ...] = ()
    lost: Mapping[str, Any] | None = None
    gained: Mapping[str, Any] | None = None
    note: str | None = None


def compare(old: Side, new: Side) -> tuple[Change, ...]:
    """Return every change, by section and name."""
    found: list[Change] = []
    for section in _SECTIONS:
        before = getattr(old.compilation.configuration, section)
        after = getattr(new.compilation.configuration, section)
        renamed = _renamed(before, after)
        for name in sorted({*before, *after}):
            if name in renamed.values():
                continue
            if name in renamed:
                found.append(Change(section=section, kind="renamed", name=renamed[name], was=name))
            elif name not in before:
                found.append(Change(section=section, kind="added", name=name))
            elif name not in after:
                found.append(Change(section=section, kind="removed", name=name))
            else:
                fields = _fields(before[name], after[name])
                if fields:
                    found.append(_changed(section, name, fields, old, new))
    return tuple(found)


def _renamed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Return new names by old ones: definitions that are gone, and stand under one new name with everything else the same."""
    found: dict[str, str] = {}
    for name in before.keys() - after.keys():
        same = [other for other in after.keys() - before.keys() if not _fields(before[name], after[other])]
        twins = [other for other in before.keys() - after.keys() if not _fields(before[name], before[other])]
        if len(same) == 1 and len(twins) == 1:
            found[name] = same[0]
    return found


def _fields(before: Any, after: Any) -> tuple[tuple[str, Any, Any], ...]:
    return tuple(
        (field, _plain(getattr(before, field)), _plain(getattr(after, field)))
        for field in before.__struct_fields__
        if field != "name" and getattr(before, field) != getattr(after, field)
    )


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


def _changed(section: str, name: str, fields: tuple[tuple[str, Any, Any], ...], old: Side, new: Side) -> Change:
    if section != "routes" or not _SCOPE.intersection(field for field, _, _ in fields):
        return Change(section=section, kind="changed", name=name, fields=fields)
    before, after = _route(old, name), _route(new, name)
    lost = gained = None
    for document in candidates(before, after, (old.compilation, old.snapshot), (new.compilation, new.snapshot)):
        was, now = _takes(before, document), _takes(after, document)
        if was and not now:
            lost = lost or document
        elif now and not was:
            gained = gained or document
        if lost and gained:
            break
    kind: Kind = "changed"
    if (lost is None) != (gained is None):
        kind = "narrowed" if lost is not None else "widened"
    note = None
    if lost is None and gained is None:
        note = "no event was found that tells the two apart"
    return Change(section=section, kind=kind, name=name, fields=fields, lost=lost, gained=gained, note=note)


def _route(side: Side, name: str) -> PlannedRoute | None:
    """Return a route of the plan; None when it is disabled, so that it takes nothing."""
    plan = side.compilation.plan
    return next((route for route in plan.routes if route.name == name), None) if plan is not None else None


def _takes(route: PlannedRoute | None, document: dict[str, Any]) -> bool:
    if route is None or not (route.unmatched or document["type"] in route.events):
        return False
    try:
        return route.filter is None or route.filter.matches(document)
    except FilterError:
        return False
