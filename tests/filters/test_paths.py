"""leaves() and branches(): dotted paths through arrays, checked against flattening the whole value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.filters import Filter
from router.filters.paths import branches, leaves

_NAMES = st.sampled_from(["a", "b", "a.b", "b.a", "c"])
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.just("x")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=3)),
    max_leaves=12,
)


def flattened(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in flattened(item, f"{name}.{key}" if name else key)]
    if isinstance(value, list):
        return [pair for item in value for pair in flattened(item, name)]
    return [(name, value)]


@given(_VALUES, st.lists(_NAMES, min_size=1, max_size=3).map(".".join))
def test_leaves_are_those_of_the_flattened_value(value: Any, path: str) -> None:
    expected = [leaf for name, leaf in flattened(value) if name == path]
    assert sorted(map(repr, leaves(value, path))) == sorted(map(repr, expected))


@given(_VALUES, _NAMES, _NAMES)
def test_leaves_of_branches_are_leaves(value: Any, first: str, second: str) -> None:
    found = [leaf for branch in branches(value, first) for leaf in leaves(branch, second)]
    assert {repr(leaf) for leaf in found} <= {repr(leaf) for leaf in leaves(value, f"{first}.{second}")}


@pytest.mark.parametrize(
    ("expression", "data", "expected"),
    [
        ("leaves(@, 'a.b')", {"a": [{"b": 1}, {"b": [2, [None]]}, 3]}, [1, 2, None]),
        ("leaves(@, 'a.b')", {"a.b": 1, "a": {"b": {"c": 2}}}, [1]),
        ("leaves(@, 'a')", {"a": []}, []),
        ("leaves(@, `1`)", {"a": 1}, []),
        ("leaves(`null`, 'a')", {}, []),
        ("branches(@, 'a')", {"a": [{"b": 1}, 2, [{"b": 3}]]}, [{"b": 1}, {"b": 3}]),
        ("branches(@, 'a')", {"a.b": 1, "a.c": 2}, [{"b": 1, "c": 2}]),
        ("branches(@, 'a')", {"a.b": 1, "a": [{"c": 2}]}, [{"b": 1, "c": 2}]),
        ("branches(@, 'a.b')", {"a": {"b": {"c": 1}}}, [{"c": 1}]),
        ("any_in(leaves(@, 'a'), `[null, 1]`)", {"a": None}, True),
        ("any_in(leaves(@, 'a'), `[null, 1]`)", {}, False),
        ("leaves(@, 'a')[?prefix(@, 'x')]", {"a": ["y", "xy"]}, ["xy"]),
        ("leaves(@, 'a')[?!prefix(@, 'x')].type(@)", {"a": None}, ["null"]),
        ("branches(@, 'a')[?any_in(leaves(@, 'b'), ['x']) && leaves(@, 'c')]", {"a": [{"b": "x"}, {"c": 1}]}, []),
    ],
)
def test_in_a_filter(expression: str, data: Any, expected: Any) -> None:
    assert Filter(expression).search(data) == expected


def test_depth_is_no_matter() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    assert leaves({"a": value}, "a") == [1]
    assert branches({"a": value}, "a") == []
