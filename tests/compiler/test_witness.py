"""Payloads made from schemas alone are valid, small, and always the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.compiler.witness import NOTHING, witness
from router.payloads import compile_schema
from tests.corpora import corpus_lines


def _witness(schema: Any, *, every: bool = False) -> Any:
    compiled = compile_schema(schema, base="s.json", read=_nothing)
    return witness(schema, base="s.json", read=_nothing, is_valid=compiled.is_valid, all_properties=every)


def _nothing(name: str) -> bytes:
    raise FileNotFoundError(name)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (True, {}),
        ({}, {}),
        (
            {"type": "object", "required": ["total"], "properties": {"total": {"type": "number", "minimum": 5}}},
            {"total": 5},
        ),
        ({"type": "integer", "exclusiveMinimum": 2, "multipleOf": 5}, 5),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.1}, 0.05),
        ({"enum": ["new", "paid"]}, "new"),
        ({"const": {"a": [1]}}, {"a": [1]}),
        ({"type": "string", "pattern": "^ord_[0-9A-Z]{3,}$"}, "ord_000"),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00Z"),
        ({"type": "string", "minLength": 3}, "aaa"),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 2, "uniqueItems": True}, [1, 2]),
        ({"type": ["null", "string"]}, "a"),
        ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"const": 1}}}]}, {"a": 1}),
        ({"oneOf": [False, {"type": "string", "maxLength": 0}]}, ""),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$anchor": "here", "type": "null"}}}, None),
        ({"type": "object", "minProperties": 2}, {"key0": "a", "key1": "a"}),
        (
            {
                "if": {"properties": {"k": {"const": "x"}}, "required": ["k"]},
                "else": {"required": ["y"]},
                "required": ["k"],
            },
            {"k": "a", "y": "a"},
        ),
    ],
)
def test_the_simplest_payload(schema: Any, expected: Any) -> None:
    found = _witness(schema)
    assert found is not NOTHING
    assert compile_schema(schema, base="s.json", read=_nothing).is_valid(found)
    assert found == expected


@pytest.mark.parametrize(
    "schema", [False, {"allOf": [{"type": "string"}, {"type": "number"}]}, {"enum": [1], "type": "string"}]
)
def test_no_payload_where_there_is_none(schema: Any) -> None:
    assert _witness(schema) is NOTHING


def test_a_recursive_schema_ends() -> None:
    tree = {
        "$id": "tree",
        "type": "object",
        "required": ["value"],
        "properties": {"value": {"type": "integer"}, "left": {"$ref": "#"}},
    }
    assert _witness(tree) == {"value": 0}
    assert _witness({"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#"}}}) is NOTHING


_SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "integer", "minimum": 3},
            {"enum": ["a", 1, None]},
            {"type": "boolean"},
            {"const": 0},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(
            lambda known, wanted: {
                "type": "object",
                "properties": known,
                "required": sorted(known)[:wanted],
                "additionalProperties": False,
            },
            st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
            st.integers(0, 3),
        ),
        st.builds(lambda item, least: {"type": "array", "items": item, "minItems": least}, inner, st.integers(0, 2)),
        st.builds(lambda first, second: {"anyOf": [first, second]}, inner, inner),
    ),
    max_leaves=8,
)


@given(_SCHEMAS, st.booleans())
def test_whatever_is_found_is_valid_and_simple_schemas_have_one(schema: Any, every: bool) -> None:
    found = _witness(schema, every=every)
    assert found is not NOTHING
    assert compile_schema(schema, base="s.json", read=_nothing).is_valid(found)
    assert json.dumps(found) == json.dumps(_witness(schema, every=every))


@pytest.mark.parametrize(("folder", "share"), [("github-webhooks", 0.99), ("google-cloudevents", 0.99)])
def test_real_schemas_have_witnesses(folder: str, share: float) -> None:
    documents = {row.get("id") or row["name"]: row["schema"] for row in corpus_lines(folder, "schemas.jsonl")}

    def read(name: str) -> bytes:
        return json.dumps(documents[name if name in documents else name.removesuffix(".json")]).encode()

    found = 0
    for name, document in documents.items():
        compiled = compile_schema(document, base=name, read=read)
        found += witness(document, base=name, read=read, is_valid=compiled.is_valid) is not NOTHING
    assert found >= share * len(documents)
