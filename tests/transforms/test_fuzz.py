"""Any text at all is a template, or has problems; any event at all renders, or is a RenderError. Nothing else is raised, nothing hangs."""

from __future__ import annotations

import time
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from router.transforms import RenderError, compile_transform
from router.transforms.catalogue import COMPILED, FILTERS
from router.transforms.predicates import PREDICATES
from tests.corpora import corpus

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "items", "0"]), inner, max_size=4)
    ),
    max_leaves=12,
)
_FRAGMENTS = [
    "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", " ", " ", " ", "\n", "\r\n", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "~", "+", "-", "*", "/",
    "//", "%", "**", "==", "<", "=", "'", '"', "\\", "0", "1", "-1", "1.5", "1e400", "0x", "9999999999999999999999", "'a'", "'%s'", "''", "true", "none", "null",
    "data", "data.a", "data.items", "data['a']", "data.b[0]", "id", "x", "__class__", "loop", "loop.index", "self", "if", "else", "elif", "endif", "for", "in",
    "endfor", "set", "is", "not", "and", "or", "defined", "recursive", "raw", "endraw", "include", "macro", "block", "€", "\u0000", "\ud800",
    *sorted(FILTERS), *sorted(COMPILED), *sorted(PREDICATES)
]  # fmt: skip
_soup = st.lists(st.sampled_from(_FRAGMENTS), max_size=25).map(" ".join)
_tight = st.lists(st.sampled_from(_FRAGMENTS), max_size=25).map("".join)
_expressions = st.lists(st.sampled_from(_FRAGMENTS[18:]), max_size=8).map(lambda parts: "{{ " + " ".join(parts) + " }}")
_operands = st.sampled_from(
    [
        "data",
        "data.a",
        "data.b",
        "data.items",
        "id",
        "1",
        "-2",
        "0",
        "2.5",
        "'abc'",
        "''",
        "none",
        "true",
        "[]",
        "[1, 'x', none]",
        "{}",
        "{'a': data}",
    ]
)
_calls = st.tuples(
    _operands,
    st.sampled_from(sorted(FILTERS)),
    st.lists(
        st.one_of(_operands, st.sampled_from(["attribute='a'", "attribute='a,b.0'", "default=1", "reverse=true"])),
        max_size=3,
    ),
).map(lambda parts: "{{{{ {} | {}({}) }}}}".format(parts[0], parts[1], ", ".join(parts[2])))
_tests = st.tuples(_operands, st.sampled_from(sorted(PREDICATES)), st.lists(_operands, max_size=1)).map(
    lambda parts: "{{{{ [{}] | select('{}'{}) }}}}".format(
        parts[0], parts[1], "".join(", " + part for part in parts[2])
    )
)
_binary = st.tuples(
    _operands,
    st.sampled_from(["+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"]),
    _operands,
).map(lambda parts: "{{{{ {} }}}}".format(" ".join(parts)))
_access = st.tuples(_operands, _operands).map(
    lambda parts: "{{{{ ({})[{}] }}}}{{{{ ({})[{}:{}] }}}}".format(*parts, *parts, parts[1])
)

_templates = st.one_of(_soup, _tight, _expressions, _calls, _tests, _binary, _access, st.text(max_size=40))


def _try(payload: Any, content_type: str, event: dict[str, Any]) -> None:
    transform, problems = compile_transform(
        payload, content_type=content_type, headers={"X-A": payload} if isinstance(payload, str) else {}
    )
    for problem in problems:
        text = payload if isinstance(payload, str) else payload["x"]
        assert 0 <= problem.start <= problem.end <= len(text)
        assert "\n" not in problem.message or "\n" in text
    if transform is None:
        assert any(problem.severity == "error" for problem in problems)
        return
    try:
        first = transform.render(event)
    except RenderError:
        return
    assert transform.render(event) == first
    if content_type == "application/json":
        assert orjson.loads(first.body) == orjson.loads(orjson.dumps(first.value))


@settings(max_examples=600, deadline=None)
@given(_templates, _json)
def test_templates_raise_nothing_else(template: str, data: Any) -> None:
    event = {"id": "e1", "type": "t", "data": data}
    for payload, content_type in (
        (template, "text/plain"),
        (template, "application/json"),
        ({"x": template}, "application/json"),
    ):
        started = time.perf_counter()
        _try(payload, content_type, event)
        assert time.perf_counter() - started < 1


def test_naughty_strings_pass_through_as_data_and_as_templates() -> None:
    strings = orjson.loads(corpus("strings", "blns.json").read_bytes())
    echo, problems = compile_transform(
        {"value": "{{ data }}", "text": "<{{ data }}>", "upper": "{{ data | upper | lower | length }}"},
        content_type="application/json",
        headers={},
    )
    assert echo is not None, problems
    for string in strings:
        rendered = echo.render({"data": string})
        assert orjson.loads(rendered.body) == {
            "value": string,
            "text": f"<{string}>",
            "upper": len(string.upper().lower()),
        }
        _try(string, "text/plain", {"data": string})
        _try({"x": string}, "application/json", {"data": string})
