"""Inference is sound: what a filter returns is in the shape it was given, and what is proven never to hold never does."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from router.filters import Filter, FilterError
from router.filters.inference import Inference, infer
from router.filters.inference_scope import Scope
from router.filters.inference_tree import rebased
from router.filters.parser import parse
from router.shapes import UNKNOWN, constant, event_shape, shape_of
from router.shapes.membership import admits
from tests.corpora import corpus

NAMES = "abk"
texts = st.sampled_from(["", "a", "b", "abc"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
scalars = st.sampled_from(
    [
        {"type": "string"},
        {"enum": ["a", "b"]},
        {"enum": ["a", None]},
        {"type": "string", "minLength": 1},
        {"type": ["string", "null"]},
        {"type": "number"},
        {"type": "integer", "minimum": 0, "maximum": 2},
        {"type": "boolean"},
        {"const": "abc"},
        {"type": ["number", "string"]},
        {},
    ]
)


def _object(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)},
        optional={
            "required": st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
            "additionalProperties": st.booleans(),
        },
    )


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    arrays = st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"minItems": st.integers(0, 2)})
    return arrays | _object(inner) | st.builds(lambda some: {"oneOf": some}, st.lists(inner, min_size=2, max_size=2))


schemas = _object(st.recursive(scalars, _wider, max_leaves=5)) | st.builds(
    lambda some: {"anyOf": some}, st.lists(_object(st.recursive(scalars, _wider, max_leaves=4)), min_size=2, max_size=2)
)
literals = st.sampled_from(
    ["'a'", "'b'", "''", "`1`", "`0`", "`null`", "`true`", "`false`", "`[]`", "['a', 'b']", "`{}`"]
)
paths = st.sampled_from(
    [
        "a",
        "b",
        "k",
        "a.b",
        "a.k",
        "b.a.k",
        "@",
        "a[0]",
        "a[*]",
        "a[*].b",
        "a[0].b",
        "b[]",
        "a[-1]",
        "a.*",
        "a[1:]",
        "k[].a",
    ]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    unary = st.sampled_from(
        ["length", "type", "to_string", "to_number", "not_null", "lower", "keys", "values", "abs", "sort"]
    )
    more = st.sampled_from(["max", "min", "sum", "avg", "reverse", "to_array", "ceil", "floor"])
    binary = st.sampled_from(["contains", "starts_with", "ends_with", "prefix", "suffix", "any_in", "glob"])
    return st.one_of(
        st.builds("{} && {}".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("{} {} {}".format, paths, signs, literals),
        st.builds("{} {} {}".format, literals, signs, paths),
        st.builds("{} {} {}".format, paths, signs, paths),
        st.builds("{}({})".format, unary | more, inner),
        st.builds("{}({}, {})".format, binary, paths, literals | paths),
        st.builds("contains({}, {})".format, literals, paths),
        st.builds("{}(a, &{})".format, st.sampled_from(["max_by", "min_by", "sort_by"]), paths),
        st.builds("map(&{}, a)".format, inner),
        st.builds("{} | {}".format, inner, inner),
        st.builds("{}[?{}].{}".format, st.sampled_from("abk"), inner, st.sampled_from("abk")),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{a: {}, b: {}}}".format, inner, inner),
        st.builds("({}).{}".format, inner, st.sampled_from("abk")),
        st.builds("length({}) {} {}".format, paths, signs, st.sampled_from(["`0`", "`1`", "`2`"])),
        st.builds("type({}) == {}".format, paths, st.sampled_from(["'string'", "'null'", "'array'", "'number'"])),
    )


expressions = st.recursive(paths | literals, _larger, max_leaves=6)


@given(schemas, expressions, st.lists(_object(st.just({})).flatmap(lambda _: values), min_size=1, max_size=4))
def test_a_filter_s_value_is_in_its_shape(schema: Any, expression: str, instances: list[Any]) -> None:
    _check(
        schema, expression, [each if isinstance(each, dict) else {"a": each, "b": each, "k": "a"} for each in instances]
    )


def _check(schema: Any, expression: str, instances: list[Any]) -> None:
    validator = jsonschema_rs.validator_for({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    valid = [instance for instance in instances if validator.is_valid(instance)]
    assume(valid)
    try:
        compiled = Filter(expression)
    except ValueError:
        return
    shape = shape_of(schema)
    tree = rebased(parse(expression))
    inference = Inference(expression)
    found = inference.value(tree, Scope(shape))
    holds = inference.assume(tree, True, Scope(shape))
    fails = inference.assume(tree, False, Scope(shape))
    problems = infer(expression, shape)
    for instance in valid:
        try:
            value = compiled.search(instance)
        except FilterError:
            continue
        assert admits(found, value), (found, value)
        reached = holds if compiled.matches(instance) else fails
        assert reached is not None
        assert admits(reached.shape, instance)
        dead = [one for one in problems if one.code == "RT311" and (one.start, one.end) == (tree.start, tree.end)]
        assert not (dead and compiled.matches(instance))


def test_the_compliance_suite_s_results_are_in_the_shapes_inferred() -> None:
    seen = 0
    for path in sorted(corpus("jmespath").glob("*.json")):
        for group in json.loads(path.read_text(encoding="utf-8")):
            given_shape = constant(group["given"])
            for case in group["cases"]:
                infer(case["expression"], given_shape)
                infer(case["expression"], UNKNOWN)
                infer(case["expression"], event_shape({"a": UNKNOWN}))
                if "result" in case:
                    seen += 1
                    tree = rebased(parse(case["expression"]))
                    found = Inference(case["expression"]).value(tree, Scope(given_shape))
                    assert admits(found, case["result"]), case["expression"]
    assert seen > 500


@pytest.mark.parametrize(
    "expression",
    [
        " && ".join(f"a != '{number}'" for number in range(1000)),
        " || ".join(f"a == '{number}'" for number in range(1000)),
        "(a == 'x' && (b == 'y' || " * 30 + "a" + "))" * 30,
        "!" * 140 + "(a)",
        "not_null(" * 140 + "a" + ")" * 140,
        "a" + "[?b" * 60 + "]" * 60,
    ],
    ids=["and", "or", "alternating", "not", "calls", "filters"],
)
def test_long_and_deep_filters_end(expression: str) -> None:
    shape = shape_of({"type": "object", "properties": {"a": {"type": "string"}, "b": {"enum": ["x", "y"]}}})
    assert len(infer(expression, shape)) < 5000


@given(schemas, st.sampled_from(["a", "b", "a.b", "k"]), st.sampled_from(["'a'", "'b'", "'abc'", "`1`", "`0`"]), values)
def test_a_comparison_reported_as_impossible_never_holds(schema: Any, path: str, literal: str, instance: Any) -> None:
    expression = f"{path} == {literal}"
    document = instance if isinstance(instance, dict) else {"a": instance, "b": instance, "k": instance}
    validator = jsonschema_rs.validator_for({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    assume(validator.is_valid(document))
    codes = {one.code for one in infer(expression, shape_of(schema))}
    if codes & {"RT303", "RT304", "RT305", "RT311"}:
        assert not Filter(expression).matches(document)
    if "RT312" in codes:
        assert Filter(expression).matches(document)
