"""Fingerprints: a name for each finding that stays when lines move.

A finding is the same finding as long as its code, its file, the definition it is about, what it says and the source it points at are the
same. Positions in lists and in lines are no part of it: a route moved down by a new neighbour keeps its findings. Two findings that agree
in all of it are told apart by counting from the top of the file.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from router.syntax.diagnostic import Diagnostic, Span
from router.syntax.nodes import Places
from router.syntax.tree import Tree

__all__ = ["fingerprints"]

_POSITIONS = re.compile(r"\b\d+:\d+\b|#\d+\b")
_DIGITS = 32


def fingerprints(
    diagnostics: Iterable[Diagnostic], trees: Mapping[str, Tree], sources: Callable[[str], str | None]
) -> list[str]:
    """Return a fingerprint (32 hex digits) for each finding, in order.

    `trees` has the parsed documents by name, as far as they could be parsed; `sources` gives texts.
    """
    seen: Counter[str] = Counter()
    lines: dict[str, list[str]] = {}
    names = []
    for found in diagnostics:
        parts = (
            found.code,
            found.span.file,
            _definition(found.span, trees),
            _POSITIONS.sub("#", found.message),
            _snippet(found.span, lines, sources),
        )
        plain = "\0".join(parts)
        seen[plain] += 1
        content = plain if seen[plain] == 1 else f"{plain}\0{seen[plain]}"
        names.append(hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS])
    return names


def _definition(span: Span, trees: Mapping[str, Tree]) -> str:
    """Return where in the document a span is, by keys; list positions are left out."""
    tree = trees.get(span.file)
    if tree is None or not isinstance(tree.places, Places):
        return ""
    path = tree.places.path_at(span.line, span.column)
    return "/".join(step if isinstance(step, str) else "[]" for step in path)


def _snippet(span: Span, lines: dict[str, list[str]], sources: Callable[[str], str | None]) -> str:
    """Return the text of the first line that a span covers, white space folded."""
    if span.file not in lines:
        source = sources(span.file)
        lines[span.file] = [] if source is None else source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    source_lines = lines[span.file]
    if not 1 <= span.line <= len(source_lines):
        return ""
    end = span.end_column - 1 if span.end_line == span.line else None
    return " ".join(source_lines[span.line - 1][span.column - 1 : end].split())
