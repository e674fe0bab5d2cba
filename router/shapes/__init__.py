"""Shapes: what is known of a value before there is one, read from JSON Schemas. The types of the filter and template checkers.

A schema goes in, a `Shape` comes out: a set of values that surely has every value the schema accepts. See `router.shapes.shape`. Nothing
here knows filters, templates or YAML.
"""

from router.shapes.event import event_shape
from router.shapes.kinds import ALL, BOOLEAN, Kind
from router.shapes.objects import ObjectShape, Presence
from router.shapes.resources import Resolver, file_resolver, no_files
from router.shapes.schema import SchemaShapes, shape_of
from router.shapes.shape import (
    ABSENT,
    NEVER,
    NULL,
    UNKNOWN,
    Elements,
    Shape,
    array_of,
    constant,
    number,
    of_kinds,
    one_of,
    text,
    union,
)

__all__ = [
    "ABSENT",
    "ALL",
    "BOOLEAN",
    "NEVER",
    "NULL",
    "UNKNOWN",
    "Elements",
    "Kind",
    "ObjectShape",
    "Presence",
    "Resolver",
    "SchemaShapes",
    "Shape",
    "array_of",
    "constant",
    "event_shape",
    "file_resolver",
    "no_files",
    "number",
    "of_kinds",
    "one_of",
    "shape_of",
    "text",
    "union",
]
