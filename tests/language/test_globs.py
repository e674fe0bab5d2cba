from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.language.globs import is_glob, matches_glob


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("order.paid", "order.paid", True), ("order.paid", "order.paid.x", False), ("order", "order.paid", False),
        ("order.*", "order.paid", True), ("order.*", "order.item.paid", False), ("order.*", "order", False), ("order.*", "orders.paid", False),
        ("*.paid", "order.paid", True), ("*.paid", "order.item.paid", False), ("*", "order", True), ("*", "order.paid", False),
        ("order.**", "order.paid", True), ("order.**", "order.item.paid", True), ("order.**", "order", False),
        ("**.paid", "order.item.paid", True), ("**.paid", "paid", False), ("**", "order", True), ("**", "order.item.paid", True),
        ("order.**.paid", "order.item.paid", True), ("order.**.paid", "order.a.b.paid", True), ("order.**.paid", "order.paid", False),
        ("*.*", "a.b", True), ("**.**", "a", False), ("**.**", "a.b.c", True), ("*.**.*", "a.b", False), ("*.**.*", "a.b.c.d", True),
    ],
)  # fmt: skip
def test_globs(pattern: str, name: str, matches: bool) -> None:
    assert matches_glob(pattern, name) is matches
    assert is_glob(pattern) == ("*" in pattern)


_SEGMENTS = st.lists(st.sampled_from(["a", "b", "*", "**"]), min_size=1, max_size=6)


@given(_SEGMENTS, st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6))
def test_a_glob_means_its_regular_expression(pattern: list[str], name: list[str]) -> None:
    parts = [{"*": r"[^.]+", "**": r"[^.]+(?:\.[^.]+)*"}.get(part, re.escape(part)) for part in pattern]
    expected = re.fullmatch(r"\.".join(parts), ".".join(name)) is not None
    assert matches_glob(".".join(pattern), ".".join(name)) == expected


def test_no_glob_is_slow() -> None:
    begun = time.process_time()
    assert not matches_glob(".".join(["**"] * 40 + ["x"]), ".".join(["a"] * 60))
    assert time.process_time() - begun < 1
