"""Carets stand exactly under what they mean, whatever the line is made of."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from router.cli.printing import Style, printable
from router.cli.rendering.excerpt import COLUMNS_MAX, display_width, excerpt
from router.syntax.diagnostic import Span

PLAIN = Style(colours=False)


def drawn(source: str, line: int, column: int, end_line: int, end_column: int, **options: int) -> str:
    lines = excerpt(source, Span("f", line, column, end_line, end_column), style=PLAIN, colour="red", **options)
    return "\n".join(lines)


def test_one_word_of_one_line() -> None:
    assert drawn("routes:\n  a: {targetz: [crm]}\n", 2, 7, 2, 14) == "2 |   a: {targetz: [crm]}\n  |       ^^^^^^^"


def test_an_empty_span_has_one_caret() -> None:
    assert drawn("version: 1", 1, 11, 1, 11) == "1 | version: 1\n  |           ^"


def test_tabs_move_to_their_stop() -> None:
    assert drawn("\ta\tbc: x", 1, 4, 1, 6) == "1 |     a   bc: x\n  |         ^^"


def test_wide_characters_take_two_columns() -> None:
    assert drawn("名前: 値 x", 1, 5, 1, 6) == "1 | 名前: 値 x\n  |       ^^"


def test_combining_characters_take_none() -> None:
    assert drawn("cafe\u0301: x", 1, 8, 1, 9) == "1 | cafe\u0301: x\n  |       ^"


def test_a_joined_emoji_is_as_wide_as_its_parts() -> None:
    assert drawn("👍🏽: x", 1, 5, 1, 6).split("\n")[1] == "  |       ^"


def test_control_characters_become_pictures() -> None:
    assert drawn("a: \x1b[31mred", 1, 4, 1, 5) == "1 | a: ␛[31mred\n  |    ^"


def test_characters_that_turn_the_text_around_are_shown_as_one_mark() -> None:
    assert drawn("a\u202eb: x", 1, 3, 1, 4) == "1 | a\ufffdb: x\n  |   ^"


def test_several_lines_are_marked_from_their_first_character() -> None:
    source = "a:\n  b: |\n    one\n    two\nc: 1\n"
    assert drawn(source, 2, 6, 4, 8) == "2 |   b: |\n  |      ^\n3 |     one\n  |     ^^^\n4 |     two\n  |     ^^^"


def test_a_span_that_ends_before_the_next_line_does_not_show_it() -> None:
    assert drawn("a: 1\nb: 2\n", 1, 1, 2, 1) == "1 | a: 1\n  | ^^^^"


def test_long_spans_show_their_beginning() -> None:
    source = "\n".join(f"line {number}" for number in range(1, 30))
    text = drawn(source, 9, 1, 20, 5)
    assert text.startswith(" 9 | line 9\n   | ^^^^^^\n10 | line 10")
    assert text.endswith("… to line 20")
    assert "13 |" not in text


def test_long_lines_are_cut_around_the_carets() -> None:
    source = '{"' + "x" * 500 + '": BAD, "' + "y" * 500 + '"}'
    column = source.index("BAD") + 1
    shown, carets = drawn(source, 1, column, 1, column + 3).split("\n")
    assert len(shown) <= COLUMNS_MAX + 4
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "BAD"
    assert shown[4] == "…"
    assert shown.endswith("…")


def test_a_line_that_does_not_exist_shows_nothing() -> None:
    assert drawn("a: 1", 7, 1, 7, 2) == ""


def test_old_line_breaks_count_too() -> None:
    assert drawn("a: 1\r\nb: 2\rc: 3", 3, 1, 3, 2) == "3 | c: 3\n  | ^"


def test_a_line_separator_of_unicode_does_not_break_the_line() -> None:
    assert drawn("a: '\u2028' # x\nb: 2", 2, 1, 2, 2) == "2 | b: 2\n  | ^"


@given(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=60), st.data())
def test_any_line_and_span_give_carets_below_the_text(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    lines = excerpt(line, Span("f", 1, start + 1, 1, end + 1), style=PLAIN, colour="red")
    assert len(lines) in (1, 2)
    for text in lines:
        assert not any(unicodedata.category(character) == "Cc" for character in text)
    if len(lines) == 2:
        marked = lines[1][4:]
        assert set(marked.lstrip()) == {"^"}
        # What stands before the carets is exactly as wide as the text before the span.
        assert len(marked) - len(marked.lstrip()) <= display_width(lines[0][4:]) + len(line)


@given(st.text())
def test_printable_text_never_steers_a_terminal(text: str) -> None:
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in printable(text))
