"""Publishing: findings as an editor shows them, and the edits that mend them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lsprotocol import types as lsp

from router.editor.positions import Text
from router.syntax.diagnostic import Diagnostic, Severity

__all__ = ["actions", "published"]

Locate = Callable[[str], tuple[str, Text]]

_SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}
_UNNECESSARY = frozenset({"RT205"})
"""Codes whose range an editor may show faded: what is there does nothing."""


def published(found: Diagnostic, locate: Locate) -> lsp.Diagnostic:
    """Return a finding for an editor; its help is part of the message, its notes are related places."""
    _, text = locate(found.span.file)
    related = []
    for note in found.notes:
        if note.span is not None:
            uri, other = locate(note.span.file)
            related.append(lsp.DiagnosticRelatedInformation(lsp.Location(uri, other.range(note.span)), note.message))
    return lsp.Diagnostic(
        range=text.range(found.span),
        message=found.message if found.help is None else f"{found.message}\n{found.help}",
        severity=_SEVERITIES[found.severity],
        code=found.code,
        source="router",
        tags=[lsp.DiagnosticTag.Unnecessary] if found.code in _UNNECESSARY else None,
        related_information=related or None,
    )


def actions(findings: Iterable[Diagnostic], wanted: lsp.Range, locate: Locate) -> list[lsp.CodeAction]:
    """Return the edits that mend the findings within a range."""
    made = []
    for found in findings:
        if not found.fixes or not _touch(locate(found.span.file)[1].range(found.span), wanted):
            continue
        changes: dict[str, list[lsp.TextEdit]] = {}
        for fix in found.fixes:
            uri, text = locate(fix.span.file)
            changes.setdefault(uri, []).append(lsp.TextEdit(text.range(fix.span), fix.replacement))
        written = found.fixes[0].replacement.strip()
        made.append(
            lsp.CodeAction(
                title=f"Write `{written}`" if written and len(found.fixes) == 1 else f"Fix: {found.message}",
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=[published(found, locate)],
                is_preferred=True,
                edit=lsp.WorkspaceEdit(changes=dict(changes)),
            )
        )
    return made


def _touch(one: lsp.Range, other: lsp.Range) -> bool:
    def key(position: lsp.Position) -> tuple[int, int]:
        return position.line, position.character

    return key(one.start) <= key(other.end) and key(other.start) <= key(one.end)
