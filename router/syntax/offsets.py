"""Offset maps: from a character of a decoded scalar back to its character in the file.

The theory: YAML decodes a scalar in five ways (plain, single-quoted, double-quoted, literal, folded), and all of them drop, join or
replace characters. The parser gives only the decoded text and where the scalar begins and ends. So the decoding is done a second time
here, writing down for each decoded character the offset in the file it came from; a fold (a line break that became a space) comes from
the line break, an escape from its backslash. The result must equal the parser's text, otherwise no map is given and a finding covers the
whole scalar: a map is either exact or absent.

Maps are made only when somebody asks for a place inside a scalar, which is after something was found there.
"""

from __future__ import annotations

from router.syntax.source import LineTable

__all__ = ["OffsetMap", "trace"]

_ESCAPE_DIGITS = {"x": 2, "u": 4, "U": 8}
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b", " ": " ",
    '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip


class OffsetMap:
    """Places of the characters of one decoded scalar; offset `len(text)` is the place just after the last."""

    __slots__ = ("_lines", "_offsets")

    def __init__(self, offsets: list[int], lines: LineTable) -> None:
        self._offsets = offsets
        self._lines = lines

    def position(self, offset: int) -> tuple[int, int]:
        """Return the 1-based (line, column) of character `offset`; offsets outside the text are moved to its ends."""
        return self._lines.position(self._offsets[min(max(offset, 0), len(self._offsets) - 1)])


def trace(text: str, start: int, end: int, style: str | None, decoded: str) -> list[int] | None:
    """Return the offset in `text` of each character of `decoded` and of its end, or None where they cannot be told.

    `start` and `end` are the scalar's own (after tag and anchor); `style` is the parser's: None, `'`, `"`, `|` or `>`.
    """
    if style in ("|", ">"):
        return _trace_block(text, start, end, style, decoded)
    tracer = _Flow(text, start, end, style)
    return tracer.offsets if tracer.run() == decoded else None


class _Flow:
    """Decodes plain and quoted scalars (YAML 1.2.2, sections 7.3.1 to 7.3.3)."""

    def __init__(self, text: str, start: int, end: int, style: str | None) -> None:
        self.text = text
        self.style = style
        self.at = start + 1 if style else start
        self.end = end - 1 if style else end
        self.characters: list[str] = []
        self.offsets: list[int] = []

    def run(self) -> str:
        while self.at < self.end:
            if self.text[self.at] in " \t\r\n":
                self.blanks(escaped=False)
            elif self.style == "'" and self.text.startswith("''", self.at):
                self.put("'", self.at, 2)
            elif self.style == '"' and self.text[self.at] == "\\":
                self.escape()
            else:
                self.put(self.text[self.at], self.at, 1)
        self.offsets.append(self.end)
        return "".join(self.characters)

    def put(self, character: str, offset: int, width: int) -> None:
        self.characters.append(character)
        self.offsets.append(offset)
        self.at = offset + width

    def escape(self) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following in ("\r", "\n"):
            self.at += 1
            self.blanks(escaped=True)
        elif following in _ESCAPE_DIGITS:
            width = _ESCAPE_DIGITS[following]
            self.put(chr(int(self.text[self.at + 2 : self.at + 2 + width], 16)), self.at, 2 + width)
        else:
            self.put(_ESCAPES.get(following, following), self.at, 2)

    def blanks(self, *, escaped: bool) -> None:
        """Take white space: kept inside a line, folded around line breaks; after an escaped break nothing stands for the first."""
        spaces: list[int] = []
        breaks: list[int] = []
        while self.at < self.end and self.text[self.at] in " \t\r\n":
            if self.text[self.at] in " \t":
                if not breaks:
                    spaces.append(self.at)
                self.at += 1
            else:
                breaks.append(self.at)
                self.at += 2 if self.text.startswith("\r\n", self.at) else 1
        if not breaks:
            for offset in spaces:
                self.put(self.text[offset], offset, 1)
            return
        resume = self.at
        if len(breaks) == 1 and not escaped:
            self.put(" ", spaces[0] if spaces else breaks[0], 1)
        for offset in breaks[1:]:
            self.put("\n", offset, 1)
        self.at = resume


def _trace_block(text: str, start: int, end: int, style: str, decoded: str) -> list[int] | None:
    header_end = start
    while header_end < end and text[header_end] not in "\r\n":
        header_end += 1
    indicators = text[start + 1 : header_end].split("#", 1)[0].strip()
    chomping = "-" if "-" in indicators else "+" if "+" in indicators else ""
    body = _after_break(text, header_end)
    for indent in _indents(text, body, end):
        block = _Block(text, body, end, indent, folded=style == ">")
        if block.run(chomping) == decoded:
            return block.offsets
    return None


def _after_break(text: str, offset: int) -> int:
    return offset + 2 if text.startswith("\r\n", offset) else min(offset + 1, len(text))


def _indents(text: str, body: int, end: int) -> list[int]:
    """Return the possible content indentations, the one that is detected without indicator first."""
    leading, first, longest = body, None, 0
    while leading < end:
        stop = leading
        while stop < end and text[stop] == " ":
            stop += 1
        longest = max(longest, stop - leading)
        if stop < end and text[stop] not in "\r\n":
            first = stop - leading
            break
        leading = _after_break(text, stop)
    likely = longest if first is None else first
    return [likely, *(n for n in range(min(longest, 200) + 1) if n != likely)]


class _Block:
    """Decodes literal and folded scalars (YAML 1.2.2, sections 8.1.1 to 8.1.3)."""

    def __init__(self, text: str, start: int, end: int, indent: int, *, folded: bool) -> None:
        self.text = text
        self.at = start
        self.end = end
        self.indent = indent
        self.folded = folded
        self.characters: list[str] = []
        self.offsets: list[int] = []

    def run(self, chomping: str) -> str:
        breaks = self.blank_lines()
        last_break: int | None = None
        was_blank = False
        content_end = self.at
        while self.at < self.end and self.column() == self.indent:
            blank = self.text[self.at] in " \t"
            if self.folded and last_break is not None and not was_blank and not blank:
                if not breaks:
                    self.put(" ", last_break)
            elif last_break is not None:
                self.put("\n", last_break)
            for offset in breaks:
                self.put("\n", offset)
            was_blank = blank
            while self.at < self.end and self.text[self.at] not in "\r\n":
                self.put(self.text[self.at], self.at)
                self.at += 1
            content_end = self.at
            last_break = self.take_break()
            breaks = self.blank_lines()
        if chomping != "-" and last_break is not None:
            self.put("\n", last_break)
            content_end = _after_break(self.text, last_break)
        if chomping == "+":
            for offset in breaks:
                self.put("\n", offset)
                content_end = _after_break(self.text, offset)
        self.offsets.append(content_end)
        return "".join(self.characters)

    def put(self, character: str, offset: int) -> None:
        self.characters.append(character)
        self.offsets.append(offset)

    def column(self) -> int:
        return self.at - max(self.text.rfind("\n", 0, self.at), self.text.rfind("\r", 0, self.at)) - 1

    def take_break(self) -> int | None:
        if self.at >= self.end:
            return None
        offset = self.at
        self.at = _after_break(self.text, offset)
        return offset

    def blank_lines(self) -> list[int]:
        """Take lines that hold at most the indentation; leave `at` behind the indentation of the next."""
        breaks: list[int] = []
        while True:
            line = self.at
            while self.at < self.end and self.text[self.at] == " " and self.at - line < self.indent:
                self.at += 1
            if self.at >= self.end or self.text[self.at] not in "\r\n":
                return breaks
            breaks.append(self.at)
            self.at = _after_break(self.text, self.at)
