"""The canonical form: idempotent, the same tree, the same comments, whatever the document."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.analysis.formatting import FormatError, format_document, is_same
from router.syntax.comments import comments_in
from router.syntax.loader import load
from router.syntax.writing import scalar_text
from tests.corpora import corpus

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted([*(ROOT / "routes").rglob("*.yaml"), *(ROOT / "tests" / "golden" / "ok").rglob("*.yaml")])


def hold(name: str, data: bytes) -> None:
    """Hold a document to the properties of the canonical form."""
    formatted = format_document(name, data)
    assert format_document(name, formatted) == formatted, name
    before, _ = load(name, data)
    after, found = load(name, formatted)
    assert before is not None
    assert after is not None
    assert not [one for one in found if one.severity.value == "error"]
    assert is_same(before.value, after.value), name
    remarks = [Counter(comment.text.rstrip() for comment in comments_in(tree.text)) for tree in (before, after)]
    assert remarks[0] == remarks[1], name


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_documents(path: Path) -> None:
    hold(path.name, path.read_bytes())


@pytest.mark.parametrize("path", sorted((ROOT / "routes").rglob("*.yaml")), ids=lambda path: path.name)
def test_the_example_is_canonical(path: Path) -> None:
    assert format_document(path.name, path.read_bytes()) == path.read_bytes(), "run: router fmt"


def test_schemastore() -> None:
    rows = [json.loads(line) for line in corpus("schemastore", "cases.jsonl").read_text("utf-8").splitlines()]
    valid = [row for row in rows if row["expect"] == "valid"]
    assert len(valid) >= 300
    for row in valid:
        hold(row["path"], row["yaml"].encode())


def test_yaml_test_suite() -> None:
    formatted = 0
    for line in corpus("yaml-test-suite", "cases.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        try:
            hold(row["id"], row["yaml"].encode())
            formatted += 1
        except FormatError:
            continue
    assert formatted >= 200  # of those that are in the language at all; the others are left as they are


CASES = {
    "order of sections and keys, comments with their keys": (
        "# about the file\n\n# about routes\nroutes:\n  # about b\n  b:\n    targets: [x]  # t\n    # f\n    filter: a\nversion: 1\n",
        "# about the file\n\nversion: 1\n# about routes\nroutes:\n  # about b\n  b:\n    # f\n    filter: a\n    targets: [x]  # t\n",
    ),
    "blank lines stay between sections": (
        "routes:\n  a: {}\n\nversion: 1\n\nendpoints:\n  b: {}\n",
        "version: 1\n\nendpoints:\n  b: {}\n\nroutes:\n  a: {}\n",
    ),
    "keys behind a dash": (
        "version: 1\ntests:\n- expect:\n  - {endpoint: e, route: r}\n  name: n # c\n",
        "version: 1\ntests:\n  - name: n # c\n    expect:\n      - {route: r, endpoint: e}\n",
    ),
    "data keeps its order": (
        "version: 1\nevent_types:\n  a:\n    schema:\n      type: object\n      description: d\n      b: 1\n      a: 2\n",
        "version: 1\nevent_types:\n  a:\n    schema:\n      type: object\n      description: d\n      b: 1\n      a: 2\n",
    ),
    "other YAML keeps its order": (
        "version: 2\nroutes: {}\nendpoints: {}\n",
        "version: 2\nroutes: {}\nendpoints: {}\n",
    ),
    "quotes": (
        "a: 'x'\nb: \"it's\"\nc: 'say \"x\"'\nd: '404'\ne: 'on'\nf: ''\ng: '{{ x }}'\nh: 'a: b'\ni: ['a,b', 'c d']\nj: \"\\u00e9\"\n",
        'a: x\nb: it\'s\nc: say "x"\nd: "404"\ne: "on"\nf: ""\ng: "{{ x }}"\nh: "a: b"\ni: ["a,b", c d]\nj: é\n',
    ),
    "spaces": (
        "a :   1\nb: [ 1,2 ,3 ]\nc: {x: 1,  y : [ ]}   \n\n\n\nd: -1\n\n\n",
        "a: 1\nb: [1, 2, 3]\nc: {x: 1, y: []}\n\nd: -1\n",
    ),
    "indentation": (
        "a:\n    b:\n     -   c\n     -   d: 1\n         e: 2\n",
        "a:\n  b:\n    - c\n    - d: 1\n      e: 2\n",
    ),
    "block scalars": (
        "a:\n    b: |\n        x\n          y\n\n        z   \n",
        "a:\n  b: |\n      x\n        y\n\n      z   \n",
    ),
    "comments keep their column": ("a: 'x'    # one\nb: yy     # two\n", "a: x      # one\nb: yy     # two\n"),
    "comments at the end of a block": ("a:\n    b: 1\n    # b's\n# end\n", "a:\n  b: 1\n  # b's\n# end\n"),
    "anchors keep their place": (
        "version: 1\nroutes:\n  a: &x {events: [e]}\nendpoints:\n  b: *x\n",
        "version: 1\nroutes:\n  a: &x {events: [e]}\nendpoints:\n  b: *x\n",
    ),
    "nothing": ("", ""),
    "only comments": ("# a\n\n\n# b", "# a\n\n# b\n"),
    "line breaks": ("a: 1\r\nb: |\r\n  x\r\n", "a: 1\nb: |\n  x\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str) -> None:
    before, after = CASES[name]
    assert format_document("a.yaml", before.encode()).decode() == after
    hold("a.yaml", before.encode())


def test_a_document_with_errors_is_left_alone() -> None:
    with pytest.raises(FormatError) as caught:
        format_document("a.yaml", b"a: [\n")
    assert caught.value.diagnostics


_TEXTS = st.text() | st.sampled_from(
    ["", "null", "on", "404", "1e3", "2026-01-02", "a: b", "- x", "#", "a #b", "=", "<<", "{{ a }}", "~"]
)


@given(text=_TEXTS, is_flow=st.booleans(), is_key=st.booleans())
def test_a_text_is_written_as_it_is(text: str, is_flow: bool, is_key: bool) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    written = scalar_text(text, is_flow=is_flow, is_key=is_key)
    source = f"{written}: 1" if is_key else f"k: {written}"
    tree, found = load("a", (f"{{{source}}}" if is_flow else source).encode())
    assert tree is not None, found
    assert found == []
    assert tree.value == ({text: 1} if is_key else {"k": text})


_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS.filter(lambda text: text.isascii() and text.isprintable()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcde"), inner, max_size=4),
    max_leaves=12,
)


@given(tree=_TREES, data=st.data())
def test_any_tree(tree: object, data: st.DataObject) -> None:
    lines = _written({"root": tree}, 0, data)
    hold("a.yaml", ("\n".join(lines) + "\n").encode())


def _written(value: object, depth: int, data: st.DataObject) -> list[str]:
    """Write a tree in some layout: any indentation, any quotes, comments anywhere."""
    pad = " " * depth
    lines: list[str] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if data.draw(st.integers(0, 3)) == 0:
                lines.append(f"{pad}# about {key}")
            if isinstance(inner, dict | list) and inner:
                lines.append(f"{pad}{key}:" + data.draw(st.sampled_from(["", "  # c", "   "])))
                lines += _written(inner, depth + data.draw(st.integers(1, 4)), data)
            else:
                lines.append(f"{pad}{key}:{' ' * data.draw(st.integers(1, 3))}{_inline(inner, data)}")
        return lines
    assert isinstance(value, list)
    for inner in value:
        lines.append(f"{pad}-{' ' * data.draw(st.integers(1, 3))}{_inline(inner, data)}")
    return lines


def _inline(value: object, data: st.DataObject) -> str:
    if isinstance(value, str):
        return data.draw(st.sampled_from([json.dumps(value), "'" + value.replace("'", "''") + "'"]))
    return json.dumps(value)
