"""Shapes from schemas: fields, null, references, narrowing, and how they are told in messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router.shapes import (
    ABSENT,
    NEVER,
    UNKNOWN,
    Kind,
    Shape,
    constant,
    event_shape,
    file_resolver,
    one_of,
    shape_of,
    union,
)
from router.shapes.event import is_extension_name


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"enum": ["new", "paid"]}, "string, one of 'new', 'paid'"),
        ({"const": "x"}, "string, always 'x'"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"type": "integer", "minimum": 0, "maximum": 9}, "integer from 0 to 9"),
        ({"type": "number", "exclusiveMinimum": 0}, "number above 0"),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"type": "array", "items": {"type": "string"}}, "array of strings"),
        ({"type": "boolean"}, "boolean"),
        ({}, "anything"),
        (False, "nothing"),
    ],
)
def test_a_shape_in_words(schema: Any, words: str) -> None:
    assert shape_of(schema).describe() == words


def test_an_optional_field_may_be_missing() -> None:
    shape = shape_of({**_object(a={"type": "string"}, b={"type": "string"}), "required": ["a"]})
    assert not shape.field("a").may_be_null
    assert shape.field("b").may_be_null
    assert shape.field("b").absent
    assert shape.field("c").is_unknown


def test_a_closed_object_has_no_other_field() -> None:
    shape = shape_of({**_object(a={}), "additionalProperties": False})
    assert shape.is_closed
    assert shape.field("b").kinds == Kind.NULL


def test_pattern_properties_are_fields() -> None:
    shape = shape_of(
        {"type": "object", "patternProperties": {"^x-": {"type": "number"}}, "additionalProperties": False}
    )
    assert shape.field("x-a").only(~Kind.NULL).describe() == "number"
    assert shape.field("y").kinds == Kind.NULL


def test_all_of_is_an_intersection() -> None:
    shape = shape_of(
        {"allOf": [_object(a={"type": ["string", "number"]}), {**_object(a={"type": "string"}), "required": ["a"]}]}
    )
    assert shape.field("a").describe() == "string"


def test_if_then_else_on_a_constant_tells_alternatives_apart() -> None:
    shape = shape_of(
        {
            **_object(kind={"enum": ["a", "b"]}, note={"type": "string"}),
            "required": ["kind"],
            "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
            "then": {"required": ["note"]},
        }
    )
    assert shape.field("note").may_be_null
    narrowed = shape.refine(("kind",), lambda kind: kind & constant("a"))
    assert not narrowed.field("note").may_be_null


def test_a_recursive_schema_is_finite() -> None:
    shape = shape_of(
        {"$ref": "#/$defs/tree", "$defs": {"tree": _object(left={"$ref": "#/$defs/tree"}, v={"type": "number"})}}
    )
    for _ in range(50):
        assert shape.field("v").only(~Kind.NULL).describe() == "number"
        shape = shape.field("left")
    assert shape_of({"$ref": "#"}).is_unknown


def test_references_reach_other_files_and_anchors() -> None:
    files = {
        "schemas/money.json": json.dumps({"$defs": {"amount": {"$anchor": "amount", "type": "number"}}}).encode(),
        "schemas/deep/names.yaml": b"type: string\n",
    }

    def read(name: str) -> bytes:
        if name not in files:
            raise FileNotFoundError(name)
        return files[name]

    schema = {
        "$id": "https://example.com/schemas/order.json",
        **_object(
            a={"$ref": "money.json#/$defs/amount"},
            b={"$ref": "money.json#amount"},
            c={"$ref": "deep/names.yaml"},
            d={"$ref": "gone.json"},
        ),
    }
    shape = shape_of(schema, base="schemas/order.json", resolve=file_resolver(read))
    assert shape.field("a").only(~Kind.NULL).describe() == "number"
    assert shape.field("b").only(~Kind.NULL).describe() == "number"
    assert shape.field("c").only(~Kind.NULL).describe() == "string"
    assert shape.field("d").is_unknown


def test_keywords_beside_a_reference_count_from_2019_on() -> None:
    schema = {"$defs": {"s": {"type": "string"}}, "$ref": "#/$defs/s", "enum": ["a"]}
    assert shape_of(schema).values() == ["a"]
    assert shape_of({**schema, "$schema": "http://json-schema.org/draft-07/schema#"}).values() is None


def test_unevaluated_properties_close_what_all_of_names() -> None:
    shape = shape_of({"allOf": [_object(a={})], **_object(b={}), "unevaluatedProperties": False})
    assert shape.names == ["b", "a"]
    assert shape.field("c").kinds == Kind.NULL


def test_truth_follows_jmespath() -> None:
    assert not shape_of({"type": "number"}).may_be_false
    assert shape_of({"type": "string"}).may_be_false
    assert not shape_of({"type": "string", "minLength": 1}).may_be_false
    assert shape_of({"type": "array"}).may_be_false
    assert not shape_of({"type": "array", "minItems": 1}).may_be_false
    assert not shape_of({"type": "object", "required": ["a"]}).may_be_false
    assert not shape_of({"const": ""}).may_be_true


def test_sets_of_numbers_know_their_edges() -> None:
    shape = shape_of({"type": "integer", "minimum": 1, "maximum": 3})
    assert shape.without([1]).numbers.minimum == 2
    assert shape.without([1, 2, 3]).is_never
    assert (shape & shape_of({"exclusiveMaximum": 2})).numbers.has(1)
    assert (shape & shape_of({"minimum": 4})).is_never


def test_unions() -> None:
    assert union([]) is NEVER
    assert (one_of(["a"]) | one_of(["b", None])).values() == ["a", "b", None]
    assert (UNKNOWN | one_of(["a"])).is_unknown
    assert (one_of(["a"]) | ABSENT).absent


def test_the_event_has_its_attributes_and_tells_types_apart() -> None:
    event = event_shape({"a": shape_of(_object(x={"type": "string"})), "b": UNKNOWN})
    assert event.field("type").values() == ["a", "b"]
    assert event.field("subject").may_be_null
    assert event.refine(("type",), lambda shape: shape & constant("a")).field("data").names == ["x"]
    assert event.field("traceparent").loose
    assert event_shape({}).field("data").is_unknown
    assert is_extension_name("traceparent")
    assert not is_extension_name("event_type")
    assert not is_extension_name("time")


def test_the_number_of_alternatives_is_bounded() -> None:
    branches = [_object(**{f"f{number}": {"type": "string"}}) for number in range(600)]
    shape: Shape = shape_of({"oneOf": branches})
    assert len(shape.objects) <= 512
    assert shape.field("anything").may_be_null
