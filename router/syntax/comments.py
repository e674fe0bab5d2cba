"""The comments of a YAML document: what stands behind `#` outside every scalar.

A `#` inside a quoted text or a block scalar is text, so comments cannot be found line by line. The parser's events say where scalars
stand; what lies between them is searched. A document with a syntax error gives the comments before it.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from router.syntax import events
from router.syntax.source import LineTable, decode

__all__ = ["Comment", "comments_in", "comments_of"]

_BEFORE = frozenset(" \t\r\n")
_REST = re.compile(r"#[^\r\n]*")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")


class Comment(msgspec.Struct, frozen=True):
    """One comment with its `#`. Line and column count from 1; `start` is its offset; `is_alone`: nothing but space stands before it."""

    text: str
    start: int
    line: int
    column: int
    is_alone: bool


def comments_of(file: str, data: bytes) -> list[Comment]:
    """Return the comments of a file in order; none where it is no text."""
    if b"#" not in data and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00")):
        return []
    text, _ = decode(file, data)
    return [] if text is None else comments_in(text)


def comments_in(text: str) -> list[Comment]:
    """Return the comments of a document in order."""
    if "#" not in text:
        return []
    lines = LineTable(text)
    found: list[Comment] = []
    at = 0
    for start, end in _scalars(text):
        _collect(text, at, start, lines, found)
        at = max(at, end)
    _collect(text, at, len(text), lines, found)
    return found


def _collect(text: str, start: int, end: int, lines: LineTable, found: list[Comment]) -> None:
    at = text.find("#", start, end)
    while at >= 0:
        if at == 0 or text[at - 1] in _BEFORE:
            match = _REST.match(text, at)
            comment = "#" if match is None else match[0]
            line, column = lines.position(at)
            found.append(Comment(comment, at, line, column, not text[at - column + 1 : at].strip()))
            at += len(comment) - 1
        at = text.find("#", at + 1, end)


def _scalars(text: str) -> list[tuple[int, int]]:
    """Return the bounds of every scalar's content; a comment behind a block scalar's header is not in it."""
    bounds: list[tuple[int, int]] = []
    next_event = events.open_events(events.Shield(text).text)
    try:
        while (event := next_event()) is not None:
            if type(event) is not events.ScalarEvent:
                continue
            marks: tuple[Any, Any] = event.start_mark, event.end_mark
            start, end = marks[0].index, marks[1].index
            if event.style in ("|", ">"):
                header = _BLOCK_HEADER.search(text, start)
                breaks = [at for at in (text.find("\n", start), text.find("\r", start)) if at >= 0]
                if header is not None and breaks:
                    bounds.append((start, header.end()))
                    start = min(breaks)
            bounds.append((start, end))
    except events.ParserError as error:
        stop = min(events.index_of(error, len(text)), len(text))
        bounds.append((max(stop, bounds[-1][1] if bounds else 0), len(text)))
    return bounds
