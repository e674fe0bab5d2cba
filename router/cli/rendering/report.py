"""Report: diagnostics as text for people. Formats for programs are in `router.analysis.reports`.

A finding in text starts with `file:line:column: severity CODE: message`, which editors and `grep` understand; below it stand the excerpt,
the help, and each note with an excerpt of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from router.cli.printing import Style, printable
from router.cli.rendering.excerpt import COLUMNS_MAX, excerpt
from router.syntax.diagnostic import Diagnostic, Severity, Span

__all__ = ["Sources", "summary_line", "text_report"]

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}

Sources = Callable[[str], str | None]
"""Returns the text of a file by the name that spans use, or None when it cannot be shown."""


def text_report(
    diagnostics: Sequence[Diagnostic], sources: Sources, *, style: Style, columns_max: int = COLUMNS_MAX
) -> str:
    """Return all findings as text, a blank line between two; empty when there are none."""
    return "\n\n".join(_finding(found, sources, style, columns_max) for found in diagnostics)


def summary_line(diagnostics: Sequence[Diagnostic], documents: int, *, style: Style, suppressed: int = 0) -> str:
    """Return one line that counts: `2 errors, 1 warning in 2 files (6 documents checked)`; `suppressed` findings are not among them."""
    checked = _counted(documents, "document")
    ignored = f", {suppressed} ignored" if suppressed else ""
    if not diagnostics:
        return style(f"no findings in {checked}{ignored}", "green")
    counts = Counter(found.severity for found in diagnostics)
    parts = [
        style(
            _counted(counts[severity], severity.value) if severity is not Severity.INFO else f"{counts[severity]} info",
            _COLOURS[severity],
            "bold",
        )
        for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO)
        if counts[severity]
    ]
    files = len({found.span.file for found in diagnostics})
    return f"{', '.join(parts)} in {_counted(files, 'file')} ({checked} checked{ignored})"


def _finding(found: Diagnostic, sources: Sources, style: Style, columns_max: int) -> str:
    colour = _COLOURS[found.severity]
    gutter = (
        max(len(str(span.line)) for span in (found.span, *(note.span for note in found.notes)) if span is not None) + 2
    )
    lines = [
        f"{style(printable(str(found.span)), 'bold')}: {style(f'{found.severity} {found.code}', colour, 'bold')}: {_one_line(found.message)}"
    ]
    lines += _lines_of(found.span, sources, style, colour, gutter, columns_max)
    margin = " " * gutter
    if found.help:
        first, *rest = printable(found.help).split("\n")
        lines.append(f"{margin} {style('=', 'dim')} {style('help', 'bold')}: {first}")
        lines += [f"{margin}         {line}" for line in rest]
    for note in found.notes:
        place = f" ({printable(str(note.span))})" if note.span is not None else ""
        lines.append(f"{margin} {style('=', 'dim')} {style('note', 'bold')}: {_one_line(note.message)}{place}")
        if note.span is not None:
            lines += _lines_of(note.span, sources, style, "blue", gutter, columns_max)
    return "\n".join(lines)


def _lines_of(span: Span, sources: Sources, style: Style, colour: str, gutter: int, columns_max: int) -> list[str]:
    source = sources(span.file)
    return (
        []
        if source is None
        else excerpt(source, span, style=style, colour=colour, gutter=gutter, columns_max=columns_max)
    )


def _one_line(message: str) -> str:
    return printable(message).replace("\n", " ")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
