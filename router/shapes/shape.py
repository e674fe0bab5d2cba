"""Shape: what is known of a value before there is one. An abstract value, made from JSON Schema, read by the checkers.

The theory: a shape is a *superset*. Every value that the schema accepts is in it, perhaps more, never less. So "this can never be" is
proven, and what nobody knows stays possible: an unknown field is anything. Claims of the other direction ("this may be null") hold only
where nothing was widened; a shape that was is `loose`, and no error is built on what a loose shape merely allows.

    kinds       which JSON types          objects     alternatives for an object: one for each branch of a oneOf
    text        what strings              elements    what is in an array
    numbers     what numbers              absent      the field may be missing, which JMESPath reads as null

Objects and elements are lazy, so that recursive schemas are finite and a schema of a thousand definitions costs what is asked of it.
Shapes are immutable; set operations return new ones. Nothing here reads files or knows a filter's syntax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from router.shapes.kinds import ALL, BOOLEAN, Kind, kind_of, kinds_named
from router.shapes.objects import ANY_OBJECT, ObjectShape, merged
from router.shapes.scalars import ANY_NUMBER, ANY_TEXT, Numbers, Text

__all__ = [
    "ABSENT",
    "NEVER",
    "NULL",
    "UNKNOWN",
    "Elements",
    "Shape",
    "array_of",
    "constant",
    "number",
    "of_kinds",
    "one_of",
    "text",
    "union",
]

_ALTERNATIVES_MAX: Final = 512
"""Branches of an object that are told apart; the GitHub bundle has 291. Beyond, the object is unknown."""


class Elements:
    """What an array holds: shapes of the first elements, the shape of all others, and how many there are."""

    __slots__ = ("_all", "_prefix", "_rest", "length_max", "length_min")

    def __init__(
        self,
        rest: Callable[[], Shape],
        prefix: tuple[Callable[[], Shape], ...] = (),
        length_min: int = 0,
        length_max: int | None = None,
    ) -> None:
        self._rest = rest
        self._prefix = prefix
        self._all: Shape | None = None
        self.length_min = length_min
        self.length_max = length_max

    def rest(self) -> Shape:
        """Return the shape of the elements after the first ones."""
        return self._rest()

    def at(self, index: int) -> Shape:
        """Return the shape of the element at an index, not regarding whether there is one."""
        if index < 0:
            return self.all() if self._prefix else self._rest()
        return self._prefix[index]() if index < len(self._prefix) else self._rest()

    def all(self) -> Shape:
        """Return the shape that every element has."""
        if self._all is None:
            inside = self._prefix if self.length_max is None else self._prefix[: self.length_max]
            beyond = self.length_max is None or self.length_max > len(self._prefix)
            parts = [make() for make in inside] + ([self._rest()] if beyond else [])
            self._all = union(part for part in parts if part.kinds) if self._prefix else self._rest()
        return self._all

    def sized(self, length_min: int, length_max: int | None) -> Elements | None:
        """Return the same elements with tighter bounds on their number; None when there is no such number."""
        low = max(self.length_min, length_min)
        high = (
            length_max
            if self.length_max is None
            else self.length_max
            if length_max is None
            else min(self.length_max, length_max)
        )
        if high is not None and low > high:
            return None
        return Elements(self._rest, self._prefix, low, high)

    def joined(self, other: Elements) -> Elements:
        """Return elements that have both."""
        if self is other:
            return self
        high = None if self.length_max is None or other.length_max is None else max(self.length_max, other.length_max)
        first, second = self, other
        return Elements(
            lambda: first.all() | second.all(), length_min=min(self.length_min, other.length_min), length_max=high
        )

    def met(self, other: Elements) -> Elements | None:
        """Return elements that are in both."""
        if self is other or other is ANY_ELEMENTS:
            return self
        if self is ANY_ELEMENTS:
            return other
        first, second = self, other
        count = max(len(self._prefix), len(other._prefix))
        prefix = tuple((lambda i=i: first.at(i) & second.at(i)) for i in range(count))
        met = Elements(lambda: first.rest() & second.rest(), prefix, self.length_min, self.length_max)
        return met.sized(other.length_min, other.length_max)


class Shape:
    """A superset of the values that something may have. See the module."""

    __slots__ = ("_fields", "absent", "elements", "kinds", "loose", "numbers", "objects", "text")

    def __init__(
        self,
        kinds: Kind,
        *,
        text: Text = ANY_TEXT,
        numbers: Numbers = ANY_NUMBER,
        elements: Elements | None = None,
        objects: tuple[ObjectShape, ...] = (),
        loose: bool = False,
        absent: bool = False,
    ) -> None:
        if kinds & Kind.OBJECT and not objects:
            objects = (ANY_OBJECT,)
        self.kinds = kinds
        self.text = text
        self.numbers = numbers
        self.elements: Elements = ANY_ELEMENTS if elements is None else elements
        self.objects = objects if kinds & Kind.OBJECT else ()
        self.loose = loose
        self.absent = absent
        self._fields: dict[str, Shape] = {}

    # ---- questions ----------------------------------------------------------------------------------------------------------------
    @property
    def is_never(self) -> bool:
        """Say whether there is no such value."""
        return not self.kinds

    @property
    def is_unknown(self) -> bool:
        """Say whether nothing is known of its type."""
        return self.loose and self.kinds & ~Kind.NULL == ALL & ~Kind.NULL

    @property
    def may_be_null(self) -> bool:
        """Say whether the value may be null or missing."""
        return bool(self.kinds & Kind.NULL)

    @property
    def is_closed(self) -> bool:
        """Say whether every object it may be allows no fields but those it names."""
        return bool(self.objects) and all(alternative.is_closed for alternative in self.objects)

    @property
    def names(self) -> list[str]:
        """Return the fields that its objects name, in the order of the schema."""
        found: dict[str, None] = {}
        for alternative in self.objects:
            found.update(dict.fromkeys(alternative.names))
        return list(found)

    @property
    def may_be_true(self) -> bool:
        """Say whether the value may be one that JMESPath holds true: anything but null, false, "", [] and {}."""
        return not self.truthy().is_never

    @property
    def may_be_false(self) -> bool:
        """Say whether the value may be null, false, "", [] or {}."""
        return not self.falsy().is_never

    def values(self) -> list[Any] | None:
        """Return all values it may have, None where they cannot be listed."""
        if self.kinds & (Kind.ARRAY | Kind.OBJECT):
            return None
        found: list[Any] = []
        if self.kinds & Kind.STRING:
            if self.text.values is None:
                return None
            found += sorted(self.text.values)
        if self.kinds & Kind.NUMBER:
            if self.numbers.values is None:
                return None
            found += sorted(self.numbers.values)
        found += [
            value for kind, value in ((Kind.FALSE, False), (Kind.TRUE, True), (Kind.NULL, None)) if self.kinds & kind
        ]
        return found

    # ---- parts --------------------------------------------------------------------------------------------------------------------
    def field(self, name: str) -> Shape:
        """Return the shape of a field: null where it may be missing, or where the value may be no object."""
        found = self._fields.get(name)
        if found is None:
            parts = [alternative.field(name) for alternative in self.objects]
            if self.kinds & ~Kind.OBJECT:
                parts.append(ABSENT)
            found = union(parts)
            if self.loose and not found.loose:
                found = found.replace(loose=True)
            self._fields[name] = found
        return found

    def element(self) -> Shape:
        """Return the shape that every element of the array has; NEVER when it is no array, or always empty."""
        if not self.kinds & Kind.ARRAY or self.elements.length_max == 0:
            return NEVER
        found = self.elements.all()
        return found.replace(loose=True) if self.loose and not found.loose else found

    def member(self) -> Shape:
        """Return the shape that the value of every field of the object has."""
        return union(alternative.member() for alternative in self.objects)

    # ---- narrowing ----------------------------------------------------------------------------------------------------------------
    def replace(self, **changes: Any) -> Shape:
        """Return a copy with other settings."""
        kept = {
            "kinds": self.kinds, "text": self.text, "numbers": self.numbers, "elements": self.elements,
            "objects": self.objects, "loose": self.loose, "absent": self.absent,
        }  # fmt: skip
        return Shape(**{**kept, **changes})

    def only(self, kinds: Kind) -> Shape:
        """Return the part of these kinds."""
        if self.kinds & ~kinds == 0:
            return self
        return self.replace(kinds=self.kinds & kinds, absent=self.absent and bool(kinds & Kind.NULL))

    def truthy(self) -> Shape:
        """Return the part that JMESPath holds true."""
        kinds = self.kinds & ~(Kind.NULL | Kind.FALSE)
        text: Text | None = self.text
        elements: Elements | None = self.elements
        if kinds & Kind.STRING:
            text = self.text.without(_EMPTY)
            kinds = kinds if text is not None else kinds & ~Kind.STRING
        if kinds & Kind.ARRAY and self.elements.length_min == 0:
            elements = self.elements.sized(1, None)
            kinds = kinds if elements is not None else kinds & ~Kind.ARRAY
        return self.replace(kinds=kinds, text=text or self.text, elements=elements or self.elements, absent=False)

    def falsy(self) -> Shape:
        """Return the part that JMESPath holds false."""
        kinds = self.kinds & (Kind.NULL | Kind.FALSE)
        if self.kinds & Kind.STRING and self.text.has(""):
            kinds |= Kind.STRING
        if self.kinds & Kind.ARRAY and self.elements.length_min == 0:
            kinds |= Kind.ARRAY
        empty = tuple(alternative for alternative in self.objects if alternative.may_be_empty)
        if empty:
            kinds |= Kind.OBJECT
        elements = self.elements.sized(0, 0) if kinds & Kind.ARRAY else None
        return self.replace(kinds=kinds, text=Text(values=_EMPTY), elements=elements, objects=empty)

    def without(self, values: Iterable[Any]) -> Shape:
        """Return the shape less some scalar values."""
        kinds, text, numbers = self.kinds, self.text, self.numbers
        for value in values:
            kind = kind_of(value)
            if kind & (Kind.NULL | BOOLEAN):
                kinds &= ~kind
            elif kind == Kind.STRING and kinds & Kind.STRING:
                less = text.without(frozenset((value,)))
                kinds, text = (kinds, less) if less is not None else (kinds & ~Kind.STRING, text)
            elif kind == Kind.NUMBER and kinds & Kind.NUMBER:
                fewer = numbers.without(frozenset((value,)))
                kinds, numbers = (kinds, fewer) if fewer is not None else (kinds & ~Kind.NUMBER, numbers)
        return self.replace(kinds=kinds, text=text, numbers=numbers, absent=self.absent and bool(kinds & Kind.NULL))

    def refine(self, path: tuple[str, ...], narrow: Callable[[Shape], Shape]) -> Shape:
        """Return the part in which the value at a path of fields is in what `narrow` makes of its shape.

        Alternatives of objects for which it is not possible fall away, so a oneOf is told apart by its discriminator.
        """
        if not path:
            return narrow(self)
        name, rest = path[0], path[1:]
        kinds = self.kinds
        if kinds & ~Kind.OBJECT and ABSENT.refine(rest, narrow).is_never:
            kinds &= Kind.OBJECT
        kept = []
        for alternative in self.objects:
            before = alternative.field(name)
            after = before.refine(rest, narrow)
            if not after.is_never:
                kept.append(alternative if after is before else alternative.with_field(name, after))
        if not kept:
            kinds &= ~Kind.OBJECT
        return self.replace(kinds=kinds, objects=tuple(kept), absent=self.absent and bool(kinds & Kind.NULL))

    # ---- sets ---------------------------------------------------------------------------------------------------------------------
    def __or__(self, other: Shape) -> Shape:
        """Return a shape that has both."""
        if self is other or other.is_never:
            return self
        if self.is_never:
            return other
        mine, theirs = self.kinds, other.kinds
        objects = self.objects
        if other.objects and objects is not other.objects:
            known = {alternative.key for alternative in objects}
            objects += tuple(alternative for alternative in other.objects if alternative.key not in known)
            if len(objects) > _ALTERNATIVES_MAX:
                objects = (ANY_OBJECT,)
        return Shape(
            mine | theirs,
            text=_either(self.text, other.text, mine, theirs, Kind.STRING),
            numbers=_either(self.numbers, other.numbers, mine, theirs, Kind.NUMBER),
            elements=_either(self.elements, other.elements, mine, theirs, Kind.ARRAY),
            objects=objects,
            loose=self.loose or other.loose,
            absent=self.absent or other.absent,
        )

    def __and__(self, other: Shape) -> Shape:
        """Return a shape that has what is in both."""
        if self is other or other is UNKNOWN:
            return self
        if self is UNKNOWN:
            return other
        kinds = self.kinds & other.kinds
        text = self.text.met(other.text) if kinds & Kind.STRING else ANY_TEXT
        numbers = self.numbers.met(other.numbers) if kinds & Kind.NUMBER else ANY_NUMBER
        elements = self.elements.met(other.elements) if kinds & Kind.ARRAY else ANY_ELEMENTS
        objects, is_widened = (
            merged(self.objects, other.objects, _ALTERNATIVES_MAX) if kinds & Kind.OBJECT else ((), False)
        )
        for kind, part in ((Kind.STRING, text), (Kind.NUMBER, numbers), (Kind.ARRAY, elements)):
            if part is None:
                kinds &= ~kind
        if not objects:
            kinds &= ~Kind.OBJECT
        return Shape(
            kinds,
            text=text or ANY_TEXT,
            numbers=numbers or ANY_NUMBER,
            elements=elements,
            objects=objects,
            loose=(self.loose and other.loose) or is_widened,
            absent=self.absent and other.absent,
        )

    def __repr__(self) -> str:
        return f"<Shape {self.describe()}>"

    def describe(self) -> str:
        """Return the shape in words, for a message: `string, one of 'new', 'paid'`."""
        from router.shapes.description import described

        return described(self)

    def types(self) -> list[str]:
        """Return the names of the types it may have."""
        return kinds_named(self.kinds)


def _either(first: Any, second: Any, mine: Kind, theirs: Kind, kind: Kind) -> Any:
    if not theirs & kind:
        return first
    return first.joined(second) if mine & kind else second


_EMPTY: Final = frozenset(("",))
NEVER: Final = Shape.__new__(Shape)
UNKNOWN: Final = Shape.__new__(Shape)
ANY_ELEMENTS: Final = Elements(lambda: UNKNOWN)
NEVER.__init__(Kind(0))  # type: ignore[misc]
UNKNOWN.__init__(ALL, loose=True)  # type: ignore[misc]
NULL: Final = Shape(Kind.NULL)
ABSENT: Final = Shape(Kind.NULL, absent=True)


def union(shapes: Iterable[Shape]) -> Shape:
    """Return a shape that has all of these."""
    found = NEVER
    for shape in shapes:
        found = found | shape
    return found


def of_kinds(kinds: Kind) -> Shape:
    """Return the shape of all values of some kinds."""
    return Shape(kinds)


def one_of(values: Iterable[Any]) -> Shape:
    """Return the shape of listed values; what stands inside arrays and objects is not kept."""
    kinds = Kind(0)
    strings: list[str] = []
    numbers: list[float] = []
    for value in values:
        kind = kind_of(value)
        kinds |= kind
        if kind == Kind.STRING:
            strings.append(value)
        elif kind == Kind.NUMBER:
            numbers.append(value)
    return Shape(
        kinds,
        text=Text(values=frozenset(strings)) if strings else ANY_TEXT,
        numbers=Numbers(values=frozenset(numbers)) if numbers else ANY_NUMBER,
    )


def constant(value: Any) -> Shape:
    """Return the shape of one value, elements of an array and fields of an object included."""
    if isinstance(value, list | tuple):
        parts = tuple(constant(item) for item in value)
        prefix = tuple((lambda part=part: part) for part in parts)
        return Shape(Kind.ARRAY, elements=Elements(lambda: NEVER, prefix, len(parts), len(parts)))
    if isinstance(value, dict):
        return Shape(Kind.OBJECT, objects=(ObjectShape.of({name: constant(item) for name, item in value.items()}),))
    return one_of((value,))


def array_of(item: Shape, length_min: int = 0, length_max: int | None = None) -> Shape:
    """Return the shape of arrays of something."""
    if item.is_never:
        length_max = 0
    return Shape(Kind.ARRAY, elements=Elements(lambda: item, (), length_min, length_max))


def text(**known: Any) -> Shape:
    """Return the shape of strings, with what is known of them: see Text."""
    return Shape(Kind.STRING, text=Text(**known))


def number(**known: Any) -> Shape:
    """Return the shape of numbers, with what is known of them: see Numbers."""
    return Shape(Kind.NUMBER, numbers=Numbers(**known))
