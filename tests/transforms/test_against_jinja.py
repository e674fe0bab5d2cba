"""What we render, Jinja renders too: its own sandbox is the oracle for everything that both accept.

Where this room differs on purpose (null has no text, lists and objects are written as JSON, lookups are by key) the oracle is told so; a template that
we refuse proves nothing and is passed over.
"""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined, Undefined
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from router.transforms import RenderError, compile_transform


class _Oracle(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with lookups by key."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        try:
            return obj[attribute]
        except (TypeError, LookupError, AttributeError):
            return self.undefined(obj=obj, name=attribute)


class _Lenient(StrictUndefined):
    """Undefined that may be chained into `default`, and is an error anywhere else."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    __getitem__ = __getattr__  # type: ignore[assignment]


def _text(value: Any) -> Any:
    if isinstance(value, str | Undefined):
        return value
    assert value is not None
    return orjson.dumps(value).decode()


_ORACLE = _Oracle(undefined=_Lenient, finalize=_text)
_ORACLE.filters["tojson"] = lambda value: orjson.dumps(value).decode()

_DATA = {
    "n": 7,
    "f": 2.5,
    "z": 0,
    "s": "Hello World",
    "e": "",
    "t": True,
    "list": [3, 1, 2],
    "words": ["b", "A", "c", "a"],
    "rows": [{"k": "x", "v": 1}, {"k": "y", "v": 2}, {"k": "x", "v": 3}],
    "map": {"b": 1, "a": 2},
}
_EVENT = {"id": "e1", "type": "t", "data": _DATA}

_numbers = st.recursive(
    st.sampled_from(
        ["data.n", "data.f", "data.z", "1", "2", "10", "0.5", "data.list[0]", "data.map.a", "data.rows[1].v"]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        inner.map("(-{})".format),
        st.tuples(
            inner,
            st.sampled_from(["abs", "int", "float", "round", "round(1)", "round(1, 'ceil')", "round(0, 'floor')"]),
        ).map(lambda parts: f"({parts[0]} | {parts[1]})"),
    ),
    max_leaves=4,
)
_strings = st.recursive(
    st.sampled_from(["data.s", "data.e", "'x'", "'two words'", "id", "data.words[1]", "data.rows[0].k"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]} ~ {parts[1]})"),
        st.tuples(inner, _numbers).map(lambda parts: f"({parts[0]} ~ ({parts[1]} | int))"),
        st.tuples(
            inner,
            st.sampled_from(
                ["upper", "lower", "title", "capitalize", "trim", "replace('o', '00')", "replace('l', '', 1)", "urlencode", "reverse", "string",
                "escape", "truncate(100)", "default('d')", "trim('Hd')", "e", "first", "last"]
            ),
        ).map(lambda parts: f"({parts[0]} | {parts[1]})"),
        inner.map("({}[1:4])".format),
    ),
    max_leaves=4,
)  # fmt: skip
_lists = st.recursive(
    st.sampled_from(["data.list", "data.words", "[1, 2, 2]", "[]", "(data.rows | map(attribute='v') | list)", "(data.rows | map(attribute='k') | list)"]),
    lambda inner: st.one_of(
        st.tuples(
            inner,
            st.sampled_from(
                ["sort", "sort(reverse=true)", "unique | list", "reverse | list", "list", "map('string') | list", "select | list", "reject | list",
                "select('eq', 2) | list", "reject('in', [1, 'a']) | list", "sort(case_sensitive=true)"]
            ),
        ).map(lambda parts: f"({parts[0]} | {parts[1]})"),
        inner.map("({}[:2])".format),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]} + {parts[1]})"),
    ),
    max_leaves=4,
)  # fmt: skip
_conditions = st.one_of(
    st.tuples(_numbers, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), _numbers).map(" ".join),
    st.tuples(_strings, st.sampled_from(["<", "==", "!=", "in", "not in"]), _strings).map(" ".join),
    _lists.map("2 in ({})".format),
    st.sampled_from(
        ["data.t", "not data.t", "data.x is defined", "data.n is defined", "data.x.y is undefined", "data.n is number", "data.s is string",
        "data.list is sequence", "data.map is mapping", "data.n is divisibleby 7", "data.n is odd", "data.n is even", "1 < data.n < 9", "data.t is true"]
    ),
)  # fmt: skip
_outputs = st.one_of(
    _numbers,
    _strings,
    _lists.map("({}) | join(',')".format),
    _lists.map("({}) | length".format),
    _conditions,
    st.tuples(_strings, _conditions, _numbers).map(lambda parts: f"{parts[0]} if {parts[1]} else {parts[2]}"),
    st.sampled_from(
        ["data.x | default('d')", "data.x.y | default(1)", "data.rows | sum(attribute='v')", "data.rows | sort(attribute='k,v') | map(attribute='v') | join",
        "data.rows | selectattr('k', 'eq', 'x') | map(attribute='v') | list | join('-')", "data.map | dictsort | map('first') | join",
        "data.map | dictsort(by='value') | map('last') | join", "data.rows | groupby('k') | map('first') | join", "data.list | max", "data.words | min",
        "(data.rows | max(attribute='v')).k", "data.rows | rejectattr('v', 'gt', 1) | list | length", "data.map | length", "data.map | items | list | length",
        "data.rows | unique(attribute='k') | map(attribute='v') | join", "data.map | urlencode", "data.list | tojson", "'3.7' | float", "'12' | int"]
    ),
).map("{{{{ {} }}}}".format)  # fmt: skip
_bodies = st.recursive(
    st.lists(
        st.one_of(_outputs, st.sampled_from([" ", "text", "\n", "{# c #}", "{% raw %}{{ x }}{% endraw %}"])),
        min_size=1,
        max_size=3,
    ).map("".join),
    lambda inner: st.one_of(
        st.tuples(_conditions, inner, inner).map(
            lambda parts: "{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format(*parts)
        ),
        st.tuples(_lists, inner).map(
            lambda parts: "{{% for x in {} %}}{}{{{{ loop.index }}}}{{{{ x }}}}{{% else %}}none{{% endfor %}}".format(
                *parts
            )
        ),
        st.tuples(_conditions, inner).map(
            lambda parts: "{{% for x in data.rows if {} %}}{{{{ x.k }}}}{{{{ loop.last }}}}{}{{% endfor %}}".format(
                *parts
            )
        ),
        st.tuples(_numbers, inner).map(lambda parts: "{{% set y = {} %}}{}{{{{ y }}}}".format(*parts)),
        inner.map("{{%- if true -%}} {} {{%- endif -%}}".format),
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(_bodies)
def test_text_is_the_same(template: str) -> None:
    transform, problems = compile_transform(template, content_type="text/plain", headers={})
    if transform is None:
        # Only a variable set twice, which Jinja allows and silently loses.
        assert {problem.message for problem in problems} == {"`y` is already set outside this loop"}
        return
    try:
        ours = transform.render(_EVENT).value
    except RenderError:
        return
    assert ours == _ORACLE.from_string(template).render(_EVENT)


@settings(max_examples=300, deadline=None)
@given(st.one_of(_numbers, _strings, _lists, _conditions))
def test_values_are_the_same(expression: str) -> None:
    transform, problems = compile_transform(
        {"x": "{{ " + expression + " }}"}, content_type="application/json", headers={}
    )
    assert transform is not None, problems
    try:
        ours = transform.value(_EVENT)["x"]
    except RenderError:
        return
    theirs = _ORACLE.compile_expression(expression, undefined_to_none=False)(_EVENT)
    assert ours == theirs
    assert isinstance(ours, type(theirs)) or isinstance(theirs, str)
