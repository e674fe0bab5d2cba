"""Report: the findings of one inference, each about a stretch of the expression, without repeats."""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from router.filters.nodes import Node
from router.filters.problem import FilterProblem
from router.shapes import UNKNOWN, Shape
from router.syntax.nearest import nearest

__all__ = ["REPORTED", "Report", "alike", "phrase", "quoted", "written"]

REPORTED: Final = UNKNOWN.replace()
"""The shape of what has been reported: unknown, and so is all that is made of it, so that one mistake is one finding."""

Severity = Literal["error", "warning", "info"]


class Report:
    """Collects problems. While `muted`, nothing is kept: the same node is often looked at again to learn its shape."""

    __slots__ = ("_seen", "expression", "lacking", "muted", "negated", "problems")

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.problems: list[FilterProblem] = []
        self.lacking: list[tuple[Node, tuple[str, ...], list[str], list[str]]] = []
        """Fields that some event types have and others have not: node, path, and the names of either."""
        self.muted = 0
        self.negated = False
        """Whether an odd number of `!` is around what is looked at: what can never hold there excludes nothing, so it is superfluous."""
        self._seen: set[tuple[str, int, int]] = set()

    def text(self, node: Node) -> str:
        """Return a node as it is written, on one line."""
        written = self.expression[node.start : node.end]
        return " ".join(written.split()) if "\n" in written else written

    def say(
        self, code: str, severity: Severity, place: Node | tuple[int, int], message: str, help: str | None = None
    ) -> None:
        """Keep a problem, unless the same code has been said of the same place."""
        if self.muted:
            return
        if code == "RT311" and self.negated:
            code, severity, help = "RT312", "warning", "it is negated, so it excludes nothing: leave it out"
        start, end = place if isinstance(place, tuple) else (place.start, place.end)
        if (code, start, end) in self._seen:
            return
        self._seen.add((code, start, end))
        self.problems.append(
            FilterProblem(code=code, severity=severity, message=message, start=start, end=end, help=help)
        )

    def has(self, node: Node, *codes: str) -> bool:
        """Say whether anything (of these codes) has been said of a node or a part of it."""
        return any(
            node.start <= problem.start and problem.end <= node.end and (not codes or problem.code in codes)
            for problem in self.problems
        )


def written(value: Any) -> str:
    """Return a constant as a filter writes it."""
    if isinstance(value, str):
        return "'" + value.replace("'", "\\'") + "'"
    return "`" + json.dumps(value, ensure_ascii=False) + "`"


def quoted(name: str) -> str:
    """Return a field's name as a path writes it."""
    plain = name.replace("_", "a")
    return name if plain.isascii() and plain.isalnum() and not plain[0].isdigit() else json.dumps(name)


def alike(value: Any, shape: Shape) -> Any:
    """Return the possible value that was probably meant by an impossible one, None when none is near."""
    values = shape.values()
    if not values:
        return None
    if isinstance(value, str):
        texts = [each for each in values if isinstance(each, str)]
        near = nearest(value, texts)
        if near is None and len(value) > 1:
            near = next((each for each in texts if each.casefold().strip() == value.casefold().strip()), None)
        return near
    return None


def phrase(shape: Shape) -> str:
    """Return a shape so that it can stand behind "is": `always 'web'`, `one of 'new', 'paid'`, `a number from 0 to 100`."""
    words = shape.describe()
    values = shape.values()
    if values is not None and len(shape.types()) == 1 and ", " in words:
        return words.partition(", ")[2]
    if words.startswith(("anything", "nothing", "null", "true", "false")):
        return words
    return f"{'an' if words[:1] in 'aeio' else 'a'} {words}"
