"""Statements: `if`, `for`, `set`, white space, and what else is refused."""

from __future__ import annotations

from typing import Any

import pytest

from router.transforms import RenderError, compile_transform

EVENT: dict[str, Any] = {
    "type": "t",
    "data": {
        "n": 3,
        "lines": [{"sku": "a", "qty": 1}, {"sku": "b", "qty": 2}, {"sku": "c", "qty": 2}],
        "empty": [],
        "map": {"x": 1, "y": 2},
    },
}


def text(template: str) -> str:
    transform, problems = compile_transform(template, content_type="text/plain", headers={})
    assert transform is not None, problems
    value = transform.render(EVENT).value
    assert isinstance(value, str)
    return value


def codes(template: str) -> list[str]:
    transform, problems = compile_transform(template, content_type="text/plain", headers={})
    assert transform is None
    return [problem.code for problem in problems]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% if data.n > 2 %}big{% elif data.n > 1 %}mid{% else %}small{% endif %}", "big"),
        ("{% if data.n > 4 %}big{% elif data.n > 1 %}mid{% elif data.n > 0 %}x{% else %}small{% endif %}", "mid"),
        ("{% if data.n > 4 %}big{% endif %}", ""),
        ("{% for line in data.lines %}{{ line.sku }}{{ ',' if not loop.last else '' }}{% endfor %}", "a,b,c"),
        ("{% for line in data.lines if line.qty == 2 %}{{ loop.index }}/{{ loop.length }}{{ line.sku }} {% endfor %}", "1/2b 2/2c "),
        ("{% for line in data.empty %}x{% else %}none{% endfor %}", "none"),
        ("{% for line in data.lines if line.qty > 9 %}x{% else %}none{% endfor %}", "none"),
        ("{% for name, value in data.map | items %}{{ name }}={{ value }};{% endfor %}", "x=1;y=2;"),
        ("{% for name in data.map %}{{ name }}{% endfor %}", "xy"),
        ("{% for qty, group in data.lines | groupby('qty') %}{{ qty }}:{{ group | length }} {% endfor %}", "1:1 2:2 "),
        ("{% for a in data.lines %}{% for b in data.lines %}{{ loop.index0 }}{% endfor %}{{ loop.revindex }}{% endfor %}", "012301220121"),
        ("{% for a in [1, 2] %}{{ loop.first }}{{ loop.revindex0 }} {% endfor %}", "true1 false0 "),
        ("{% set total = data.n * 2 %}{{ total }}{% set total = total + 1 %} {{ total }}", "6 7"),
        ("{% if data.n %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }}", "1"),
        ("{% for a in data.lines %}{% set double = a.qty * 2 %}{{ double }}{% endfor %}", "244"),
        ("{% set line = 'outer' %}{% for line in data.lines %}{{ line.sku }}{% endfor %}{{ line }}", "abcouter"),
        ("  {%- if true -%}  x  {%- endif %} y", "x y"),
        ("{# comment #}{% raw %}{{ data }}{% endraw %}", "{{ data }}"),
        ("{% for a in data.lines -%}\n  {{ a.sku }}\n{% endfor %}", "a\nb\nc\n"),
    ],
)  # fmt: skip
def test_text(template: str, expected: str) -> None:
    assert text(template) == expected


@pytest.mark.parametrize(
    "template",
    ["{% include 'x' %}", "{% import 'x' as y %}", "{% from 'x' import y %}", "{% extends 'x' %}", "{% block a %}{% endblock %}",
    "{% macro a() %}{% endmacro %}", "{% call a() %}{% endcall %}", "{% filter upper %}{% endfilter %}", "{% with a = 1 %}{% endwith %}",
    "{% autoescape true %}{% endautoescape %}", "{% set a %}b{% endset %}", "{% set a, b = 1, 2 %}", "{% for i in data.lines recursive %}{% endfor %}",
    "{% set ns.x = 1 %}", "{% for data in data.lines %}{% endfor %}", "{% set data = 1 %}",
    "{% set id = 1 %}", "{% for a in [1] %}{{ loop }}{% endfor %}", "{% for a in [1] %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for a in [1] %}{{ loop.previtem }}{% endfor %}", "{% for a, a in data.map | items %}{% endfor %}", "{% set x = 1 %}{% for a in [1] %}{% set x = 2 %}{% endfor %}"],
)  # fmt: skip
def test_what_is_not_allowed(template: str) -> None:
    assert codes(template) == ["RT408"]


@pytest.mark.parametrize(
    "template",
    [
        "{% do x %}",
        "{% break %}",
        "{% trans %}a{% endtrans %}",
        "{% debug %}",
        "{% if %}",
        "{% for x %}",
        "{% if a %}",
        "{% endif %}",
    ],
)
def test_what_is_no_jinja(template: str) -> None:
    assert codes(template) == ["RT401"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{% for a in data.n %}{% endfor %}", "a loop needs a list or an object, not a number"),
        ("{% for a in 'abc' %}{% endfor %}", "a loop needs a list or an object, not a string"),
        ("{% for a in data.nope %}{% endfor %}", "`data` has no `nope`"),
        ("{% for a, b in data.lines %}{% endfor %}", "the loop takes 2 parts from each item"),
        ("{% if data.n > 5 %}{% set x = 1 %}{% endif %}{{ x }}", "`x` has not been set here"),
    ],
)  # fmt: skip
def test_failures(template: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        text(template)


def test_a_variable_guarded_by_default_may_be_unset() -> None:
    assert text("{% if data.n > 5 %}{% set x = 1 %}{% endif %}{{ x | default('unset') }}") == "unset"


def test_a_variable_of_a_loop_ends_with_its_turn() -> None:
    template = "{% for a in data.lines %}{% if a.qty == 1 %}{% set once = a.sku %}{% endif %}[{{ once | default('') }}]{% endfor %}"
    assert text(template) == "[a][][]"
