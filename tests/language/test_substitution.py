"""`${NAME}`: where, with what, and where the places are afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.language.substitution import Substituted, substitute
from router.syntax.diagnostic import Span
from router.syntax.loader import load

_ENVIRON = {"A": "alpha", "EMPTY": "", "TRICK": "${A} $${A}", "N": "8"}


def _run(text: str) -> Substituted:
    tree, findings = load("t.yaml", text.encode())
    assert tree is not None
    assert [d for d in findings if d.severity == "error"] == []
    return substitute(tree, _ENVIRON.get)


def _value(written: str) -> str:
    done = _run(f"a: '{written}'\n")
    assert done.diagnostics == []
    return done.tree.value["a"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${A}", "alpha"), ("x${A}y${A}", "xalphayalpha"), ("${A:-d}", "alpha"), ("${B:-d}", "d"), ("${B:-}", ""), ("${EMPTY}", ""), ("${EMPTY:-d}", "d"),
        ("${B:-http://x:1/y?z}", "http://x:1/y?z"), ("${B:-$A}", "$A"), ("${B:-${A}", "${A"), ("${TRICK}", "${A} $${A}"),
        ("$${A}", "${A}"), ("$$${A}", "$${A}"), ("$A $ {A} {A}", "$A $ {A} {A}"), ("${{ data.total }}", "${{ data.total }}"), ("${}", "${}"), ("${1}", "${1}"),
        ("cost: $5", "cost: $5"),
    ],
)  # fmt: skip
def test_texts(written: str, value: str) -> None:
    assert _value(written) == value


def test_undefined_variables_are_all_found_where_they_stand() -> None:
    done = _run("a:\n  - x ${B} and ${C}\n  - |\n    line\n    ${D}\n")
    assert [(str(d.span), d.code) for d in done.diagnostics] == [
        ("t.yaml:2:7", "RT607"),
        ("t.yaml:2:16", "RT607"),
        ("t.yaml:5:5", "RT607"),
    ]
    assert "`B`" in done.diagnostics[0].message
    assert done.failed == [("a", 0), ("a", 0), ("a", 1)]


@pytest.mark.parametrize("written", ["${A", "${A:x}", "${A-d}", "${A:?no}", "${A B}"])
def test_incomplete_references_are_errors(written: str) -> None:
    [finding] = _run(f"a: '{written}'\n").diagnostics
    assert finding.code == "RT607"
    assert "${A:-default}" in (finding.help or "")


def test_keys_are_never_substituted() -> None:
    done = _run("routes:\n  to-${A}:\n    filter: ${A}\n")
    assert [(str(d.span), d.code) for d in done.diagnostics] == [("t.yaml:2:3", "RT604")]
    assert done.tree.value == {"routes": {"to-${A}": {"filter": "alpha"}}}


def test_data_is_left_alone() -> None:
    text = (
        "event_types:\n  a: {schema: {pattern: '${B}'}, examples: [{'${K}': '${B}'}, '${A}.json'],"
        " versions: {1: {schema: {const: '${B}'}, upgrade: '${A}'}}}\n  b: {schema: '${A}.json'}\n"
        "tests:\n  - {name: '${A}', event: {type: '${B}'}, expect: [{route: '${A}', payload: '${B}', headers: {x: '${B}'}}]}\n"
    )
    done = _run(text)
    assert done.diagnostics == []
    value = done.tree.value
    assert value["event_types"]["a"]["schema"] == {"pattern": "${B}"}
    assert value["event_types"]["a"]["examples"] == [{"${K}": "${B}"}, "alpha.json"]
    assert value["event_types"]["a"]["versions"]["1"] == {"schema": {"const": "${B}"}, "upgrade": "alpha"}
    assert value["event_types"]["b"]["schema"] == "alpha.json"
    assert value["tests"][0] == {
        "name": "alpha",
        "event": {"type": "${B}"},
        "expect": [{"route": "alpha", "payload": "${B}", "headers": {"x": "${B}"}}],
    }


def test_places_inside_survive() -> None:
    text = "a: \"${A} == data.totl && '$${x}'\"\n"
    done = _run(text)
    value = done.tree.value["a"]
    assert value == "alpha == data.totl && '${x}'"
    start = value.index("totl")
    assert done.tree.inside(("a",), start, start + 4) == Span("t.yaml", 1, 18, 1, 22)
    assert done.tree.inside(("a",), 0, 5) == Span("t.yaml", 1, 5, 1, 9)
    assert done.tree.inside(("a",), 2, 3).column == 5
    assert done.written == {("a",): "${A} == data.totl && '$${x}'"}
    assert done.tree.key_span(("a",)) == Span("t.yaml", 1, 1, 1, 2)


def test_a_tree_without_references_is_the_same_tree() -> None:
    tree, _ = load("t.yaml", b"a: $x {y}\n")
    assert tree is not None
    assert substitute(tree, _ENVIRON.get).tree is tree


@given(st.text(alphabet="ab${}:-A \n", max_size=30))
def test_every_place_of_a_substituted_text_is_inside_it(written: str) -> None:
    escaped = written.replace("\n", "\\n")
    tree, _ = load("t.yaml", f'a: "{escaped}"\n'.encode())
    assert tree is not None
    done = substitute(tree, _ENVIRON.get)
    value = done.tree.value["a"]
    previous = 0
    for index in range(len(value) + 1):
        column = done.tree.inside(("a",), index, index).column
        assert 5 <= column <= 5 + len(escaped)
        assert column >= previous
        previous = column
