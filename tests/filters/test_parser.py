"""Parser and lexer: spans, messages, bounds; and that both readings of a text number its constants alike."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.filters import Filter, FilterSyntaxError
from router.filters.lexer import literal_kind, shape_key, tokens
from router.filters.nodes import And, Call, Comparison, Field, Node, StringList, walk
from router.filters.parser import NESTING_MAX, parse
from tests.filters.expressions import Expressions


@pytest.mark.parametrize(
    ("expression", "message", "help", "start", "end"),
    [
        ("", "the expression is empty", "write one", 0, 0),
        ("a ==", "the expression ends too early, expected an expression", "", 3, 4),
        ("a == ]", "unexpected `]`, expected an expression", "needs a value on its right", 5, 6),
        ("a = 'x'", "unexpected `=`", "write ==", 2, 3),
        ("a and b", "unexpected `and`, expected an operator or the end", "writes && for `and`", 2, 5),
        ("data.total > 100", "unexpected `100`, expected an expression", "in backticks: `100`", 13, 16),
        ("items[?a == 'x'", "expected `]` to close the `[?` at character 6", "add ]", 14, 15),
        ("`foo` == a", "`foo` is not a JSON value", "write 'foo'", 0, 5),
        ("`01` == a", "`01` is not a JSON value", "write '01'", 0, 4),
        ("`NaN`", "is not a JSON value", "", 0, 5),
        ("'abc", "has no closing '", "add '", 0, 4),
        ("éa", "unexpected `é`", "", 0, 1),
        ("a == 'é' == ]", "unexpected `]`", "", 12, 13),
        ("$.a", "unexpected `$`", "not $.data", 0, 1),
        ("a + b", "unexpected `+`", "no arithmetic", 2, 3),
        ("a-b", "unexpected `-`", "double quotes", 1, 2),
        ("foo['a']", "unexpected `[`", "an index is a number", 3, 8),
        ("foo[bar]", "unexpected `bar`, expected a number", "an index is a number", 4, 7),
        ("foo.1", "unexpected `1`, expected a field name", "double quotes", 4, 5),
        ("f(a b)", "expected `)` or `,` after an argument of f()", "", 4, 5),
        ("f(a,)", "unexpected `)`, expected an expression", "", 4, 5),
        ("{a: b c: d}", "expected `}` or `,`", "", 6, 7),
        ("&a", "unexpected `&`", "only as an argument", 0, 1),
        ('"f"(a)', "a function name is not quoted", "without the quotes", 0, 3),
        ("(a)(b)", "only a function name stands before", "", 3, 4),
        ("a[1:2:0]", "step of a slice cannot be 0", "", 1, 8),
        ('"\\u"', "not a valid quoted field name", "JSON's escapes", 0, 4),
        ("a[99999999999999999999999999]", "too many digits", "", 2, 28),
    ],
)
def test_messages_say_where_and_what(expression: str, message: str, help: str, start: int, end: int) -> None:
    with pytest.raises(FilterSyntaxError) as caught:
        parse(expression)
    assert message in caught.value.message
    assert help in (caught.value.help or "")
    assert (caught.value.start, caught.value.end) == (start, end)


def test_spans_are_code_points_and_cover_the_text() -> None:
    expression = "é.\"ü\" == '😀'"
    with pytest.raises(FilterSyntaxError):
        parse(expression)  # an unquoted name is ASCII
    expression = "\"é\".b == '😀' && (contains(['x', 'y'], c) )"
    tree = parse(expression)
    assert isinstance(tree, And)
    assert [expression[term.start : term.end] for term in tree.terms] == [
        "\"é\".b == '😀'",
        "(contains(['x', 'y'], c) )",
    ]
    found = {type(node): expression[node.start : node.end] for node in walk(tree)}
    assert found[StringList] == "['x', 'y']"
    assert found[Comparison] == "\"é\".b == '😀'"
    call = next(node for node in walk(tree) if isinstance(node, Call))
    assert call.name == "contains"


def unspanned(node: Any) -> Any:
    if isinstance(node, Node):
        names = [name for name in node.__struct_fields__ if name not in ("start", "end", "name_end", "slot")]
        return (type(node).__name__, *(unspanned(getattr(node, name)) for name in names))
    if isinstance(node, tuple):
        return tuple(map(unspanned, node))
    return repr(node)


@given(st.randoms(use_true_random=False))
def test_every_part_parses_to_itself(rnd: random.Random) -> None:
    """The text of a node's span is an expression again, and the same one, so that explain can show it by itself."""
    expression = Expressions(rnd).filter(3)
    tree = parse(expression)
    for term in tree.terms if isinstance(tree, And) else (tree,):
        assert unspanned(parse(expression[term.start : term.end])) == unspanned(term)


@given(st.randoms(use_true_random=False), st.text(alphabet="'`\"\\[], \nsa\x001{}", max_size=12))
def test_both_readings_number_constants_alike(rnd: random.Random, noise: str) -> None:
    made = Expressions(rnd).value()
    for expression in (made, made.replace("x", noise), noise, f"contains([{noise}], a)", f"a == '{noise}'"):
        try:
            found = tokens(expression)
        except FilterSyntaxError:
            shape_key(expression)
            continue
        _, constants = shape_key(expression)
        values = [token.value for token in found if token.slot is not None]
        plain = [tuple(v) if isinstance(v, list) and literal_kind(v) == "A" else v for v in values]
        assert repr(plain) == repr(list(constants))


@given(st.text(max_size=30))
def test_any_text_parses_or_says_where_not(text: str) -> None:
    assert_compiles_or_says_where(text)


@given(st.lists(st.sampled_from("abc.[]*?()!&|=<>'`\"{}:, @-019\\".replace(" ", "") + " "), max_size=25).map("".join))
def test_any_heap_of_operators_parses_or_says_where_not(text: str) -> None:
    assert_compiles_or_says_where(text)


def assert_compiles_or_says_where(text: str) -> None:
    error = None
    try:
        Filter(text)
    except FilterSyntaxError as caught:
        error = caught
    if error is not None:
        assert 0 <= error.start <= error.end <= len(text)
        assert error.message


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 5000,
        "(" * 1200 + "a" + ")" * 1200,
        "[" * 3000,
        "!" * 1000 + "a",
        "a" + ".a" * 2000,
        "a" + "[0]" * 1000,
        "f(" * 500,
        "a" + " | a" * 1000,
        "a" + "[?a" * 400 + "]" * 400,
        "a" + " == a" * 1000,
        "{a: " * 500 + "a" + "}" * 500,
        "`" + "[" * 100_000 + "]" * 100_000 + "`",
    ],
)
def test_depth_is_bounded_with_an_error(expression: str) -> None:
    with pytest.raises(FilterSyntaxError):
        Filter(expression)


def test_the_bound_itself_is_accepted() -> None:
    assert Filter(".".join(["a"] * NESTING_MAX)).search({}) is None


def test_length_is_bounded() -> None:
    assert Filter("a == '" + "x" * 500_000 + "'").matches({"a": "x" * 500_000})
    with pytest.raises(FilterSyntaxError, match="more than"):
        Filter("a == '" + "x" * 1_100_000 + "'")


def test_a_call_knows_where_its_name_ends() -> None:
    call = parse("a.length(b)")
    assert any(isinstance(node, Call) and (node.start, node.name_end) == (2, 8) for node in walk(call))
    assert any(isinstance(node, Field) and node.name == "b" for node in walk(call))
