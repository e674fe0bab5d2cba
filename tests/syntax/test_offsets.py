"""Offset maps: every character of a decoded scalar must be found where it stands in the file, whatever the style."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.syntax.loader import load
from router.syntax.source import LineTable
from router.syntax.tree import Tree


def _tree(text: str, *, python: bool = False) -> Tree:
    tree, findings = load("t.yaml", text.encode(), python=python)
    assert tree is not None
    assert [d for d in findings if d.severity == "error"] == []
    return tree


def _offset(tree: Tree, path: tuple[Any, ...], index: int) -> int:
    """Return the offset in the file of one character of a scalar, by way of line and column."""
    span = tree.inside(path, index, index + 1)
    starts = [i for i in range(len(tree.text) + 1) if LineTable(tree.text).position(i) == (span.line, span.column)]
    assert len(starts) == 1
    return starts[0]


def _check(text: str, path: tuple[Any, ...], *, python: bool = False) -> str:
    """Check every character that stands for itself; return the decoded scalar."""
    tree = _tree(text, python=python)
    value: Any = tree.value
    for step in path:
        value = value[step]
    offsets = tree.places[path].offsets
    assert offsets is not None
    assert offsets() is not None, f"no map for {value!r} in {text!r}"
    previous = -1
    for index, character in enumerate(value):
        offset = _offset(tree, path, index)
        assert offset > previous
        previous = offset
        source = tree.text[offset]
        if source != character:  # an escape, a doubled quote, or a fold
            assert source in "\\'" or (source in " \t\r\n" and character in " \n")
    return value  # type: ignore[no-any-return]


_CASES = {
    "plain": ("key: data.total > 5\n", "data.total > 5"),
    "plain, folded": ("key: data.total\n  > 5\n\n  && data.vip\n", "data.total > 5\n&& data.vip"),
    "plain, with a comment after": ("key: data.total   # why\n", "data.total"),
    "single": ("key: 'it''s'\n", "it's"),
    "single, folded": ("key: 'one  \n\n   two'\n", "one\ntwo"),
    "double": ('key: "a\\tb\\u00e9\\U0001F680c"\n', "a\tbé🚀c"),
    "double, folded": ('key: "one \\\n   two\n  three \\n\n\n\n   four"\n', "one two three \n\n\nfour"),
    "double, escaped blanks": ('key: "one\\ \n  \\  two"\n', "one    two"),
    "literal": ("key: |\n  one\n    two\n\n  three\n", "one\n  two\n\nthree\n"),
    "literal, stripped": ("key: |-\n  one\n  two\n\n\n", "one\ntwo"),
    "literal, kept": ("key: |+\n  one\n\n\nnext: x\n", "one\n\n\n"),
    "literal, indented": ("key: |2-   # comment\n    one\n   two\n", "  one\n two"),
    "literal, blank first": ("key: |\n\n \n  one\n", "\n\none\n"),
    "literal, to the end": ("key: |\n  one", "one"),
    "folded": ("key: >\n  one\n  two\n\n  three\n   four\n  five\n\n   six\n", "one two\nthree\n four\nfive\n\n six\n"),
    "folded, stripped": ("key: >-\n  {{ data.id }}\n  of {{ data.x }}\n", "{{ data.id }} of {{ data.x }}"),
    "anchor and tag": ("key: &a !!str   'x y'\n", "x y"),
    "tag on its own line": ("key: !!str # comment\n  x y\n", "x y"),
    "wide characters": ("key: 🚀🚀 data.größe\n", "🚀🚀 data.größe"),
    "carriage returns": ("key: |\r\n  one\r\n  two\r\nnext: x\r\n", "one\ntwo\n"),
    "breaks of YAML 1.1": ('key: "a\u2028b\x85c\u2029d"\n', "a\u2028b\x85c\u2029d"),
}  # fmt: skip


@pytest.mark.parametrize("python", [False, True], ids=["libyaml", "python"])
@pytest.mark.parametrize("name", _CASES)
def test_styles(name: str, python: bool) -> None:
    text, value = _CASES[name]
    assert _check(text, ("key",), python=python) == value


def test_a_caret_in_a_folded_filter() -> None:
    tree = _tree("routes:\n  paid:\n    filter: >-\n      data.total > `1000`\n      && data.countri == 'DE'\n")
    path = ("routes", "paid", "filter")
    start = tree.value["routes"]["paid"]["filter"].index("data.countri")
    span = tree.inside(path, start, start + len("data.countri"))
    assert (span.line, span.column, span.end_line, span.end_column) == (5, 10, 5, 22)


def test_the_end_of_a_range_is_after_its_last_character() -> None:
    tree = _tree("a: 'one two'\nb: |\n  one\n  two\n")
    whole = tree.inside(("a",), 4, 7)
    assert (whole.column, whole.end_column) == (9, 12)
    line = tree.inside(("b",), 0, 3)
    assert (line.line, line.column, line.end_line, line.end_column) == (3, 3, 3, 6)


def test_offsets_outside_the_text_are_its_ends() -> None:
    tree = _tree("a: one\n")
    assert tree.inside(("a",), 99, 120) == tree.inside(("a",), 3, 3)


def test_what_is_no_scalar_is_covered_as_a_whole() -> None:
    tree = _tree("a: {b: c}\n")
    assert tree.inside(("a",), 2, 3) == tree.span(("a",))
    assert tree.inside(("a", "missing"), 2, 3) == tree.span(("a",))


_LINES = st.lists(
    st.text(alphabet=st.sampled_from(list("ab{}|>'\"\\#:-&!*%@`[],🚀é \t")), max_size=8), min_size=1, max_size=5
)


@given(
    _LINES, st.sampled_from(["|", ">"]), st.sampled_from(["", "-", "+"]), st.booleans(), st.sampled_from(["\n", "\r\n"])
)
def test_block_scalars(lines: list[str], style: str, chomping: str, last_break: bool, newline: str) -> None:
    body = newline.join(f"   {line}" for line in lines) + (newline if last_break else "")
    text = f"key: {style}1{chomping}{newline}{body}"
    tree, findings = load("t.yaml", text.encode())
    if tree is None:  # a tab where indentation is expected
        assert findings
        return
    _check(text, ("key",))


@given(_LINES, st.sampled_from(["\n", "\n\n", "\r\n"]))
def test_quoted_scalars(lines: list[str], newline: str) -> None:
    single = newline.join(f"  {line.replace(chr(39), chr(39) * 2)}" for line in lines).strip()
    double = newline.join("  " + line.replace("\\", "\\\\").replace('"', '\\"') for line in lines).strip()
    for text in (f"key: '{single}'\n", f'key: "{double}"\n'):
        tree, findings = load("t.yaml", text.encode())
        if tree is None:
            assert findings
            continue
        _check(text, ("key",))


@given(st.text(max_size=30))
def test_escapes(value: str) -> None:
    escaped = "".join(f"\\U{ord(c):08x}" if not c.isalnum() else c for c in value if not "\ud800" <= c <= "\udfff")
    text = f'key: "{escaped}"\n'
    if load("t.yaml", text.encode())[0] is None:
        return
    _check(text, ("key",))
