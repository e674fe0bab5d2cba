"""Inline ignores: a comment that holds a warning back, with a reason and, if wanted, a day on which that ends.

    url: http://intake.internal   # router: ignore[RT503] until 2027-01-31 -- the gateway gets its certificate in January

    # router: ignore[RT503, unused-definition] -- kept for the next campaign
    old-crm: …

The comment stands on the line of the finding, or alone above it (other comments may stand between). An ignore is a promise to somebody, so
it is checked: without a reason it works but is reported (RT905), from the day after `until` it does nothing and is reported (RT907), one
that holds nothing back is reported (RT908), and so is one that cannot be read (RT909). Errors cannot be ignored: what has an error is not
loaded, whatever a comment says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

import msgspec

from router.analysis.report import Suppression
from router.syntax.comments import Comment, comments_of
from router.syntax.diagnostic import Diagnostic, Fix, Severity, Span

__all__ = ["Ignore", "apply_ignores", "read_ignores"]

_MARK = re.compile(r"#\s*router:\s*(?P<rest>.*\S)?\s*$")
_IGNORE = re.compile(r"ignore\s*\[(?P<codes>[^\]]*)\]\s*(?:until\s+(?P<until>\S+)\s*)?(?:--\s*(?P<reason>.*\S)\s*)?$")
_FORM = "write `# router: ignore[RT503] until 2027-01-31 -- reason`; `until` may be left out"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

FindCode = Callable[[str], str | None]
"""Returns the code that a word (a code or a name) means, None for neither."""


class Ignore(msgspec.Struct, frozen=True, kw_only=True):
    """One comment: the codes it holds back on `line`, and where it stands itself."""

    span: Span
    line: int
    codes: tuple[str, ...]
    until: date | None
    reason: str | None


def read_ignores(file: str, data: bytes, find: FindCode) -> tuple[list[Ignore], list[Diagnostic]]:
    """Return the ignores of a document and the findings about those that cannot be read (RT909)."""
    if b"router:" not in data:
        return [], []
    ignores: list[Ignore] = []
    findings: list[Diagnostic] = []
    comments = comments_of(file, data)
    alone = {comment.line for comment in comments if comment.is_alone}
    blank = _blank_lines(data) if alone else set()
    for comment in comments:
        mark = _MARK.match(comment.text)
        if mark is None or not re.match(r"ignore\b", mark["rest"] or "", re.IGNORECASE):
            continue
        line = comment.line
        while line in alone or line in blank:
            line += 1
        read = _read(comment, _span(file, comment), mark["rest"] or "", line, find)
        if isinstance(read, Ignore):
            ignores.append(read)
        else:
            findings.append(read)
    return ignores, findings


def _blank_lines(data: bytes) -> set[int]:
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return {number for number, line in enumerate(lines[:-1], 1) if not line.strip()}


def _span(file: str, comment: Comment) -> Span:
    return Span(file, comment.line, comment.column, comment.line, comment.column + len(comment.text.rstrip()))


def _read(comment: Comment, span: Span, written: str, line: int, find: FindCode) -> Ignore | Diagnostic:
    match = _IGNORE.match(written)
    if match is None:
        return _finding("RT909", Severity.WARNING, "this ignore cannot be read", span, _FORM)
    words = [word.strip() for word in match["codes"].split(",") if word.strip()]
    if not words:
        return _finding("RT909", Severity.WARNING, "this ignore names no code", span, _FORM)
    codes = []
    for word in words:
        code = find(word)
        if code is None:
            help = "name a code such as `RT503`; `router lint` prints it with each finding"
            return _finding("RT909", Severity.WARNING, f"`{word}` is no code", span, help)
        codes.append(code)
    until = None
    if match["until"] is not None:
        try:
            until = date.fromisoformat(match["until"]) if _DAY.fullmatch(match["until"]) else None
        except ValueError:
            until = None
        if until is None:
            message = f"`{match['until']}` is no day"
            return _finding("RT909", Severity.WARNING, message, span, "write the day as `2027-01-31`")
    return Ignore(span=span, line=line, codes=tuple(codes), until=until, reason=match["reason"])


def apply_ignores(
    diagnostics: Sequence[Diagnostic], ignores: Iterable[Ignore], *, today: date
) -> tuple[dict[int, Suppression], list[Diagnostic]]:
    """Return which findings (by index) are held back, and what there is to say about the ignores themselves.

    `today` is the day in UTC; an ignore holds through its last day.
    """
    by_line: dict[tuple[str, int], list[int]] = {}
    for index, found in enumerate(diagnostics):
        by_line.setdefault((found.span.file, found.span.line), []).append(index)
    suppressed: dict[int, Suppression] = {}
    about: list[Diagnostic] = []
    for ignore in ignores:
        here = [
            index
            for index in by_line.get((ignore.span.file, ignore.line), ())
            if diagnostics[index].code in ignore.codes
        ]
        is_expired = ignore.until is not None and today > ignore.until
        about.extend(_about(ignore, [diagnostics[index] for index in here], is_expired=is_expired))
        if not is_expired:
            for index in here:
                if diagnostics[index].severity is not Severity.ERROR:
                    suppressed.setdefault(index, Suppression("inline", ignore.reason))
    return suppressed, about


def _about(ignore: Ignore, here: list[Diagnostic], *, is_expired: bool) -> Iterator[Diagnostic]:
    if is_expired:
        message = f"this ignore ended on {ignore.until}"
        yield _finding(
            "RT907",
            Severity.WARNING,
            message,
            ignore.span,
            "mend what it held back, or give it another day and say why",
        )
        return
    for code in ignore.codes:
        held = [found for found in here if found.code == code]
        if not held:
            fixes = (Fix(ignore.span, ""),) if len(ignore.codes) == 1 else ()
            message = f"nothing is found here that `ignore[{code}]` could hold back"
            yield _finding("RT908", Severity.WARNING, message, ignore.span, "remove it", fixes)
        elif held[0].severity is Severity.ERROR:
            message = f"{code} is an error here and cannot be ignored"
            yield _finding(
                "RT909", Severity.WARNING, message, ignore.span, "a configuration with an error is not loaded; mend it"
            )
    if ignore.reason is None:
        yield _finding(
            "RT905",
            Severity.WARNING,
            "this ignore gives no reason",
            ignore.span,
            "write ` -- ` and the reason behind it",
        )


def _finding(
    code: str, severity: Severity, message: str, span: Span, help: str, fixes: tuple[Fix, ...] = ()
) -> Diagnostic:
    return Diagnostic(code=code, severity=severity, message=message, span=span, help=help, fixes=fixes)
