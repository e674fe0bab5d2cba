"""Formatting: a document in its one canonical form, with the same meaning and the same comments.

bytes ── load ── reorder ── load ── lay out ──► bytes ── load: same tree, same comments? ──► or FormatError, and nothing changes
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from router.language.key_order import key_order
from router.language.reader import VERSION
from router.syntax.comments import comments_in
from router.syntax.diagnostic import Diagnostic, has_errors
from router.syntax.layout import KeyOrder, lay_out
from router.syntax.loader import load
from router.syntax.nodes import Places
from router.syntax.reordering import reorder
from router.syntax.tree import Path, Tree

__all__ = ["FormatError", "format_document"]


class FormatError(Exception):
    """A document that is left as it is; `diagnostics` say why where it is not YAML."""

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


def format_document(file: str, data: bytes) -> bytes:
    """Return the canonical form of a document, UTF-8 with LF line breaks. Raises FormatError.

    The order of keys is canonical in documents of the routing language only; any other YAML keeps its order.
    """
    before = _load(file, data)
    text = before.text.replace("\r\n", "\n").replace("\r", "\n")
    order: KeyOrder = key_order if _is_ours(before.value) else _no_order
    tree = _load(file, text.encode("utf-8"))
    text = reorder(text, _places(tree), order)
    tree = _load(file, text.encode("utf-8"))
    text = lay_out(text, _places(tree), order)
    after = _load(file, text.encode("utf-8"))
    if not is_same(before.value, after.value) or _remarks(before.text) != _remarks(text):
        raise FormatError("its layout is too unusual to be changed without risk; it is left as it was")
    return text.encode("utf-8")


def _load(file: str, data: bytes) -> Tree:
    tree, found = load(file, data)
    if tree is None or has_errors(found):
        raise FormatError("it is not valid YAML", tuple(found))
    return tree


def _places(tree: Tree) -> Places:
    if not isinstance(tree.places, Places):  # pragma: no cover - the loader makes nothing else
        raise TypeError(type(tree.places).__name__)
    return tree.places


def _is_ours(value: Any) -> bool:
    return isinstance(value, dict) and type(value.get("version")) is int and value["version"] == VERSION


def _no_order(path: Path) -> None:
    del path


def _remarks(text: str) -> Counter[str]:
    return Counter(comment.text.rstrip() for comment in comments_in(text))


def is_same(first: Any, second: Any) -> bool:
    """Say whether two trees are the same, types included; the order of keys does not count, and NaN is NaN."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(is_same(value, second[key]) for key, value in first.items())
    if isinstance(first, list):
        return len(first) == len(second) and all(map(is_same, first, second))
    if isinstance(first, float) and math.isnan(first):
        return math.isnan(second)
    return bool(first == second)
