"""Where a cursor is, in documents that are being written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.editor.cursor import locate

_GOOD = "version: 1\nroutes:\n  paid:\n    events: [order.paid]\n    targets: [crm]\n"


@pytest.mark.parametrize(
    ("text", "path", "is_key", "before"),
    [
        ("a: x^y\n", ("a",), False, "x"),
        ("routes:\n  paid:\n    filter: data.^\n    targets: [crm]\n", ("routes", "paid", "filter"), False, "data."),
        ("routes:\n  paid:\n    fil^\n    targets: [crm]\n", ("routes", "paid"), True, "fil"),
        ("routes:\n  paid:\n    targets: [crm, ^\n", ("routes", "paid", "targets", 1), False, ""),
        ("routes:\n  paid:\n    targets: [{end^\n", ("routes", "paid", "targets", 0), True, "end"),
        ("routes:\n  paid:\n    targets:\n      - ^\n", ("routes", "paid", "targets", 0), False, ""),
        ('t:\n  payload:\n    id: "{{ data.^\n', ("t", "payload", "id"), False, "{{ data."),
        ("t:\n  payload: |\n    Hello {{ data.^\n    more\n", ("t", "payload"), False, "Hello {{ data."),
        ("x: [\nroutes:\n  paid:\n    filter: da^\n", ("routes", "paid", "filter"), False, "da"),
        ("rou^", (), True, "rou"),
    ],
)
def test_the_cursor_is_found(text: str, path: tuple[str | int, ...], is_key: bool, before: str) -> None:
    found = locate(text.replace("^", ""), text.index("^"))
    assert found is not None
    if path == () and not found.is_key:
        assert (found.path, found.before) == (path, before)
        return
    assert (found.path, found.is_key, found.before) == (path, is_key, before)


def test_a_comment_is_nowhere() -> None:
    assert locate("a: 1 # here\n", 8) is None


@given(st.integers(0, len(_GOOD)), st.text("{}[]'\":-# \nax|&*!", max_size=4))
def test_nothing_typed_anywhere_breaks_it(offset: int, typed: str) -> None:
    locate(_GOOD[:offset] + typed + _GOOD[offset:], offset + len(typed))
