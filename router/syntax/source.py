"""Bytes of a file -> text fit for the YAML parser, or the reason why not, with its place.

UTF-8 is expected; UTF-16 and UTF-32 are read when a byte order mark says so (YAML 1.2.2, section 5.2). The mark is dropped, so that
columns are those an editor shows. `LineTable` turns offsets into lines and columns. Does no parsing.
"""

from __future__ import annotations

import bisect
import codecs
import re

from router.syntax.diagnostic import Diagnostic, Severity, Span

__all__ = ["FILE_BYTES_MAX", "LineTable", "decode"]

FILE_BYTES_MAX = 16 * 1024 * 1024
"""One document: about 30,000 routes. More is a generated file that should be several."""

_FINDINGS_MAX = 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# YAML 1.2.2, production [1] c-printable, inverted; the byte order mark has no business inside a text either.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile(r"\r\n|\r|\n")


class LineTable:
    """Where the lines of a text begin. Breaks are LF, CR LF and CR, as YAML 1.2 and editors have them."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Return the 1-based (line, column) of the character at `offset`."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset of the character at a 1-based (line, column); lines beyond the last count as the last."""
        return self._starts[min(max(line, 1), len(self._starts)) - 1] + column - 1


def decode(file: str, data: bytes) -> tuple[str | None, list[Diagnostic]]:
    """Return the text of a file without byte order mark; None and the findings (RT101) where it is not readable text."""
    if len(data) > FILE_BYTES_MAX:
        message = f"the file has {len(data):,} bytes; at most {FILE_BYTES_MAX:,} are read"
        return None, [_finding(file, (1, 1), message, "split it: documents of one directory are merged by name")]
    encoding, body = "utf-8", data
    for mark, name in _MARKS:
        if data.startswith(mark):
            encoding, body = name, data[len(mark) :]
            break
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, errors="replace")
        octets = " ".join(f"0x{octet:02X}" for octet in body[error.start : error.start + 1])
        return None, [
            _finding(
                file,
                LineTable(before).position(len(before)),
                f"the byte {octets} is not {encoding.upper()} text",
                "save the file as UTF-8",
            )
        ]
    findings = _unprintable(file, text)
    return (None if findings else text), findings


def _unprintable(file: str, text: str) -> list[Diagnostic]:
    if _UNPRINTABLE.search(text) is None:
        return []
    lines = LineTable(text)
    findings = []
    for found in _UNPRINTABLE.finditer(text):
        code = ord(found[0])
        escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
        message = f"the character U+{code:04X} is not allowed in YAML"
        help = f'remove it, or write "{escape}" inside double quotes'
        if code == 0 and text.startswith(("\x00",), 1):
            help = "the file looks like UTF-16 without byte order mark; save it as UTF-8"
        findings.append(_finding(file, lines.position(found.start()), message, help))
        if len(findings) == _FINDINGS_MAX:
            break
    return findings


def _finding(file: str, at: tuple[int, int], message: str, help: str) -> Diagnostic:
    span = Span(file, at[0], at[1], at[0], at[1] + 1)
    return Diagnostic(code="RT101", severity=Severity.ERROR, message=message, span=span, help=help)
