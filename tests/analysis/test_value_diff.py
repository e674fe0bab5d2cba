"""JSON values are compared as JSON, and what differs is said at its place."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.analysis.value_diff import differences, is_equal

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("expected", "actual", "sentences"),
    [
        (2, 2.0, []),
        ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1.0}, []),
        (1, True, ["payload: expected 1, got true"]),
        ("2", 2, ['payload: expected "2", got 2 (a number, not a string)']),
        (True, "true", ['payload: expected true, got "true" (a string, not a boolean)']),
        (None, 0, ["payload: expected null, got 0"]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["/a/b: expected 1, got 2"]),
        ({"a": 1}, {}, ["/a: expected 1, but it is missing"]),
        ({}, {"a/b": 1}, ["/a~1b: 1 was not expected"]),
        ([1, 2], [1], ["/1: expected 2, but the array ends before"]),
        ([1], [1, {"x": "é"}], ['/1: {"x": "é"} was not expected']),
        ({"a": []}, {"a": {}}, ["/a: expected [], got {}"]),
        ("a\nb\n", "a\nc\n", ["payload: the texts differ (- expected, + actual)", "   a", "  -b", "  +c", "   "]),
    ],
)
def test_differences(expected: Any, actual: Any, sentences: list[str]) -> None:
    assert list(differences(expected, actual)) == sentences


def test_long_values_are_cut() -> None:
    (sentence,) = differences({"a": "x" * 1000}, {"a": 1})
    assert len(sentence) < 200
    assert "…" in sentence


@given(JSON)
def test_a_value_equals_its_copy(value: Any) -> None:
    assert is_equal(value, copy.deepcopy(value))


@given(JSON, JSON)
def test_equality_is_symmetric(one: Any, other: Any) -> None:
    assert is_equal(one, other) == is_equal(other, one)
