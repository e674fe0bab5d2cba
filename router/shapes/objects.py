"""Objects: what is known of an object's fields.

An ObjectShape is a conjunction of *parts*, one for each schema that says something of the object (an allOf has several); a field's shape
is what all of them allow. `overrides` are fields narrowed by a condition. Fields are made when they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from router.shapes.shape import Shape

__all__ = ["ANY_OBJECT", "ObjectPart", "ObjectShape", "Presence", "merged"]


class Presence(Enum):
    """What an object's schema says of a field."""

    DECLARED = "declared"  # it is named, or fits a pattern or a schema for all others
    FORBIDDEN = "forbidden"  # no such field can be there
    UNNAMED = "unnamed"  # other fields are named, this one is not, and more are allowed
    UNKNOWN = "unknown"  # no fields are named at all


class ObjectPart:
    """What one schema says: named fields, patterns of names, and all other fields (a shape, True for any, False for none)."""

    __slots__ = ("additional", "explicit", "patterns", "properties", "required")

    def __init__(
        self,
        properties: Mapping[str, Callable[[], Shape]] | None = None,
        patterns: tuple[tuple[re.Pattern[str] | None, Callable[[], Shape]], ...] = (),
        additional: Callable[[], Shape] | bool = True,
        required: frozenset[str] = frozenset(),
        *,
        explicit: bool = False,
    ) -> None:
        self.properties = properties or {}
        self.patterns = patterns
        self.additional = additional
        self.required = required
        self.explicit = explicit
        """Whether the schema says in so many words that there may be other fields."""

    def raw(self, name: str) -> Shape | None:
        """Return what the field is when it is there; None when nothing is said."""
        made: list[Shape] = []
        named = self.properties.get(name)
        if named is not None:
            made.append(named())
        for pattern, make in self.patterns:
            if pattern is None:
                if named is None:
                    return None
            elif pattern.search(name):
                made.append(make())
        if not made:
            if self.additional is True:
                return None
            from router.shapes.shape import NEVER

            return NEVER if self.additional is False else self.additional()
        found = made[0]
        for other in made[1:]:
            found = found & other
        return found

    def presence(self, name: str) -> Presence:
        """Return what this schema says of a field."""
        if name in self.properties:
            return Presence.DECLARED
        for pattern, _ in self.patterns:
            if pattern is None or pattern.search(name):
                return Presence.DECLARED
        if self.additional is False:
            return Presence.FORBIDDEN
        if self.additional is not True:
            return Presence.DECLARED
        return Presence.UNNAMED if self.properties or self.patterns else Presence.UNKNOWN


class ObjectShape:
    """One alternative of what an object may be. `lossy`: the schema says more than is kept here; `label` names the event type at the root."""

    __slots__ = ("_fields", "is_sealed", "key", "label", "lossy", "overrides", "parts", "required")

    def __init__(
        self,
        parts: tuple[ObjectPart, ...],
        overrides: Mapping[str, Shape] | None = None,
        *,
        label: str | None = None,
        lossy: bool = False,
        is_sealed: bool = False,
    ) -> None:
        self.parts = parts
        self.overrides = overrides or {}
        self.label = label
        self.lossy = lossy
        self.is_sealed = is_sealed
        self.required = frozenset[str]().union(*(part.required for part in parts))
        self._fields: dict[str, Shape] = {}
        self.key = (
            tuple(map(id, parts)),
            tuple((n, id(s)) for n, s in self.overrides.items()),
            label,
            lossy,
            is_sealed,
        )

    @classmethod
    def of(cls, fields: Mapping[str, Shape]) -> ObjectShape:
        """Return an object that has exactly these fields; one that may be null may be missing."""
        made = {name: (lambda shape=shape: shape) for name, shape in fields.items()}
        required = frozenset(name for name, shape in fields.items() if not shape.absent)
        return cls((ObjectPart(made, additional=False, required=required),))

    @property
    def names(self) -> list[str]:
        """Return the fields that are named, in the order of the schema, less those that cannot be."""
        found: dict[str, None] = {}
        for part in self.parts:
            found.update(dict.fromkeys(part.properties))
        if len(self.parts) > 1:
            return [name for name in found if self.presence(name) is Presence.DECLARED]
        return list(found)

    @property
    def is_closed(self) -> bool:
        """Say whether fields that are not named are impossible."""
        return self.is_sealed or any(part.additional is False and not part.patterns for part in self.parts)

    @property
    def is_explicitly_open(self) -> bool:
        """Say whether a schema asks for other fields in so many words."""
        return any(part.explicit for part in self.parts)

    @property
    def may_be_empty(self) -> bool:
        """Say whether the object may have no field."""
        return not self.required and all(shape.absent or shape.may_be_null for shape in self.overrides.values())

    def presence(self, name: str) -> Presence:
        """Return what the schema says of a field."""
        found = {part.presence(name) for part in self.parts}
        if Presence.FORBIDDEN in found:
            return Presence.FORBIDDEN
        if Presence.DECLARED in found:
            return Presence.DECLARED
        if self.is_sealed:
            return Presence.FORBIDDEN
        return Presence.UNNAMED if Presence.UNNAMED in found else Presence.UNKNOWN

    def field(self, name: str) -> Shape:
        """Return the shape of a field, null added unless it is required."""
        known = self.overrides.get(name)
        if known is not None:
            return known
        known = self._fields.get(name)
        if known is None:
            known = self._fields[name] = self._made(name)
        return known

    def _made(self, name: str) -> Shape:
        from router.shapes.shape import ABSENT, UNKNOWN

        found = UNKNOWN
        if self.is_sealed and self.presence(name) is Presence.FORBIDDEN:
            return ABSENT
        for part in self.parts:
            said = part.raw(name)
            if said is not None:
                found = found & said
        if name not in self.required:
            found = found | ABSENT
        elif found.is_never:
            return ABSENT
        return found.replace(loose=True) if self.lossy and not found.loose else found

    def member(self) -> Shape:
        """Return a shape that the value of every field has."""
        from router.shapes.shape import UNKNOWN, union

        if self.is_closed:
            return union(self.field(name) for name in self.names)
        others = [part.additional() for part in self.parts if callable(part.additional)]
        if not others or any(part.patterns for part in self.parts):
            return UNKNOWN
        return union([*(self.field(name) for name in self.names), *others])

    def with_field(self, name: str, shape: Shape) -> ObjectShape:
        """Return the object with one field narrowed."""
        return ObjectShape(
            self.parts, {**self.overrides, name: shape}, label=self.label, lossy=self.lossy, is_sealed=self.is_sealed
        )

    def marked(self, *, label: str | None = None, lossy: bool = False, is_sealed: bool = False) -> ObjectShape:
        """Return the object with more marks."""
        return ObjectShape(
            self.parts,
            self.overrides,
            label=label or self.label,
            lossy=lossy or self.lossy,
            is_sealed=is_sealed or self.is_sealed,
        )

    def met(self, other: ObjectShape) -> ObjectShape | None:
        """Return what satisfies both; None when a field that one of them needs cannot be."""
        if self is other or other is ANY_OBJECT:
            return self
        if self is ANY_OBJECT:
            return other
        parts = tuple({id(part): part for part in (*self.parts, *other.parts)}.values())
        overrides = dict(self.overrides)
        for name, shape in other.overrides.items():
            mine = overrides.get(name)
            overrides[name] = shape if mine is None else mine & shape
            if overrides[name].is_never:
                return None
        return ObjectShape(
            parts,
            overrides,
            label=self.label or other.label,
            lossy=self.lossy or other.lossy,
            is_sealed=self.is_sealed or other.is_sealed,
        )


def merged(
    first: tuple[ObjectShape, ...], second: tuple[ObjectShape, ...], alternatives_max: int
) -> tuple[tuple[ObjectShape, ...], bool]:
    """Return the alternatives of an intersection, and whether they had to be widened because there are too many."""
    if first is second:
        return first, False
    if len(first) * len(second) > alternatives_max:
        return (first if len(first) <= len(second) else second), True
    found: dict[object, ObjectShape] = {}
    for mine in first:
        for theirs in second:
            both = mine.met(theirs)
            if both is not None:
                found.setdefault(both.key, both)
    return tuple(found.values()), False


ANY_OBJECT: Final = ObjectShape(())
