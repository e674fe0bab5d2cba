"""Refusal: what cannot be imported, and where it stands."""

from __future__ import annotations

from router.syntax.diagnostic import Span
from router.syntax.loader import load
from router.syntax.tree import Path, pointer

__all__ = ["ImportRefusedError", "place_of"]


class ImportRefusedError(ValueError):
    """A rule that is invalid, or has no equivalent here. `path` leads to the offending value inside the rule."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def __str__(self) -> str:
        return f"{pointer(self.path) or '/'}: {self.message}"


def place_of(file: str, text: str, path: Path, *, line_offset: int = 0) -> str:
    """Return `file:line:column` of a value in JSON or YAML text; without a column where that cannot be found."""
    try:
        tree, _ = load(file, text.encode())
    except (ValueError, RecursionError):
        tree = None
    span = Span(file, 1, 1, 1, 1) if tree is None else tree.span(path)
    return f"{file}:{span.line + line_offset}:{span.column}"
