"""Event: the shape of the root object that filters and templates see, from the shapes of the payloads of some event types.

Each type is an alternative of the root, told apart by `type`, so that `type == 'order.paid' && …` narrows `data` by itself. The
attributes are those of CloudEvents 1.0.2, section 3.1; extensions are fields that are not named, so a root has any other field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.event import CORE_ATTRIBUTES
from router.shapes.kinds import BOOLEAN, Kind
from router.shapes.objects import ObjectPart, ObjectShape
from router.shapes.scalars import Numbers, Text
from router.shapes.shape import ABSENT, UNKNOWN, Shape, constant

__all__ = ["ATTRIBUTES", "event_shape", "is_extension_name"]

_NAME: Final = Shape(Kind.STRING, text=Text(length_min=1))
_EXTENSION: Final = Shape(Kind.STRING | Kind.NUMBER | BOOLEAN, numbers=Numbers(integer=True), loose=True)

ATTRIBUTES: Final[Mapping[str, Shape]] = {
    "id": _NAME,
    "source": _NAME,
    "type": _NAME,
    "specversion": constant("1.0"),
    "time": Shape(Kind.STRING, text=Text(length_min=1, format="date-time")) | ABSENT,
    "subject": _NAME | ABSENT,
    "datacontenttype": _NAME | ABSENT,
    "dataschema": _NAME | ABSENT,
}
"""The context attributes, in the order we write them, less `data`."""

_REQUIRED: Final = frozenset(("id", "source", "type", "specversion", "data"))


def is_extension_name(name: str) -> bool:
    """Say whether an extension may have this name: lower-case letters and digits (CloudEvents 1.0.2, section 3.1)."""
    return name.isascii() and name.isalnum() and name == name.lower() and name not in CORE_ATTRIBUTES


def event_shape(types: Mapping[str, Shape]) -> Shape:
    """Return the shape of events of these types, each with the shape of its payload (UNKNOWN where it has no schema)."""
    if not types:
        return Shape(Kind.OBJECT, objects=(_alternative(None, UNKNOWN),))
    return Shape(Kind.OBJECT, objects=tuple(_alternative(name, data) for name, data in types.items()))


def _alternative(name: str | None, data: Shape) -> ObjectShape:
    known = {**ATTRIBUTES, "data": data}
    if name is not None:
        known["type"] = constant(name)
    fields = {field: (lambda shape=shape: shape) for field, shape in known.items()}
    return ObjectShape((ObjectPart(fields, additional=lambda: _EXTENSION, required=_REQUIRED),), label=name)
