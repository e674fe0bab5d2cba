"""Excerpt: some lines of a source file with carets under exactly the characters that are meant.

Positions count code points, terminals count columns: a tab fills up to its stop, a wide character (East Asian Width W or F, UAX #11)
takes two columns, a combining one none. Both the line and the carets are therefore built cell by cell. Control characters of the
source are shown as their pictures (U+2400 block), so that an excerpt cannot steer the terminal.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from router.cli.printing import Style
from router.syntax.diagnostic import Span

__all__ = ["COLUMNS_MAX", "display_width", "excerpt"]

COLUMNS_MAX = 160
"""Lines wider than this are cut around the carets; minified JSON schemas are one line."""

_LINES_MAX = 4
_TAB_STOP = 4
_ELLIPSIS = "…"
_BREAKS = ("\r\n", "\n", "\r")


class _Line(NamedTuple):
    """One line as a terminal shows it: `text`, and for each character (and one past the last) the column where it starts."""

    text: str
    starts: tuple[int, ...]


def display_width(text: str) -> int:
    """Return how many terminal columns a text without tabs takes."""
    return sum(_width(character) for character in text)


def excerpt(
    source: str, span: Span, *, style: Style, colour: str, gutter: int = 0, columns_max: int = COLUMNS_MAX
) -> list[str]:
    """Return the lines of a span with carets under it, each after a gutter with its number; nothing when the source has no such line.

    `gutter` is the least width of the line numbers. A span of many lines shows its first ones.
    """
    lines = source_lines(source)
    if not 1 <= span.line <= len(lines):
        return []
    last = min(max(span.end_line, span.line), len(lines))
    if last > span.line and span.end_column <= 1:
        last -= 1  # the span ends with the line break before
    shown = range(span.line, min(last, span.line + _LINES_MAX - 1) + 1)
    gutter = max(gutter, len(str(shown[-1])))
    output = []
    for number in shown:
        text, carets = _window(*_marked(lines[number - 1], number, span), columns_max)
        output.append(f"{style(f'{number:>{gutter}} |', 'dim')} {text}".rstrip())
        if carets.strip():
            output.append(f"{style(' ' * gutter + ' |', 'dim')} {_coloured(carets, style, colour)}")
    if shown[-1] < last:
        output.append(style(f"{' ' * gutter} {_ELLIPSIS} to line {last}", "dim"))
    return output


def source_lines(source: str) -> list[str]:
    """Split as YAML does (1.2, section 5.4): at CR, LF and CR LF only."""
    return source.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _marked(line: str, number: int, span: Span) -> tuple[str, str]:
    """Return a line as shown and the carets below it."""
    shown = _laid_out(line)
    first = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
    end = span.end_column - 1 if number == span.end_line else len(line.rstrip())
    first = min(max(first, 0), len(line))
    end = min(max(end, first), len(line))
    start = shown.starts[first]
    width = max(shown.starts[end] - start, 1 if number == span.line else 0)
    return shown.text, " " * start + "^" * width


def _laid_out(line: str) -> _Line:
    cells, starts, column = [], [], 0
    for character in line:
        starts.append(column)
        if character == "\t":
            width = _TAB_STOP - column % _TAB_STOP
            cells.append(" " * width)
        else:
            width = _width(character)
            cells.append(_picture(character))
        column += width
    starts.append(column)
    return _Line("".join(cells), tuple(starts))


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        # Soft hyphen is the one format character that terminals give a column; invisible ones are drawn as a visible mark by _picture.
        return 1 if _picture(character) != character or character == "\u00ad" else 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _picture(character: str) -> str:
    number = ord(character)
    if number < 0x20:
        return chr(0x2400 + number)
    if number == 0x7F:
        return "\u2421"
    if (
        0x80 <= number < 0xA0
        or number in (0x61C, 0x200E, 0x200F, 0x2028, 0x2029)
        or 0x202A <= number <= 0x202E
        or 0x2066 <= number <= 0x2069
    ):
        return "\ufffd"
    return character


def _window(text: str, carets: str, columns_max: int) -> tuple[str, str]:
    """Cut a wide line to the part around the carets."""
    if display_width(text) <= columns_max:
        return text, carets
    first = len(carets) - len(carets.lstrip())
    left = 0 if first < columns_max // 2 else first - columns_max // 3
    kept, column, skipped = [], 0, None
    for character in text:
        width = _width(character)
        if column >= left and column + width <= left + columns_max - 2:
            skipped = column if skipped is None else skipped
            kept.append(character)
        column += width
    skipped = skipped or 0
    prefix = _ELLIPSIS if left else ""
    cut = carets[skipped:].rstrip()[: columns_max - 2]
    return f"{prefix}{''.join(kept)}{_ELLIPSIS}", " " * len(prefix) + cut


def _coloured(carets: str, style: Style, colour: str) -> str:
    blank = len(carets) - len(carets.lstrip())
    return carets[:blank] + style(carets[blank:], colour, "bold")
