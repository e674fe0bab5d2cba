"""Fixing: the safe edits that findings carry, made in the text.

    findings ── fixes ──► edits, bottom up, none over another ──► new bytes ── lint again ──► … until nothing is left to fix

An edit is one that needs no judgement: a misspelt name with one near neighbour, parentheses that were meant. A finding's edits are made
together or not at all. A file that would no longer load, or whose findings would become graver, is left as it was. Works on bytes in memory; writing them is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from router.analysis.report import LintReport
from router.syntax.diagnostic import Diagnostic, Fix, Severity
from router.syntax.snapshot import Snapshot
from router.syntax.source import LineTable

__all__ = ["Fixed", "apply_fixes", "fix_all"]

_ROUNDS_MAX = 5
"""Mending one mistake can lay bare another; more rounds than this are two edits that undo each other."""


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """The report after fixing, the new bytes of each changed file, and how many findings were mended."""

    report: LintReport
    contents: Mapping[str, bytes]
    count: int


def fix_all(snapshot: Snapshot, check: Callable[[Snapshot], LintReport]) -> Fixed:
    """Make every safe edit that `check` reports, and those that its own findings then allow."""
    report = check(snapshot)
    contents: dict[str, bytes] = {}
    count = 0
    refused: set[str] = set()
    for _ in range(_ROUNDS_MAX):
        fixable = [
            finding.diagnostic
            for finding in report.counted
            if finding.diagnostic.fixes and not refused & {fix.span.file for fix in finding.diagnostic.fixes}
        ]
        changes, made = apply_fixes(fixable, snapshot.read)
        if not changes:
            break
        attempt = snapshot.replacing(changes)
        after = check(attempt)
        worse = {name for name in changes if _errors(after, name) > _errors(report, name)}
        if worse:
            refused |= worse
            continue
        snapshot, report, count = attempt, after, count + made
        contents |= changes
    return Fixed(report=report, contents=contents, count=count)


def _errors(report: LintReport, name: str) -> int:
    return sum(
        found.span.file == name and found.severity is Severity.ERROR
        for found in (finding.diagnostic for finding in report.findings)
    )


def apply_fixes(diagnostics: Sequence[Diagnostic], read: Callable[[str], bytes]) -> tuple[dict[str, bytes], int]:
    """Return the new bytes of each file that changes, and how many findings' edits were made.

    Findings come first come first served: one whose edits touch those of an earlier one waits for the next round. A file that is not
    UTF-8 is left alone.
    """
    texts: dict[str, _Text | None] = {}
    count = 0
    for found in diagnostics:
        for fix in found.fixes:
            if fix.span.file not in texts:
                texts[fix.span.file] = _Text.of(read, fix.span.file)
        targets = [(texts[fix.span.file], fix) for fix in found.fixes]
        if targets and all(text is not None and text.has_room(fix) for text, fix in targets):
            count += 1
            for text, fix in targets:
                if text is not None:
                    text.take(fix)
    return {name: text.written() for name, text in texts.items() if text is not None and text.edits}, count


class _Text:
    """One file while its edits are collected."""

    def __init__(self, data: bytes) -> None:
        self.mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        self.text = data[len(self.mark) :].decode("utf-8")
        self.lines = LineTable(self.text)
        self.edits: list[tuple[int, int, str]] = []

    @classmethod
    def of(cls, read: Callable[[str], bytes], name: str) -> _Text | None:
        try:
            return cls(read(name))
        except (OSError, UnicodeDecodeError):
            return None

    def bounds(self, fix: Fix) -> tuple[int, int]:
        start = self.lines.offset(fix.span.line, fix.span.column)
        return start, max(start, self.lines.offset(fix.span.end_line, fix.span.end_column))

    def has_room(self, fix: Fix) -> bool:
        start, end = self.bounds(fix)
        return end <= len(self.text) and all(end < first or last < start for first, last, _ in self.edits)

    def take(self, fix: Fix) -> None:
        start, end = self.bounds(fix)
        if not fix.replacement:
            start, end = _with_space(self.text, start, end)
        self.edits.append((start, end, fix.replacement))

    def written(self) -> bytes:
        text = self.text
        for start, end, replacement in sorted(self.edits, reverse=True):
            text = text[:start] + replacement + text[end:]
        return self.mark + text.encode("utf-8")


def _with_space(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen what is removed: white space before it at the end of a line, the whole line when nothing else is on it."""
    if end < len(text) and text[end] not in "\r\n":
        return start, end
    first = start
    while first > 0 and text[first - 1] in " \t":
        first -= 1
    if first > 0 and text[first - 1] not in "\r\n":
        return first, end
    if text.startswith("\r\n", end):
        return first, end + 2
    return first, min(end + 1, len(text))
