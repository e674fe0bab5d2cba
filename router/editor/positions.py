"""Positions: between the places of editors and ours.

An editor counts lines from 0 and characters in code units, of UTF-16 unless both sides agree on another encoding (LSP 3.17, "Position
Encoding Kind"). We count both from 1, and characters in code points. A character beyond U+FFFF is two units of UTF-16 and up to four of UTF-8.
Lines end at LF, CR LF and CR in both worlds.
"""

from __future__ import annotations

import re

from lsprotocol import types as lsp

from router.syntax.diagnostic import Span

__all__ = ["Encoding", "Text"]

Encoding = lsp.PositionEncodingKind | str | None

_BREAK = re.compile(r"\r\n|\r|\n")


class Text:
    """One version of a file's text, and its lines."""

    def __init__(self, text: str, encoding: Encoding = None) -> None:
        self.text = text
        self._encoding = str(getattr(encoding, "value", encoding) or "utf-16")
        self._starts = [0]
        self._ends: list[int] = []
        for found in _BREAK.finditer(text):
            self._ends.append(found.start())
            self._starts.append(found.end())
        self._ends.append(len(text))

    def line(self, line: int) -> str:
        """Return a line (0-based) without its end; "" beyond the last."""
        return self.text[self._starts[line] : self._ends[line]] if 0 <= line < len(self._starts) else ""

    def position(self, line: int, column: int) -> lsp.Position:
        """Return the editor's position of a 1-based line and column; what lies beyond a line is its end."""
        if line > len(self._starts):
            return lsp.Position(len(self._starts) - 1, self._units(self.line(len(self._starts) - 1)))
        return lsp.Position(line - 1, self._units(self.line(line - 1)[: column - 1]))

    def range(self, span: Span) -> lsp.Range:
        """Return the editor's range of a span."""
        return lsp.Range(self.position(span.line, span.column), self.position(span.end_line, span.end_column))

    def offset(self, position: lsp.Position) -> int:
        """Return the code point that an editor's position is before; inside a character counts as before it."""
        if position.line >= len(self._starts):
            return len(self.text)
        line = self.line(position.line)
        return self._starts[position.line] + self._code_points(line, position.character)

    def place(self, offset: int) -> lsp.Position:
        """Return the editor's position of a code point."""
        low, high = 0, len(self._starts) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle - 1)
        return lsp.Position(low, self._units(self.text[self._starts[low] : offset]))

    def _units(self, text: str) -> int:
        if text.isascii() or self._encoding == "utf-32":
            return len(text)
        if self._encoding == "utf-8":
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text) + sum(character > "\uffff" for character in text)

    def _code_points(self, line: str, units: int) -> int:
        if line.isascii() or self._encoding == "utf-32":
            return min(units, len(line))
        taken = 0
        for index, character in enumerate(line):
            taken += self._units(character)
            if taken > units:
                return index
        return len(line)
