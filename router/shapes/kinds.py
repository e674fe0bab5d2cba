"""Kinds: the JSON types a value may have, as a set. True and false are kinds of their own, so that a condition's outcome is a shape too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

__all__ = ["ALL", "BOOLEAN", "NAMES", "Kind", "kind_of", "kinds_named"]

if TYPE_CHECKING:
    from enum import IntFlag

    class Kind(IntFlag):
        """One bit for each kind of value."""

        NULL = 1
        FALSE = 2
        TRUE = 4
        NUMBER = 8
        STRING = 16
        ARRAY = 32
        OBJECT = 64

else:

    class Kind(int):
        """One bit for each kind of value. Plain numbers at run time: an IntFlag's operators took half of the time of an inference."""

        NULL = 1
        FALSE = 2
        TRUE = 4
        NUMBER = 8
        STRING = 16
        ARRAY = 32
        OBJECT = 64


BOOLEAN: Final = Kind.FALSE | Kind.TRUE
ALL: Final = Kind.NULL | BOOLEAN | Kind.NUMBER | Kind.STRING | Kind.ARRAY | Kind.OBJECT

NAMES: Final[dict[str, Kind]] = {
    "null": Kind.NULL,
    "boolean": BOOLEAN,
    "number": Kind.NUMBER,
    "integer": Kind.NUMBER,
    "string": Kind.STRING,
    "array": Kind.ARRAY,
    "object": Kind.OBJECT,
}
"""The kinds that each type name of JSON Schema stands for."""


def kind_of(value: Any) -> Kind:
    """Return the kind of a JSON value."""
    if value is None:
        return Kind.NULL
    if isinstance(value, bool):
        return Kind.TRUE if value else Kind.FALSE
    if isinstance(value, str):
        return Kind.STRING
    if isinstance(value, int | float):
        return Kind.NUMBER
    return Kind.ARRAY if isinstance(value, list | tuple) else Kind.OBJECT


def kinds_named(kinds: Kind) -> list[str]:
    """Return the type names of a set of kinds, as a message lists them; null comes last."""
    found = [name for name in ("string", "number", "array", "object") if kinds & NAMES[name]]
    if kinds & BOOLEAN:
        found.append("boolean" if kinds & BOOLEAN == BOOLEAN else "true" if kinds & Kind.TRUE else "false")
    if kinds & Kind.NULL:
        found.append("null")
    return found
