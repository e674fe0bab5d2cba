"""The loader: values, places and refusals."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.syntax.diagnostic import Diagnostic, Span, has_errors
from router.syntax.loader import ALIAS_NODES_MAX, DEPTH_MAX, FINDINGS_MAX, load
from router.syntax.source import FILE_BYTES_MAX
from router.syntax.tree import Tree, pointer
from tests.corpora import corpus


def _load(text: str) -> Tree:
    tree, findings = load("t.yaml", text.encode())
    assert [str(d) for d in findings] == []
    assert tree is not None
    return tree


def _findings(text: str | bytes) -> list[Diagnostic]:
    return load("t.yaml", text if isinstance(text, bytes) else text.encode())[1]


def _at(text: str | bytes) -> list[str]:
    return [f"{d.span.line}:{d.span.column} {d.code}" for d in _findings(text)]


def _span(line: int, column: int, end_line: int, end_column: int) -> Span:
    return Span("t.yaml", line, column, end_line, end_column)


def test_places_of_keys_and_values() -> None:
    tree = _load(
        "version: 1\nroutes:\n  paid-eu:\n    events: [order.paid, 'x']\n    filter: |\n      a\n      b\n\n# end\n"
    )
    assert tree.key_span(("routes", "paid-eu")) == _span(3, 3, 3, 10)
    assert tree.span(("routes", "paid-eu", "events")) == _span(4, 13, 4, 30)
    assert tree.span(("routes", "paid-eu", "events", 1)) == _span(4, 26, 4, 29)
    assert tree.span(("routes", "paid-eu", "filter")) == _span(5, 13, 7, 8)
    assert tree.span(("routes", "paid-eu")) == _span(4, 5, 7, 8)
    assert tree.span(()) == _span(1, 1, 7, 8)


def test_the_place_of_what_is_not_there_is_its_nearest_ancestors() -> None:
    tree = _load("a: {b: 1}\n")
    assert tree.span(("a", "x", 0)) == tree.span(("a",))
    assert tree.key_span(("a", "x")) == tree.span(("a",))
    assert tree.key_span(("a", "b", 0)) == tree.span(("a", "b"))
    assert ("a", "x") not in tree.places
    assert ("a", "b") in tree.places
    assert set(tree.places) == {(), ("a",), ("a", "b")}
    assert len(tree.places) == 3
    with pytest.raises(KeyError):
        tree.places["a", "x"]


def test_columns_are_code_points_whatever_the_encoding() -> None:
    text = "größe: {🚀🚀: x, b: y}\r\nc: z\r\n"
    for data in (
        text.encode(),
        b"\xef\xbb\xbf" + text.encode(),
        b"\xff\xfe" + text.encode("utf-16-le"),
        b"\xfe\xff" + text.encode("utf-16-be"),
        b"\xff\xfe\x00\x00" + text.encode("utf-32-le"),
        b"\x00\x00\xfe\xff" + text.encode("utf-32-be"),
    ):
        tree, findings = load("t.yaml", data)
        assert findings == []
        assert tree is not None
        assert tree.value == {"größe": {"🚀🚀": "x", "b": "y"}, "c": "z"}
        assert tree.span(("größe", "b")) == _span(1, 19, 1, 20)
        assert tree.key_span(("c",)) == _span(2, 1, 2, 2)


def test_breaks_of_yaml_1_1_are_ordinary_characters() -> None:
    tree = _load("a: x\u2028y\x85z\nb: 'p\u2029q'\nc: 1\n")
    assert tree.value == {"a": "x\u2028y\x85z", "b": "p\u2029q", "c": 1}
    assert tree.key_span(("c",)) == _span(3, 1, 3, 2)


def test_nulls_stand_after_their_key() -> None:
    tree = _load("a:\nb: ~\n")
    assert tree.value == {"a": None, "b": None}
    assert tree.span(("a",)) == _span(1, 3, 1, 3)


def test_empty_files() -> None:
    for text in ("", "\n\n", "# comment\n", "---\n"):
        tree, findings = load("t.yaml", text.encode())
        assert tree is not None
        assert tree.value is None
        assert findings == []
        assert tree.span(()).line >= 1


def test_keys_are_their_text() -> None:
    tree = _load("404: a\ntrue: b\n1.0: c\n~: d\n'': e\n")
    assert tree.value == {"404": "a", "true": "b", "1.0": "c", "~": "d", "": "e"}


def test_aliases_share_values_and_keep_their_own_place() -> None:
    tree = _load("a: &x {k: [1, 2]}\nb: *x\nc: &s 'it''s'\nd: *s\n*s : e\n")
    assert tree.value["b"] == {"k": [1, 2]}
    assert tree.value["it's"] == "e"
    assert tree.span(("b",)) == _span(2, 4, 2, 6)
    assert tree.span(("b", "k", 1)) == _span(1, 15, 1, 16)
    assert tree.inside(("d",), 3, 4) == _span(3, 12, 3, 13)


def test_an_anchor_can_be_used_again() -> None:
    assert _load("a: &x 1\nb: *x\nc: &x 2\nd: *x\n").value == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_the_core_schemas_tags_are_known() -> None:
    tree = _load(
        "a: !!str 5\nb: !!int '7'\nc: !!float 1\nd: !!null ''\ne: !!bool true\nf: !!map {x: y}\ng: !!seq [z]\n"
    )
    assert tree.value == {"a": "5", "b": 7, "c": 1.0, "d": None, "e": True, "f": {"x": "y"}, "g": ["z"]}
    assert tree.span(("a",)) == _span(1, 10, 1, 11)


def test_every_repeated_key_and_every_tag_is_found() -> None:
    text = "a: 1\nb: {c: 1, c: 2, c: 3}\na: !x 2\nd: !y [!z q]\n"
    assert _at(text) == ["2:11 RT102", "2:17 RT102", "3:1 RT102", "3:4 RT105", "4:4 RT105", "4:8 RT105"]
    note = _findings(text)[0].notes[0]
    assert note.span == _span(2, 5, 2, 6)


def test_findings_before_a_syntax_error_are_kept() -> None:
    assert _at("a: 1\na: 2\nb: [\n") == ["2:1 RT102", "3:5 RT101"]


def test_aliases_are_bounded() -> None:
    item = "- &a [" + ",".join(["x"] * 99) + "]\n"
    fine = item + "- *a\n" * (ALIAS_NODES_MAX // 100)
    assert _at(fine) == []
    assert _at(fine + "- *a\n- *a\n") == ["102:3 RT104"]
    assert _at("a: &a [*a]\nb: &b {c: [*b]}\n") == ["1:8 RT104", "2:12 RT104"]


def test_a_billion_laughs_costs_nothing() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    begun = time.perf_counter()
    tree, findings = load("t.yaml", "\n".join(lines).encode())
    assert [d.code for d in findings] == ["RT104"]
    assert tree is not None
    assert time.perf_counter() - begun < 5


def test_depth_is_bounded() -> None:
    deep = "[" * DEPTH_MAX + "]" * DEPTH_MAX
    assert _at(deep) == []
    assert _at(f"[{deep}]") == [f"1:{DEPTH_MAX + 1} RT101"]
    assert _at("[" * 100_000)[0].endswith("RT101")
    assert _at("\n".join(" " * n + "k:" for n in range(DEPTH_MAX + 5)))[0].endswith("RT101")


def test_bytes_are_bounded() -> None:
    assert _at(b"#" * (FILE_BYTES_MAX + 1)) == ["1:1 RT101"]


def test_findings_are_bounded() -> None:
    assert len(_findings("\n".join(f"a: !x {n}" for n in range(5_000)))) == FINDINGS_MAX


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: 1\nb: caf\xe9\n", "2:7"),
        (b"\xff\xfea\x00:\x00 \x00\x00\xd8b\x00", "1:4"),
        (b"a: \xf0\x9f\x9a\x80\xff\n", "1:5"),
        (b"a: 1\n\nb: x\x07y\n", "3:5"),
        (b"a: x\x00\n", "1:5"),
        ("a: \ufffe\n".encode(), "1:4"),
        ("a: x\ufeff\n".encode(), "1:5"),
        (b"a: x\x7f\n", "1:5"),
    ],
)
def test_what_is_no_text_is_refused_where_it_stands(data: bytes, place: str) -> None:
    assert _at(data) == [f"{place} RT101"]


def test_secrets_of_a_line_are_not_repeated_in_messages() -> None:
    for finding in _findings("password: 'hunter2\nother: x\n"):
        assert "hunter2" not in str(finding)


@pytest.mark.parametrize("text", ["[?a]", "{?a: b}"])
def test_question_marks_are_never_misread(text: str) -> None:
    assert _at(text) == ["1:2 RT101"]
    assert _load("? a\n: b\n").value == {"a": "b"}


def test_pointer() -> None:
    assert pointer(("a/b", 0, "c~d")) == "/a~1b/0/c~0d"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_no_text_crashes_the_loader(text: str) -> None:
    for python in (False, True):
        tree, findings = load("t.yaml", text.encode(), python=python)
        assert tree is not None or has_errors(findings)
        for finding in findings:
            assert finding.span.line >= 1
            assert finding.span.column >= 1


@given(st.binary(max_size=40))
def test_no_bytes_crash_the_loader(data: bytes) -> None:
    tree, findings = load("t.yaml", data)
    assert tree is not None or has_errors(findings)


_YAMLISH = st.lists(
    st.sampled_from(
        ["a", "b", ": ", ":", "- ", "-", "? ", "[", "]", "{", "}", ",", "\n", "\n  ", "\n    ", " ", "\t", "'", '"', "|", ">", "|2-", "&x ", "*x",
         "!!str ", "!x ", "! ", "#", " #c", "---\n", "...\n", "%YAML 1.2\n", "<<", "\\", "\\n", "~", "1", "{{ x }}", "${A}", "\r\n"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(_YAMLISH)
def test_places_hold_for_whatever_can_be_read(text: str) -> None:
    tree, findings = load("t.yaml", text.encode())
    lines = text.splitlines() or [""]
    for finding in findings:
        assert finding.span.line <= len(lines)
    if tree is None:
        assert has_errors(findings)
        return
    for path, place in tree.places.items():
        value: Any = tree.value
        for step in path:
            value = value[step]
        assert (place.offsets is not None) == (not isinstance(value, (dict, list))) or path == ()
        if place.offsets is not None and isinstance(value, str) and not has_errors(findings):
            assert place.offsets() is not None, (text, path, value)


def test_naughty_strings_come_back_as_they_are() -> None:
    import json

    for naughty in json.loads(corpus("strings", "blns.json").read_text(encoding="utf-8")):
        escaped = "".join(c if c.isprintable() and c not in '\\"' else f"\\U{ord(c):08x}" for c in naughty)
        document = f'a: "{escaped}"\n'
        tree, findings = load("t.yaml", document.encode())
        assert findings == []
        assert tree is not None
        assert tree.value == {"a": naughty}


def test_seventeen_thousand_lines_load_quickly() -> None:
    route = (
        "  route-{n}:\n    description: kind {n}\n    owner: team\n    events: [order.paid, order.*]\n    filter: data.total > `{n}`\n"
        "    transform:\n      content_type: application/json\n      payload:\n        id: \"{{{{ data.id }}}}\"\n        total: '{{{{ data.total }}}}'\n"
        "        text: |\n          Order\n          paid\n      headers: {{X-Region: x}}\n    targets:\n      - crm\n      - audit\n"
    )
    data = ("routes:\n" + "".join(route.format(n=n) for n in range(1000))).encode()
    begun = time.process_time()
    tree, findings = load("t.yaml", data)
    assert (
        time.process_time() - begun < 2.0
    )  # 0.1 s on the machine it was written on; a bound against quadratic mistakes
    assert findings == []
    assert tree is not None
    assert len(tree.value["routes"]) == 1000
