from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.syntax.nearest import edits, nearest

_KEYS = ["events", "filter", "transform", "targets", "description", "owner", "enabled", "unmatched"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("targetz", "targets"), ("target", "targets"), ("Targets", "targets"), ("traget", "targets"), ("event", "events"), ("evnts", "events"),
        ("fliter", "filter"), ("desc", "description"), ("descripton", "description"), ("transforms", "transform"),
        ("on", None), ("x", None), ("retry", None), ("url", None), ("zzzzzzz", None), ("", None),
    ],
)  # fmt: skip
def test_only_similar_names_are_suggested(name: str, meant: str | None) -> None:
    assert nearest(name, _KEYS) == meant


def test_numbers_in_names() -> None:
    assert nearest("crm-v3", ["crm-v2", "erp"]) == "crm-v2"
    assert nearest("crm_v2", ["crm-v2", "crm-v3"]) == "crm-v2"


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=5))
def test_a_suggestion_is_a_candidate_and_never_the_name(name: str, candidates: list[str]) -> None:
    meant = nearest(name, candidates)
    assert meant is None or (meant in candidates and meant != name)


@given(st.text(alphabet="abc", max_size=8), st.text(alphabet="abc", max_size=8))
def test_edits_is_symmetric_and_zero_only_for_equals(first: str, second: str) -> None:
    assert edits(first, second, 99) == edits(second, first, 99)
    assert (edits(first, second, 99) == 0) == (first == second)
    assert (edits(first, second, 2) > 2) == (edits(first, second, 99) > 2)
