"""explain(): for every route, which condition decided, and what it saw."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from router.filters import Filter, RouteEntry, RouteIndex
from router.filters.explain import Seen
from tests.filters.expressions import Expressions, document

EVENT = {"type": "order.paid", "data": {"total": 900, "country": "DE", "tags": ["vip"]}}


def test_each_condition_has_its_verdict_place_and_value() -> None:
    text = "data.total > `1000` && contains(['DE', 'FR'], data.country) && starts_with(data.note, 'x')"
    index = RouteIndex.build([RouteEntry(position=4, types=frozenset(["order.paid"]), filter=Filter(text))])
    (explanation,) = index.explain(EVENT)
    assert (explanation.position, explanation.matched, explanation.takes_type) == (4, False, True)
    total, country, note = explanation.conditions
    assert (total.text, total.verdict, total.seen) == ("data.total > `1000`", "false", (Seen("data.total", 900),))
    assert text[total.start : total.end] == total.text
    assert (country.verdict, country.seen) == ("true", (Seen("data.country", "DE"),))
    assert note.verdict == "failed"
    assert "starts_with() needs a string, got null" in (note.failure or "")
    assert note.seen == (Seen("data.note", None),)
    assert explanation.failure is None  # the run stopped at the first condition


def test_a_failure_is_told() -> None:
    index = RouteIndex.build([RouteEntry(position=0, filter=Filter("length(data.note) > `1`"))])
    (explanation,) = index.explain(EVENT)
    assert explanation.failure
    assert not explanation.matched


def test_routes_without_filter_and_of_other_types() -> None:
    index = RouteIndex.build(
        [
            RouteEntry(position=2, types=frozenset(["other"]), filter=Filter("data.tags[?@ == 'vip']")),
            RouteEntry(position=1, types=frozenset(["order.paid"])),
        ]
    )
    first, second = index.explain(EVENT)
    assert (first.position, first.matched, first.conditions) == (1, True, ())
    assert (second.matched, second.takes_type, second.conditions[0].verdict) == (False, False, "true")


def test_disjunctions_show_every_value() -> None:
    index = RouteIndex.build(
        [RouteEntry(position=0, filter=Filter("data.total > `1` || !(data.vip || lower(data.country) == 'fr')"))]
    )
    (condition,) = index.explain(EVENT)[0].conditions
    assert [seen.text for seen in condition.seen] == ["data.total", "data.vip", "data.country"]


@given(st.randoms(use_true_random=False))
def test_it_agrees_with_match(rnd: random.Random) -> None:
    expressions = Expressions(rnd)
    index = RouteIndex.build([RouteEntry(position=n, filter=Filter(expressions.filter())) for n in range(6)])
    event = document(rnd)
    explanations = index.explain(event)
    assert [each.position for each in explanations if each.matched] == index.match(event).positions
    for each in explanations:
        if all(condition.verdict == "true" for condition in each.conditions):
            assert each.matched
