"""What may be written inside filters and templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.editor import expressions, templates
from router.shapes import event_shape, shape_of

_ROOT = event_shape(
    {
        "order.paid": shape_of(
            {
                "type": "object",
                "properties": {
                    "country": {"enum": ["DE", "FR"]},
                    "customer": {"type": "object", "properties": {"name": {"type": "string"}}},
                    "items": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
                },
            }
        )
    }
)


@pytest.mark.parametrize(
    ("before", "names"),
    [
        ("data.", ["country", "customer", "items"]),
        ("data.cust", ["country", "customer", "items"]),
        ("!(data.customer.", ["name"]),
        ("data.items[*].", ["sku"]),
        ("data.items[0].", ["sku"]),
        ("data.items[].", ["sku"]),
        ("data.items[?", ["sku"]),
        ("data.items[?sku == 'x'].", ["sku"]),
        ("sort_by(data.items, &", ["sku"]),
        ("data.items | [0].", ["sku"]),
        ("data.{a: customer.", ["name"]),
        ("data.country == 'DE' && data.customer.", ["name"]),
    ],
)
def test_fields_in_filters(before: str, names: list[str]) -> None:
    spot = expressions.spot_in(before, _ROOT)
    assert spot is not None
    assert spot.scope.names == names


@pytest.mark.parametrize("before", ["data.country == '", "contains(['DE', '", "'D"])
def test_values_in_filters(before: str) -> None:
    spot = expressions.spot_in(before, _ROOT)
    assert spot is None or spot.is_text
    if before.startswith("data"):
        assert spot is not None
        assert spot.values == ("DE", "FR")


def test_nothing_is_offered_in_a_json_literal() -> None:
    assert expressions.spot_in("data.total > `1", _ROOT) is None


@pytest.mark.parametrize(
    ("before", "names"),
    [
        ("{{ data.", ["country", "customer", "items"]),
        ("a {{ x }} b {{ data.customer.na", ["name"]),
        ("{% for item in data.items %}{{ item.", ["sku"]),
        ("{% set c = data.customer %}{{ c.", ["name"]),
        ("{% if data.items[0].", ["sku"]),
    ],
)
def test_fields_in_templates(before: str, names: list[str]) -> None:
    spot = templates.spot_in(before, _ROOT)
    assert spot is not None
    assert spot.scope.names == names


@pytest.mark.parametrize("before", ["data.", "{{ 'data.", "{{ data.country }} data."])
def test_nothing_is_offered_outside_of_templates(before: str) -> None:
    assert templates.spot_in(before, _ROOT) is None


def test_filters_behind_a_bar() -> None:
    spot = templates.spot_in("{{ data.country | lo", _ROOT)
    assert spot is not None
    assert spot.is_filter
    assert templates.filter_text("round")[0].startswith("round(")


@given(st.text("da.[]?(){}|&'`\"% ", max_size=20))
def test_nothing_typed_breaks_it(before: str) -> None:
    expressions.spot_in(before, _ROOT)
    templates.spot_in("{{" + before, _ROOT)
    templates.chain_at("{{" + before, len(before))
