"""Explanations: one plain sentence, with a place, bounded, for every keyword."""

from __future__ import annotations

from typing import Any

import pytest

from router.payloads import compile_schema


def explain(schema: Any, data: Any) -> list[tuple[str, str]]:
    def read(name: str) -> bytes:
        raise FileNotFoundError(name)

    found = compile_schema(schema, base="a.json", read=read).violations(data)
    return [(violation.pointer, violation.detail) for violation in found]


@pytest.mark.parametrize(
    ("schema", "data", "detail"),
    [
        ({"type": "integer"}, "x", 'must be an integer; found the string "x"'),
        ({"type": "object"}, [1], "must be an object; found an array"),
        ({"type": ["null", "string"]}, 1.5, "must be a string or null; found 1.5"),
        ({"type": ["array", "boolean", "object"]}, None, "must be an array, a boolean or an object; found null"),
        ({"type": "string"}, {"a": 1}, "must be a string; found an object"),
        ({"required": ["id"]}, {}, "`id` is missing"),
        ({"additionalProperties": False}, {"x": 1}, "has an unknown member"),
        ({"properties": {"y": True}, "additionalProperties": False}, {"x": 1}, "has an unknown member: `x`"),
        ({"properties": {"y": True}, "additionalProperties": False}, {f"m{i}": 1 for i in range(10)}, "has unknown members: " + ", ".join(f"`m{i}`" for i in range(8)) + " and 2 more"),
        ({"unevaluatedProperties": False}, {"x": 1}, "has an unknown member: `x`"),
        ({"unevaluatedItems": False}, [1, 2], "has 2 items more than allowed"),
        ({"enum": ["a", 1, None]}, "b", 'must be one of "a", 1, null; found "b"'),
        ({"const": True}, False, "must be true; found false"),
        ({"minimum": 0}, -5, "must be at least 0; found -5"),
        ({"maximum": 0.5}, 5, "must be at most 0.5; found 5"),
        ({"exclusiveMinimum": 0}, 0, "must be greater than 0; found 0"),
        ({"exclusiveMaximum": 0}, 0, "must be less than 0; found 0"),
        ({"multipleOf": 2}, 3, "must be a multiple of 2; found 3"),
        ({"minLength": 1}, "", 'must have at least 1 character; found ""'),
        ({"maxLength": 2}, "abc", "must have at most 2 characters; has 3"),
        ({"pattern": "^a"}, "b", 'must match the pattern `^a`; found "b"'),
        ({"minItems": 2}, [1], "must have at least 2 items; has 1"),
        ({"maxItems": 1}, [1, 2], "must have at most 1 item; has 2"),
        ({"uniqueItems": True}, [1, 1], "must not hold the same item twice"),
        ({"contains": {"const": 1}}, [2], "holds no item of the kind that `contains` asks for"),
        ({"minProperties": 1}, {}, "must have at least 1 member; has 0"),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, "must have at most 1 member; has 2"),
        ({"propertyNames": {"pattern": "^[a-z]+$"}}, {"A": 1}, 'the name "A" must match the pattern `^[a-z]+$`; found "A"'),
        ({"not": {"type": "string"}}, "x", "has a form that `not` excludes"),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "`b` is missing"),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, "`b` is missing"),
        ({"oneOf": [{"type": "integer"}, {"minimum": 0}]}, 1, "must match exactly one of the 2 forms allowed here, but matches more"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "items": [True], "additionalItems": False}, [1, 2], "must have at most 1 item; has 2"),
    ],
)  # fmt: skip
def test_sentence(schema: Any, data: Any, detail: str) -> None:
    assert explain(schema, data) == [("", detail)]


def test_pointers_are_escaped() -> None:
    schema = {"additionalProperties": {"items": {"type": "string"}}}
    assert [pointer for pointer, _ in explain(schema, {"a/b~c": ["x", 1]})] == ["/a~1b~0c/1"]


def test_values_and_names_are_cut() -> None:
    long = "x" * 10_000
    cases: list[tuple[Any, Any]] = [
        ({"const": long}, long + "y"),
        ({"enum": [long] * 20}, 1),
        ({"pattern": "^" + "a" * 1000}, long),
        ({"required": [long]}, {}),
        ({"additionalProperties": False}, {long + str(i): 1 for i in range(20)}),
        ({"propertyNames": {"maxLength": 3}}, {long: 1}),
        ({"maximum": 1}, 10**300),
    ]
    for schema, data in cases:
        for _, detail in explain(schema, data):
            assert len(detail) < 800


class TestUnions:
    def test_types_are_joined(self) -> None:
        assert explain({"anyOf": [{"type": "integer"}, {"type": "null"}, {"type": "boolean"}]}, "x") == [
            ("", 'must be a boolean, an integer or null; found the string "x"')
        ]

    def test_the_branch_of_the_right_type_is_explained(self) -> None:
        schema = {
            "oneOf": [
                {"type": "null"},
                {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
            ]
        }
        assert explain(schema, {"id": "x"}) == [
            ("/id", 'must be an integer; found the string "x" (in the nearest of the 2 forms allowed here)')
        ]

    def test_the_branch_whose_constant_fits_is_explained(self) -> None:
        branches = [
            {
                "properties": {"kind": {"const": kind}, "size": {"type": "integer", "minimum": 1}},
                "required": ["kind", "size", kind],
            }
            for kind in ("circle", "square", "line")
        ]
        found = explain({"oneOf": branches}, {"kind": "square", "size": 0, "square": 1})
        assert found == [("/size", "must be at least 1; found 0 (in the nearest of the 3 forms allowed here)")]

    def test_an_unknown_constant_is_told_all(self) -> None:
        branches = [
            {"properties": {"kind": {"const": kind}}, "required": ["kind", kind]} for kind in ("circle", "square")
        ]
        assert explain({"anyOf": branches}, {"kind": "blob"}) == [
            ("/kind", 'must be one of "circle", "square"; found "blob"')
        ]

    def test_unions_within_unions_end(self) -> None:
        schema: Any = {"type": "integer"}
        for _ in range(30):
            schema = {"anyOf": [*[schema, {"properties": {"a": schema}, "type": "object"}][:1], {"const": 0}]}
        assert len(explain(schema, "x")) == 1
