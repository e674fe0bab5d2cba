"""Expressions: what they yield, what they refuse to compile, and what they refuse to yield."""

from __future__ import annotations

from typing import Any

import pytest

from router.transforms import RenderError, TransformProblem, compile_transform

EVENT: dict[str, Any] = {
    "id": "e1",
    "type": "t",
    "time": "2026-01-01T00:00:00Z",
    "data": {
        "a": 7,
        "b": 2,
        "f": 2.5,
        "s": "text",
        "none": None,
        "yes": True,
        "no": False,
        "list": [3, 1, 2],
        "words": ["b", "A", "c"],
        "key": "s",
        "index": 1,
        "rows": [{"n": 1, "t": {"k": "x"}}, {"n": 2, "t": {"k": "y"}}, {"n": 2}],
        "map": {"x": 1, "y": 2},
        "weird key": {"0": "zero"},
    },
}


def value(expression: str, event: dict[str, Any] | None = None) -> Any:
    transform, problems = compile_transform(["{{ " + expression + " }}"], content_type="application/json", headers={})
    assert transform is not None, problems
    return transform.value(EVENT if event is None else event)[0]


def problem(expression: str) -> TransformProblem:
    transform, problems = compile_transform(["{{ " + expression + " }}"], content_type="application/json", headers={})
    assert transform is None
    return problems[0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("data.a", 7), ("data['weird key']['0']", "zero"), ("data.list[0]", 3), ("data.list.0", 3), ("data.list[-1]", 2),
        ("data[data.key]", "text"), ("data.list[data.index]", 1), ("data.list[:2]", [3, 1]), ("data.s[1:3]", "ex"), ("data.s[::-1]", "txet"),
        ("data.list[data.index:]", [1, 2]), ("(data.rows | first).t.k", "x"), ("{'a': 1}['a']", 1), ("[1, [2]]", [1, [2]]), ("(1, 2)", [1, 2]),
        ("{'k' ~ 1: data.a}", {"k1": 7}), ("data.a + data.b", 9), ("data.a - 10", -3), ("data.a * data.f", 17.5), ("data.a / data.b", 3.5),
        ("data.a // data.b", 3), ("data.a % data.b", 1), ("-data.a", -7), ("+data.a", 7), ("'a' + 'b'", "ab"), ("[1] + [2]", [1, 2]),
        ("data.a ~ '-' ~ data.yes ~ '-' ~ data.f", "7-true-2.5"), ("data.a > data.b", True), ("data.a == 7", True), ("data.a != 7", False),
        ("data.s == data.key", False), ("1 < data.b < 3", True), ("3 > data.b > 2", False), ("data.b in data.list", True),
        ("data.a not in data.list", True), ("'x' in data.map", True), ("'ex' in data.s", True), ("data.list == [3, 1, 2]", True),
        ("not data.no", True), ("data.yes and data.a", 7), ("data.no or data.s", "text"), ("data.no and data.missing", False),
        ("'big' if data.a > 5 else 'small'", "big"), ("true", True), ("none", None), ("1.5e3", 1500.0), ("0x10", 16), ("'it\\'s'", "it's"),
        ("data.none", None), ("time", "2026-01-01T00:00:00Z"), ("'a' 'b'", "ab"), ("1 if data.no else 2 if data.yes else 3", 2),
    ],
)  # fmt: skip
def test_value(expression: str, expected: Any) -> None:
    found = value(expression)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("data.x | default('d')", "d"), ("data.x.y.z | default('d')", "d"), ("data.none | default('d')", "d"), ("data.none.x | default('d')", "d"),
        ("data.no | default('d')", False), ("data.no | default('d', true)", "d"), ("'' | default('d', boolean=true)", "d"),
        ("data.x | d(1)", 1), ("data.x | default", ""), ("data.x | default(none)", None), ("data.x | default(data.a)", 7),
        ("data.x | default(data.y) | default('last')", "last"), ("data.x | upper | default('d')", "d"), ("data.none | upper | default('d')", "d"),
        ("data.x | map(attribute='y') | list | default([])", []), ("[] | first | default('d')", "d"), ("data.list[9] | default('d')", "d"),
        ("data[data.s] | default('d')", "d"), ("data.x[data.key] | default('d')", "d"), ("data.x[data.index].z | default('d')", "d"),
        ("(data.x if data.yes else 1) | default('d')", "d"), ("extension | default('d')", "d"), ("subject.x | default('d')", "d"),
        ("data.x is defined", False), ("data.a is defined", True), ("data.none is defined", True), ("data.x.y is undefined", True),
        ("data.a is not defined", False), ("extension is defined and extension.x", False), ("(data.list | max) | default(0)", 3),
        ("data.s.x | default('d')", "d"), ("data.a[0] | default('d')", "d"),
    ],
)  # fmt: skip
def test_what_is_missing_can_be_guarded(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    "expression",
    ["data.x", "data.x.y", "data.none.x", "extension", "data.x == 1", "data.x and true", "not data.x", "data.x ~ ''", "[data.x]", "{'a': data.x}",
    "data.x is none", "data.x | length", "data.list[9]", "[] | first", "[] | max", "'a' if data.x else 'b'", "data.x in [1]", "data.x[0]",
    "data.none ~ 'a'", "data.list | join(data.x)", "data.x | default(data.y)"],
)  # fmt: skip
def test_what_is_missing_cannot_be_used(expression: str) -> None:
    with pytest.raises(RenderError):
        value(expression)


@pytest.mark.parametrize(
    "expression",
    ["data.s + 1", "data.s * 2", "data.s % 1", "data.yes + 1", "-data.s", "data.a / 0", "data.a // 0", "data.a % 0", "data.a < data.s",
    "data.list < data.list", "data.none > 1", "data.a in data.s", "1 in data.a", "data.list['x']", "data.map[0]", "data.list[1.5]", "data.s[data.s]",
    "data.a[1:]", "data.list[::0]", "data.list['a':]", "9223372036854775807 * 3", "1e308 * 10", "{data.a: 1}", "data.list[true]"],
)  # fmt: skip
def test_types_that_do_not_fit_are_an_error(expression: str) -> None:
    with pytest.raises(RenderError):
        value(expression)


@pytest.mark.parametrize(
    ("expression", "code", "text"),
    [
        ("data.s.upper()", "RT408", "data.s.upper()"), ("range(3)", "RT408", "range(3)"), ("data.a ** 2", "RT409", "data.a ** 2"),
        ("'a' * 3", "RT409", "'a' * 3"), ("3 * [1]", "RT409", "3 * [1]"), ("'%s' % 1", "RT409", "'%s' % 1"), ("'a' if data.yes", "RT408", "'a' if data.yes"),
        ("{1: 2}", "RT408", "1"), ("data[1, 2]", "RT408", "data[1, 2]"), ("dat.x", "RT402", "dat"), ("Data.x", "RT402", "Data"),
        ("sourc", "RT402", "sourc"), ("event.data.x", "RT402", "event"), ("my_field", "RT402", "my_field"), ("null", "RT402", "null"),
        ("subjekt", "RT402", "subjekt"), ("data.x | uper", "RT404", "uper"), ("data.x | center(3)", "RT408", "center"), ("data.x | nonsense", "RT404", "nonsense"),
        ("data.x | upper(1)", "RT404", "data.x | upper(1)"), ("data.x | replace('a')", "RT404", "data.x | replace('a')"), ("data.x is foo", "RT404", "data.x is foo"),
        ("data.x is callable", "RT408", "data.x is callable"), ("data.x is eq", "RT404", "data.x is eq"), ("data.x | join(*[1])", "RT408", "data.x | join(*[1])"),
        ("data.x | map('nope')", "RT404", "'nope'"), ("data.x | map(data.y)", "RT404", "data.x | map(data.y)"), ("data.x | select(data.y)", "RT404", "data.y"),
        ("data.x | sort(attribute=data.y)", "RT404", "data.y"), ("data.x | default(1, data.y)", "RT404", "data.y"), ("99999999999999999999", "RT409", "99999999999999999999"),
        ("'\\ud800'", "RT401", "'\\ud800'"), ("data.x | safe", "RT408", "safe"), ("self.x", "RT402", "self"), ("loop.index", "RT402", "loop"),
    ],
)  # fmt: skip
def test_problem(expression: str, code: str, text: str) -> None:
    found = problem(expression)
    assert found.code == code, found.message
    assert ("{{ " + expression + " }}")[found.start : found.end] == text


@pytest.mark.parametrize(
    ("expression", "help"),
    [
        ("dta.x", "did you mean `data`?"), ("sorce", "did you mean `source`?"), ("data | tojsn", "did you mean `tojson`?"),
        ("data.x is defned", "did you mean `defined`?"), ("data.items()", "write `value | items`"), ("data.x.get('a')", "write `value['name'] | default(…)`"),
        ("event.x", "the event is the root: write `data.total` or `type`, without `event.`"), ("data.x && 1", "write `and`"), ("data.x || 1", "write `or`"),
        ("!data.x", "write `not`"), ("`1`", "this is Jinja, not JMESPath: write numbers and strings without backticks"), ("data.x = 1", "compare with `==`"),
        ("data.x ? 1 : 2", "write `a if condition else b`"), ("data.x | truncate(1, 2, 3, 4)", "write `value | truncate(length=255, killwords=false, end='...')`"),
    ],
)  # fmt: skip
def test_problems_say_what_to_write(expression: str, help: str) -> None:
    assert problem(expression).help == help


@pytest.mark.parametrize(
    "name", ["traceparent", "partitionkey", "dataref", "tenant", "region", "ip", "x", "sequence", "abc123", "authid"]
)
def test_plausible_extensions_are_variables(name: str) -> None:
    assert value(name, {name: "v", "data": None}) == "v"


def test_an_event_without_data_has_null_data() -> None:
    event = {"type": "t", "data": None}
    assert value("data", event) is None
    assert value("data.x | default('d')", event) == "d"
    with pytest.raises(RenderError, match="`data` is null"):
        value("data.x", event)
