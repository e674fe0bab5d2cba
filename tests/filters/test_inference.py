"""What inference says of filters: codes, places, messages that need no manual, and what guards are understood."""

from __future__ import annotations

from typing import Any

import pytest

from router.filters.inference import infer
from router.filters.inference_completion import fields_at, shape_at
from router.shapes import UNKNOWN, Shape, event_shape, shape_of

ORDER: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "total", "status", "items"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "total": {"type": "number", "minimum": 0},
        "status": {"enum": ["new", "paid", "shipped"]},
        "discount": {"type": "integer", "minimum": 0, "maximum": 100},
        "note": {"type": "string"},
        "vip": {"type": ["boolean", "null"]},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku", "price"],
                "properties": {"sku": {"type": "string"}, "price": {"type": "number"}, "title": {"type": "string"}},
            },
        },
        "payment": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["kind", "iban"],
                    "properties": {"kind": {"const": "bank"}, "iban": {"type": "string"}},
                },
                {
                    "type": "object",
                    "required": ["kind", "card"],
                    "properties": {"kind": {"const": "card"}, "card": {"type": "string"}},
                },
            ]
        },
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
REFUND: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["reason"],
    "properties": {"reason": {"type": "string"}, "note": {"type": "string"}},
}


def paid() -> Shape:
    return event_shape({"order.paid": shape_of(ORDER)})


def both() -> Shape:
    return event_shape({"order.paid": shape_of(ORDER), "order.refunded": shape_of(REFUND)})


def codes(expression: str, event: Shape | None = None) -> list[tuple[str, str]]:
    found = infer(expression, paid() if event is None else event)
    return [(one.code, expression[one.start : one.end]) for one in found if one.severity != "info"]


@pytest.mark.parametrize(
    ("expression", "code", "place", "words"),
    [
        ("data.totl > `1`", "RT302", "totl", "did you mean `total`?"),
        ("data.xyzzy", "RT302", "xyzzy", "its fields are id, total, status"),
        ("data.items[?qty > `1`]", "RT302", "qty", "an element of `data.items`"),
        ("total > `1`", "RT302", "total", "write data.total"),
        ('data.status == "paid"', "RT302", '"paid"', "for the string write 'paid'"),
        ("data.total == '10'", "RT303", "data.total == '10'", "`10`"),
        ("data.items.sku == 'A'", "RT303", "sku", "data.items[*].sku"),
        ("data.items[*].sku == 'A'", "RT303", "data.items[*].sku == 'A'", "contains(data.items[*].sku, 'A')"),
        ("data.id > `5`", "RT303", "data.id > `5`", "strings have no order"),
        ("data.vip == 'true'", "RT303", "data.vip == 'true'", "write data.vip"),
        ("data.status == 'Paid'", "RT304", "'Paid'", "did you mean 'paid'?"),
        ("contains(['new', 'payd'], data.status)", "RT304", "'payd'", "did you mean 'paid'?"),
        ("data.tags && contains(data.tags, 'c')", "RT304", "'c'", "one of 'a', 'b'"),
        ("data.discount > `100`", "RT305", "data.discount > `100`", "an integer from 0 to 100"),
        ("sum(data.items) > `1`", "RT306", "data.items", "data.items[*].field"),
        ("starts_with(data.note, 'x')", "RT307", "data.note", "data.note && starts_with(data.note, 'x')"),
        ("sort_by(data.items, &title)[0].sku == 'a'", "RT307", "&title", "data.items[?title]"),
        ("data.id", "RT310", "data.id", "compare it"),
        ("data.status == 'new' && data.status == 'paid'", "RT311", "data.status == 'paid'", "always 'new'"),
        (
            "data.status != 'new' || data.status != 'paid'",
            "RT312",
            "data.status != 'new' || data.status != 'paid'",
            "&&",
        ),
        ("data.total && data.status == 'new'", "RT312", "data.total", "0 too"),
    ],
)
def test_a_finding_says_what_where_and_what_to_write(expression: str, code: str, place: str, words: str) -> None:
    found = infer(expression, paid())
    one = next(each for each in found if each.code == code)
    assert expression[one.start : one.end] == place
    assert words in f"{one.message} {one.help}"


@pytest.mark.parametrize(
    "expression",
    [
        "data.note && starts_with(data.note, 'x')",
        "!(data.note) || starts_with(data.note, 'x')",
        "data.note != `null` && starts_with(data.note, 'x')",
        "!(data.note == `null`) && starts_with(data.note, 'x')",
        "type(data.note) == 'string' && starts_with(data.note, 'x')",
        "length(data.note || '') > `3` && data.note != `null` && starts_with(data.note, 'x')",
        "data.note == 'xy' || data.note && starts_with(data.note, 'x')",
        "contains(['xa', 'xb'], data.note) && starts_with(data.note, 'x')",
        "starts_with(data.note || '', 'x')",
        "(data.note && data.total > `1`) && starts_with(data.note, 'x')",
        "data.items[0] && starts_with(data.items[0].sku, 'x')",
        "data.items[?title && starts_with(title, 'x')]",
        "data.items[?title].title | [?starts_with(@, 'x')]",
        "length(data.items[?title]) > `0` && starts_with(data.items[0].sku, 'x') || data.vip",
        "data.payment.kind == 'bank' && starts_with(data.payment.iban, 'DE')",
        "data.payment && data.payment.kind != 'card' && starts_with(data.payment.iban, 'DE')",
        "data.labels.team && starts_with(data.labels.team, 'x')",
        "prefix(data.note, 'x')",
    ],
)
def test_guards_are_understood(expression: str) -> None:
    assert [one for one in codes(expression) if one[0] in ("RT302", "RT303", "RT306")] == []
    if expression.startswith("length(data.items[?title]) > "):
        return  # the first element is known to be there, by way of another list
    assert [one for one in codes(expression) if one[0] == "RT307"] == []


def test_an_alternative_of_a_one_of_is_told_apart() -> None:
    assert (
        codes("data.payment.kind == 'bank' && data.payment.iban == 'x' && data.payment.kind == 'card'")[0][0] == "RT311"
    )
    assert ("RT304", "'cash'") in codes("data.payment.kind == 'cash'")


def test_unknown_stays_unknown() -> None:
    nothing = event_shape({"a": UNKNOWN})
    for expression in (
        "data.x.y > `1`",
        "starts_with(data.x, 'a')",
        "data[0].z == 'b'",
        "sum(data.x) > data.y",
        "tenant == 'a'",
    ):
        assert codes(expression, nothing) == []


def test_open_objects_give_warnings_only() -> None:
    shape = event_shape({"a": shape_of({"type": "object", "properties": {"total": {"type": "number"}}})})
    assert [one.severity for one in infer("data.totl == `1`", shape) if one.code == "RT302"] == ["warning"]


def test_a_field_of_some_types_only() -> None:
    assert ("RT313", "total") in codes("data.total > `1`", both())
    assert codes("type == 'order.paid' && data.total > `1`", both()) == []
    assert codes("data.note && starts_with(data.note, 'x')", both()) == []
    named = infer("data.total > `1`", both(), named=frozenset({"order.paid"}))
    assert [one.severity for one in named if one.code == "RT313"] == ["warning"]


def test_one_mistake_is_one_finding() -> None:
    for expression in ("data.totl.amount > `5`", "starts_with(data.noot, 'x') && data.noot == `5`"):
        assert {one.code for one in infer(expression, paid()) if one.severity == "error"} == {"RT302"}


@pytest.mark.parametrize("expression", ["", "data.", "nope(data.id)", "contains(data.id)", "data.total > 5", "@", "&a"])
def test_what_does_not_compile_is_left_to_the_compiler(expression: str) -> None:
    assert [one for one in infer(expression, paid()) if one.code in ("RT301", "RT306", "RT307")] == []


def test_a_long_alternative_is_quick_and_silent() -> None:
    expression = " || ".join(f"data.id == 'order-{number}'" for number in range(300))
    assert codes(expression) == []


def _texts(expression: str) -> list[str]:
    return [one.text for one in fields_at(expression.replace("^", ""), expression.index("^"), paid())]


def test_completion_of_fields() -> None:
    assert _texts("data.^")[:3] == ["id", "total", "status"]
    assert _texts("data.to^ > `1`")[:2] == ["id", "total"]
    assert _texts("data.items[?^]")[:3] == ["sku", "price", "title"]
    assert _texts("data.items[0].^")[:3] == ["sku", "price", "title"]
    assert _texts("data.items[*].^")[:3] == ["sku", "price", "title"]
    assert "starts_with" in _texts("^")
    assert _texts("^")[0] == "id"


def test_completion_of_values() -> None:
    assert _texts("data.status == ^") == ["'new'", "'paid'", "'shipped'"]
    assert _texts("data.status == 'p^") == ["'new'", "'paid'", "'shipped'"]
    assert _texts("contains(['^'], data.status)") == ["'new'", "'paid'", "'shipped'"]
    assert _texts("data.vip == ^") == ["`true`", "`false`"]
    assert _texts("data.id == 'a^") == []


def test_the_shape_at_a_place() -> None:
    found = shape_at("data.status == 'new'", 7, paid())
    assert found is not None
    assert found[0] == "data.status"
    assert found[1].describe() == "string, one of 'new', 'paid', 'shipped'"
    assert shape_at("length(data.items)", 2, paid()) is None


@pytest.mark.parametrize(
    "expression",
    [
        "!(any_in(data.id, ['1', '2'])) && !(data.id == '2')",
        "data.id == '1' && !(data.id == '2')",
        "!(data.id == '1' && data.id == '2')",
    ],
)
def test_what_a_negation_makes_superfluous_is_no_contradiction(expression: str) -> None:
    """What can never hold under `!` excludes nothing: the filter is right, only longer than it need be."""
    shape = shape_of(
        {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
        base="x.json",
        resolve=_no_file,
    )
    found = infer(expression, event_shape({"order.paid": shape}))
    assert [problem.code for problem in found if problem.severity == "error"] == []
    assert "RT312" in [problem.code for problem in found]


def _no_file(*_: object) -> None:
    raise AssertionError("nothing is read")
