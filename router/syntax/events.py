"""The YAML parser: text -> events. The only module of the project that imports yaml.

PyYAML's C parser (libyaml) is used where it was built, its Python parser otherwise; both give the same events. Only events are used,
none of PyYAML's constructors or resolvers: what a scalar means is decided in `router.syntax.scalars`.

Both parsers follow YAML 1.1 in one thing that 1.2 dropped: U+0085, U+2028 and U+2029 break lines. They are swapped for private
characters before parsing (`shield`) and swapped back in the values (`Shield.restore`), which keeps every offset as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from router.syntax.diagnostic import Diagnostic, Note, Severity, Span
from router.syntax.source import LineTable

__all__ = [
    "AliasEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ParserError",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "Shield",
    "explain",
    "index_of",
    "open_events",
]

try:
    from yaml import cyaml
except ImportError:  # pragma: no cover - PyYAML built without libyaml
    _C_PARSER: Any = None
else:
    _C_PARSER = vars(cyaml)["CParser"]

ParserError = yaml.MarkedYAMLError

_BREAKS_OF_1_1 = "\x85\u2028\u2029"


class _PythonParser(Reader, Scanner, Parser):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


def open_events(text: str, *, python: bool = False) -> Callable[[], Any]:
    """Return a function that gives the next event of `text`, None after the last; it raises ParserError.

    `python` asks for the parser written in Python, which is otherwise used only where the other is absent.
    """
    if python or _C_PARSER is None:
        return _PythonParser(text).get_event
    next_event: Callable[[], Any] = _C_PARSER(text).get_event
    return next_event


def index_of(error: ParserError, default: int) -> int:
    """Return the offset at which the parser gave up."""
    mark: Any = error.problem_mark or error.context_mark
    return default if mark is None else int(mark.index)


class Shield:
    """Hides the three characters that YAML 1.1 takes for line breaks."""

    __slots__ = ("_back", "text")

    def __init__(self, text: str) -> None:
        self._back: dict[int, str] = {}
        if any(character in text for character in _BREAKS_OF_1_1):
            free = (code for code in range(0xE000, 0xF8FF) if chr(code) not in text)
            self._back = {next(free): character for character in _BREAKS_OF_1_1}
            text = text.translate({ord(character): chr(code) for code, character in self._back.items()})
        self.text = text

    @property
    def is_needed(self) -> bool:
        """Say whether the text has any of them."""
        return bool(self._back)

    def restore(self, value: str) -> str:
        """Return a parsed value with the characters swapped back."""
        return value.translate(self._back)


_HELP = (
    ("found character '\\t' that cannot start", "indent with spaces; YAML does not allow tabs there"),
    ("found a tab character", "indent with spaces; YAML does not allow tabs there"),
    (
        "mapping values are not allowed",
        "put quotes around a text that contains `: `; or a `:` is missing on the line before; or this line is indented too far",
    ),
    (
        "could not find expected ':'",
        "a key needs `: ` after it; put quotes around a text of several lines, or begin it with `|`",
    ),
    ("found character '`'", "put quotes around a text that begins with a backtick"),
    ("found character '@'", "put quotes around a text that begins with `@`"),
    ("found character '%'", "put quotes around a text that begins with `%`"),
    ("found unknown escape character", "inside double quotes write a backslash as `\\\\`, or use single quotes"),
    (
        "did not find expected ',' or ']'",
        "close the list with `]`; put quotes around a text that contains `,` `[` or `]`",
    ),
    (
        "did not find expected ',' or '}'",
        "close the mapping with `}`; put quotes around a text that contains `,` `{` or `}`",
    ),
    ("expected ',' or ']'", "close the list with `]`; put quotes around a text that contains `,` `[` or `]`"),
    ("expected ',' or '}'", "close the mapping with `}`; put quotes around a text that contains `,` `{` or `}`"),
    (
        "did not find expected key",
        "check that this line is indented like its neighbours and that a quoted text ends where it should",
    ),
    (
        "did not find expected '-' indicator",
        "check the indentation: entries of one list begin with `-` in the same column",
    ),
    (
        "expected <block end>",
        "check that this line is indented like its neighbours and that a quoted text ends where it should",
    ),
    (
        "did not find expected node content",
        "a value is missing here, or a bracket is not closed; put quotes around a text that begins with `,`",
    ),
    (
        "expected the node content",
        "a value is missing here, or a bracket is not closed; put quotes around a text that begins with `,`",
    ),
    ("found unexpected end of stream", "a quote is not closed"),
    ("found unexpected document", "a quote or bracket is not closed before this line"),
    ("did not find expected alphabetic or numeric", "put quotes around a text that begins with `*` or `&`"),
    ("expected alphabetic or numeric", "put quotes around a text that begins with `*` or `&`"),
    ("did not find expected whitespace or line break", "put quotes around a text that begins with `!`, `*` or `&`"),
    ("did not find expected tag URI", "put quotes around a text that begins with `!`"),
    ("did not find the expected '!'", "put quotes around a text that begins with `!`"),
    ("incompatible YAML document", "write `%YAML 1.2` or leave the line out"),
)


def explain(file: str, text: str, error: ParserError) -> Diagnostic:
    """Return the parser's complaint as a finding (RT101) with a note where the construct began and what usually helps."""
    lines = LineTable(text)

    def offset_of(mark: Any) -> int:
        return int(mark.index) if mark is not None else 0

    def place(mark: Any) -> Span:
        offset = offset_of(mark)
        if offset >= len(text):  # the end of a file is where its last word ends, not on a line that no editor shows
            offset = len(text.rstrip())
        return Span(file, *lines.position(offset), *lines.position(offset + 1))

    problem = (error.problem or "this is not YAML").strip()
    if "cannot start any token" in problem:  # libyaml does not say which character
        problem = f"found character {text[offset_of(error.problem_mark) :][:1]!r} that cannot start any token"
    context, start = (error.context or "").strip(), error.context_mark
    if context == "while scanning for the next token":  # says nothing
        context, start = "", error.problem_mark
    notes: tuple[Note, ...] = ()
    if context and start is not None and offset_of(start) != offset_of(error.problem_mark):
        notes = (Note(f"{context} that begins here", place(start)),)
    return Diagnostic(
        code="RT101",
        severity=Severity.ERROR,
        message=f"{problem} {context}".strip(),
        span=place(error.problem_mark or start),
        help=next((help for part, help in _HELP if part in problem), None),
        notes=notes,
    )
