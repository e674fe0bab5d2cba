"""Every value that a schema accepts is in its shape: the JSON Schema test suite, GitHub's and Google's payloads, made-up schemas."""

from __future__ import annotations

import json
import posixpath
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.shapes import SchemaShapes, shape_of
from router.shapes.membership import admits
from tests.corpora import corpus, corpus_lines

DIALECTS = {
    "draft4": "http://json-schema.org/draft-04/schema",
    "draft7": "http://json-schema.org/draft-07/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}


@pytest.mark.parametrize("draft", DIALECTS)
def test_valid_instances_of_the_test_suite_are_in_their_shapes(draft: str) -> None:
    seen, missing = 0, []
    for path in sorted(corpus("json-schema-test-suite", "tests", draft).rglob("*.json")):
        if path.stem == "vocabulary":  # a meta-schema of its own, which the compiler of payload schemas refuses
            continue
        for group in json.loads(path.read_text(encoding="utf-8")):
            for case in group["tests"]:
                if not case["valid"]:
                    continue
                seen += 1
                shape = SchemaShapes().shape(group["schema"], dialect=DIALECTS[draft])
                if not admits(shape, case["data"]):
                    missing.append(f"{path.name}: {group['description']}: {case['description']}")
    assert seen > 300
    assert missing == []


def test_github_s_payloads_are_in_the_shapes_of_their_schemas() -> None:
    documents = {row["id"]: row["schema"] for row in corpus_lines("github-webhooks", "schemas.jsonl")}

    def resolve(base: str, reference: str) -> tuple[str, Any] | None:
        name = posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))
        return (name, documents[name]) if name in documents else None

    library = SchemaShapes(resolve)
    seen = 0
    for row in corpus_lines("github-webhooks", "examples.jsonl"):
        for name in row["valid_against"]:
            seen += 1
            assert admits(library.shape(documents[name], name), row["payload"]), name
    assert seen > 100


def test_github_s_bundle_tells_its_branches_apart() -> None:
    bundle = json.loads(corpus("github-webhooks", "schema.bundle.draft7.json").read_text(encoding="utf-8"))
    shape = shape_of(bundle)
    assert len(shape.objects) > 200
    for row in corpus_lines("github-webhooks", "examples.jsonl"):
        if row["valid_against"]:
            assert admits(shape, row["payload"])


def test_google_s_payloads_are_in_some_shape() -> None:
    shapes = [shape_of(row["schema"]) for row in corpus_lines("google-cloudevents", "schemas.jsonl")]
    for row in corpus_lines("google-cloudevents", "testdata.jsonl"):
        assert any(admits(shape, row["payload"]) for shape in shapes), row["name"]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abk"), inner, max_size=3),
    max_leaves=6,
)
leaves = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
        | st.lists(st.sampled_from(["null", "number", "string", "object"]), min_size=1, max_size=2, unique=True),
        "enum": st.lists(values, min_size=1, max_size=3),
        "const": values,
        "minimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 3),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 3),
        "pattern": st.sampled_from(["^a", "b$", "c"]),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "required": st.lists(st.sampled_from("abk"), max_size=2, unique=True),
    },
)


def _composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=2)
    return st.builds(
        lambda leaf, more: {**leaf, **more},
        leaves,
        st.fixed_dictionaries(
            {},
            optional={
                "properties": st.dictionaries(st.sampled_from("abk"), inner, max_size=2),
                "additionalProperties": inner | st.booleans(),
                "patternProperties": st.dictionaries(st.sampled_from(["^a", "k"]), inner, max_size=1),
                "unevaluatedProperties": st.just(False),
                "items": inner | st.booleans(),
                "prefixItems": some,
                "allOf": some,
                "anyOf": some,
                "oneOf": some,
                "not": inner,
                "if": inner | st.just({"properties": {"k": {"const": "a"}}}),
                "then": inner,
                "else": inner,
                "dependentSchemas": st.dictionaries(st.sampled_from("ak"), inner, max_size=1),
            },
        ),
    )


@given(st.recursive(leaves | st.booleans(), _composed, max_leaves=6), st.lists(values, min_size=8, max_size=16))
def test_what_a_schema_accepts_is_in_its_shape(schema: Any, instances: list[Any]) -> None:
    validator = jsonschema_rs.validator_for(
        {**schema, "$schema": DIALECTS["draft2020-12"]} if isinstance(schema, dict) else schema
    )
    shape = shape_of(schema)
    for instance in instances:
        if validator.is_valid(instance):
            assert admits(shape, instance)
            truth = shape.truthy() if instance or (instance == 0 and instance is not False) else shape.falsy()
            assert admits(truth, instance)


@given(leaves, leaves, st.lists(values, min_size=8, max_size=16))
def test_unions_and_intersections_have_what_they_should(first: Any, second: Any, instances: list[Any]) -> None:
    mine, theirs = shape_of(first), shape_of(second)
    for instance in instances:
        if admits(mine, instance):
            assert admits(mine | theirs, instance)
            assert admits(theirs | mine, instance)
            if admits(theirs, instance):
                assert admits(mine & theirs, instance)
                assert admits(theirs & mine, instance)
