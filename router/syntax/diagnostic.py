"""Diagnostic: one finding about a configuration, at one place.

Every check, of any room, produces these and nothing else; the command line, the reload answer, the language server and the report
formats only print them. A Diagnostic always has a place: a file, a line and a column, never 0:0.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from router.errors import Blame, RouterError

__all__ = ["ConfigurationError", "Diagnostic", "Fix", "Note", "Severity", "Span", "has_errors", "in_order"]


class Severity(StrEnum):
    """How much a finding matters: an `error` stops a configuration from becoming a Plan, the others never do."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Span(msgspec.Struct, frozen=True, order=True):
    """A stretch of one file. Lines and columns count from 1, columns in Unicode code points; the end is exclusive.

    `file` is the path as the snapshot names it: relative to the directory the user works in where possible, with `/`.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Note(msgspec.Struct, frozen=True):
    """A second place that explains a finding, such as the first definition of a name."""

    message: str
    span: Span | None = None


class Fix(msgspec.Struct, frozen=True):
    """A stretch of a file, and the source text to put in its place."""

    span: Span
    replacement: str


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """One finding.

    `code` is stable and never reused (`RT203`). `message` says what is wrong, names the thing in backticks and is one line. `help` says
    what to write instead. `notes` are further places. Secrets never stand in any of them. `fixes` are the edits that together mend it,
    present only where they are safe to make without asking.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    help: str | None = None
    notes: tuple[Note, ...] = ()
    fixes: tuple[Fix, ...] = ()

    def __str__(self) -> str:
        return f"{self.span}: {self.severity} {self.code}: {self.message}"


class ConfigurationError(RouterError):
    """A configuration that yields no Plan; `diagnostics` has every finding, in file order."""

    blame = Blame.CONFIGURATION

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics) or "the configuration is not valid")


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Say whether any finding is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings by file, line, column, code, without exact repeats."""
    unique = {(d.span, d.code, d.message): d for d in diagnostics}
    return [unique[key] for key in sorted(unique)]
