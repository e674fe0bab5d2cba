"""Parsing: offsets in place of lines, for the installed Jinja."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.transforms.template import TemplateFault, nodes, parse
from router.transforms.workshop import Extents

_SOURCE = """first {{ data.a.b }} and
{%- for item in data.list if item.n > 1 -%}
  {{ item.n | default('x') }} {{ "a" ~ item['k'] }}
{% else %} {# nothing #} {{ (1 + data.c) * -2 }}{% endfor %}
{{ [data.x, {'k': data.y}] | first is defined }} {% set v = 1 if id == type else 2 %}"""


def test_every_name_knows_where_it_is() -> None:
    template = parse(_SOURCE)
    names = [name for node in template.body for name in node.find_all(nodes.Name)]
    assert len(names) > 10
    for name in names:
        assert _SOURCE.startswith(name.name, name.lineno), name


def test_extents_cover_the_expression_as_written() -> None:
    template = parse(_SOURCE)
    extents = Extents(template)
    found = {extents.text(expr) for node in template.body for expr in node.find_all(nodes.Expr)}
    for expected in (
        "data.a.b", "data.list", "item.n > 1", "item.n | default('x')", "\"a\" ~ item['k']", "(1 + data.c) * -2", "1 + data.c",
        "[data.x, {'k': data.y}] | first is defined", "{'k': data.y}", "1 if id == type else 2", "-2",
    ):  # fmt: skip
        assert expected in found


@given(st.text(alphabet="ab \r\n", max_size=12), st.text(alphabet=" \r\n", max_size=4))
def test_offsets_count_the_source_s_own_characters(before: str, inside: str) -> None:
    source = f"{before}{{{{{inside} name.x }}}}"
    template = parse(source)
    name = next(name for node in template.body for name in node.find_all(nodes.Name))
    assert source.startswith("name", template.original(name.lineno))
    broken = f"{before}{{{{{inside} name ? x }}}}"
    with pytest.raises(TemplateFault) as caught:
        parse(broken)
    assert broken[caught.value.start : caught.value.end] == "?"


@pytest.mark.parametrize(
    ("source", "message", "text"),
    [
        ("{% if a %}x", "`{% if %}` is never closed: `{% endif %}` is missing", "x"),
        ("{% for a in b %}{% if c %}{% endif %}", "`{% for %}` is never closed: `{% endfor %}` is missing", "%}"),
        ("{{ 'abc }}", "the string is never closed", "'"),
        ("{{ a", "unexpected end of template, expected 'end of print statement'", "a"),
        ("{{ a b }}", "expected token 'end of print statement', got 'b'", "b"),
        ("{{ }}", "expected an expression, got 'end of print statement'", "}}"),
        ("{% nope %}", "encountered unknown tag 'nope'", "nope"),
        ("{# a", "missing end of comment tag", "a"),
        ("{{ (a }}", "unexpected '}', expected ')'", "}"),
    ],
)
def test_syntax_errors_have_a_place(source: str, message: str, text: str) -> None:
    with pytest.raises(TemplateFault) as caught:
        parse(source)
    assert caught.value.code == "RT401"
    assert caught.value.message.startswith(message)
    assert source[caught.value.start : caught.value.end] == text
