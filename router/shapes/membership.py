"""Membership: whether a value is in a shape. The other half of the promise that shapes make, by which tests hold them to it."""

from __future__ import annotations

from typing import Any

from router.shapes.kinds import Kind, kind_of
from router.shapes.objects import ObjectShape, Presence
from router.shapes.shape import Shape

__all__ = ["admits"]


def admits(shape: Shape, value: Any) -> bool:
    """Say whether a JSON value is among those that a shape stands for."""
    kind = kind_of(value)
    if not shape.kinds & kind:
        return False
    if kind == Kind.STRING:
        return shape.text.has(value)
    if kind == Kind.NUMBER:
        return shape.numbers.has(value)
    if kind == Kind.ARRAY:
        return _holds_elements(shape, value)
    if kind == Kind.OBJECT:
        return any(_holds_fields(alternative, value) for alternative in shape.objects)
    return True


def _holds_elements(shape: Shape, values: list[Any]) -> bool:
    elements = shape.elements
    if len(values) < elements.length_min or (elements.length_max is not None and len(values) > elements.length_max):
        return False
    return all(
        admits(elements.at(index), value) and admits(elements.all(), value) for index, value in enumerate(values)
    )


def _holds_fields(alternative: ObjectShape, fields: dict[str, Any]) -> bool:
    if not alternative.required <= fields.keys():
        return False
    for name, value in fields.items():
        if alternative.presence(name) is Presence.FORBIDDEN or not admits(alternative.field(name), value):
            return False
    return all(admits(shape, fields.get(name)) for name, shape in alternative.overrides.items())
