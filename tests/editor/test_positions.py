"""Places are turned into an editor's positions and back, in every encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position

from router.editor.positions import Text
from router.syntax.diagnostic import Span

_TEXTS = st.text(st.sampled_from("ab é€😀𝒳\n\r"), max_size=40)


@given(_TEXTS, st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_every_offset_comes_back(text: str, encoding: str) -> None:
    lines = Text(text, encoding)
    for offset in range(len(text) + 1):
        if offset and text[offset - 1 : offset + 1] == "\r\n":
            continue
        assert lines.offset(lines.place(offset)) == offset


@given(_TEXTS, st.integers(-1, 9), st.integers(0, 99))
def test_no_position_is_outside_of_the_text(text: str, line: int, character: int) -> None:
    assert 0 <= Text(text).offset(Position(max(line, 0), character)) <= len(text)


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", 6), ("utf-16", 4), ("utf-32", 3), (None, 4)])
def test_units_are_those_of_the_encoding(encoding: str | None, expected: int) -> None:
    assert Text("a😀b!", encoding).range(Span("x", 1, 4, 1, 5)).start == Position(0, expected)


def test_a_position_inside_of_a_character_is_before_it() -> None:
    assert Text("a😀b").offset(Position(0, 2)) == 1
