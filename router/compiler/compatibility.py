"""Compatibility: what a change of a payload's schema breaks, for those who send events and for those who read them.

    shape before, shape after ─ breaking_changes ─► Change …

Senders break when the new schema refuses what the old one took: a field is required now, a type or a listed value is gone, a range is
narrower, unnamed fields are refused. Readers (filters, templates, receivers) break when what was sure no longer is: a field is gone, or
need not be there, or may be null. What is unknown on either side is not compared. Pure; knows nothing of files or versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from router.shapes import Kind, Presence, Shape

__all__ = ["Change", "Party", "breaking_changes"]

_DEPTH_MAX = 12
_LISTED_MAX = 5


class Party(StrEnum):
    """Whom a change breaks."""

    SENDERS = "senders"
    READERS = "readers"


class Change(msgspec.Struct, frozen=True):
    """One breaking change: the field's path below the payload (`[]` for the items of a list), whom it breaks, and a sentence."""

    path: tuple[str, ...]
    party: Party
    message: str


def breaking_changes(before: Shape, after: Shape) -> Iterator[Change]:
    """Yield what breaks when a payload that had one shape has another, from the root down."""
    yield from _compare(before, after, (), set())


def _compare(before: Shape, after: Shape, path: tuple[str, ...], seen: set[tuple[int, int]]) -> Iterator[Change]:
    if (id(before), id(after)) in seen or len(path) > _DEPTH_MAX or before.loose or after.loose:
        return
    seen.add((id(before), id(after)))
    where = _shown(path)
    gone = _settled(before) & ~_settled(after)
    come = _settled(after) & ~_settled(before)
    if gone:
        was, now = before.only(gone).describe(), after.only(_settled(after)).describe()
        yield Change(path, Party.SENDERS, f"{where} can no longer be {was}: it is {now}")
    if come & Kind.NULL and not before.absent and not after.absent:
        yield Change(path, Party.READERS, f"{where} may be null now")
    elif come & ~Kind.NULL and not gone:
        yield Change(path, Party.READERS, f"{where} may be {after.only(come).describe()} now")
    yield from _compare_values(before, after, path)
    if before.kinds & after.kinds & Kind.OBJECT:
        yield from _compare_fields(before.only(Kind.OBJECT), after.only(Kind.OBJECT), path, seen)
    if before.kinds & after.kinds & Kind.ARRAY:
        yield from _compare(before.element(), after.element(), (*path, "[]"), seen)


def _compare_values(before: Shape, after: Shape, path: tuple[str, ...]) -> Iterator[Change]:
    where = _shown(path)
    if before.kinds & after.kinds & Kind.STRING and after.text.values is not None:
        if before.text.values is None:
            yield Change(path, Party.SENDERS, f"{where} must be one of listed values now")
        elif gone := sorted(before.text.values - after.text.values):
            shown = ", ".join(f"'{value}'" for value in gone[:_LISTED_MAX]) + (", …" if len(gone) > _LISTED_MAX else "")
            yield Change(path, Party.SENDERS, f"{where} can no longer be {shown}")
    if before.kinds & after.kinds & Kind.NUMBER:
        low, low_open, high, high_open = after.numbers.bounds()
        old_low, old_low_open, old_high, old_high_open = before.numbers.bounds()
        is_raised = low is not None and (old_low is None or (low, low_open) > (old_low, old_low_open))
        is_lowered = high is not None and (old_high is None or (-high, high_open) > (-old_high, old_high_open))
        if is_raised or is_lowered:
            yield Change(
                path, Party.SENDERS, f"{where} is limited more tightly now: {after.only(Kind.NUMBER).describe()}"
            )


def _compare_fields(before: Shape, after: Shape, path: tuple[str, ...], seen: set[tuple[int, int]]) -> Iterator[Change]:
    for name in before.names:
        place = (*path, name)
        old, new = before.field(name), after.field(name)
        if not _is_declared(after, name):
            sure = "required " if not old.absent else ""
            yield Change(place, Party.READERS, f"the {sure}field {_shown(place)} is gone")
            continue
        if new.absent and not old.absent and not new.loose:
            yield Change(place, Party.READERS, f"{_shown(place)} is no longer required: it may be missing now")
        elif old.absent and not new.absent and not old.loose:
            yield Change(place, Party.SENDERS, f"{_shown(place)} is required now: events without it are refused")
        yield from _compare(old, new, place, seen)
    known = set(before.names)
    for name in after.names:
        place = (*path, name)
        if name not in known and not after.field(name).absent and not after.field(name).loose:
            yield Change(
                place, Party.SENDERS, f"the new field {_shown(place)} is required: events without it are refused"
            )
    if after.is_closed and not before.is_closed and before.objects:
        yield Change(path, Party.SENDERS, f"{_shown(path)} no longer allows fields that its schema does not name")


def _is_declared(shape: Shape, name: str) -> bool:
    return any(alternative.presence(name) in (Presence.DECLARED, Presence.UNKNOWN) for alternative in shape.objects)


def _settled(shape: Shape) -> Kind:
    """Return the kinds that a value has when it is there."""
    return shape.kinds & ~Kind.NULL if shape.absent else shape.kinds


def _shown(path: tuple[str, ...]) -> str:
    return "`" + ".".join(("data", *path)).replace(".[]", "[]") + "`"
