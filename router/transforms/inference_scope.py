"""Scope of an inference: what is known of the event and of the template's own names at one place, and the findings so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from router.shapes import Shape
from router.transforms.problem import Path, TransformProblem
from router.transforms.template import nodes
from router.transforms.workshop import Extents

__all__ = ["Env", "Report", "Severity"]

Severity = Literal["error", "warning", "info"]


class Env:
    """What is known at one place: the shape of the event, and the shapes of variables. Immutable."""

    __slots__ = ("event", "variables")

    def __init__(self, event: Shape, variables: Mapping[str, Shape] | None = None) -> None:
        self.event = event
        self.variables: Mapping[str, Shape] = variables or {}

    def bound(self, name: str, shape: Shape) -> Env:
        """Return the scope with a variable."""
        return Env(self.event, {**self.variables, name: shape})

    def with_variables(self, variables: Mapping[str, Shape]) -> Env:
        """Return the scope with other variables."""
        return Env(self.event, variables)

    def refined(self, path: tuple[str, ...], narrow: Callable[[Shape], Shape]) -> Env | None:
        """Return the scope in which the value at a path is narrowed; None when it cannot be so."""
        root, rest = path[0], path[1:]
        if root in self.variables:
            shape = self.variables[root].refine(rest, narrow)
            return None if shape.is_never else self.bound(root, shape)
        event = self.event.refine(path, narrow)
        return None if event.is_never else Env(event, self.variables)


class Report:
    """Collects problems of one scalar. While `muted`, nothing is kept: nodes are looked at again to learn their shape."""

    __slots__ = ("_path", "_seen", "extents", "muted", "problems")

    def __init__(self, path: Path, extents: Extents) -> None:
        self.extents = extents
        self.problems: list[TransformProblem] = []
        self.muted = 0
        self._path = path
        self._seen: set[tuple[str, int, int]] = set()

    def text(self, node: nodes.Node) -> str:
        """Return a node as it is written, on one line."""
        return " ".join(self.extents.text(node).split())

    def say(
        self,
        code: str,
        severity: Severity,
        node: nodes.Node,
        message: str,
        help: str | None = None,
        *,
        last: str | None = None,
    ) -> None:
        """Keep a problem, unless the same code has been said of the same place. With `last` it is about the name that the node ends in."""
        if self.muted:
            return
        start, end = self.extents.source(node)
        if last is not None and self.extents.text(node).endswith(last):
            start = end - len(last)
        if (code, start, end) in self._seen:
            return
        self._seen.add((code, start, end))
        self.problems.append(
            TransformProblem(
                code=code, severity=severity, message=message, path=self._path, start=start, end=end, help=help
            )
        )
