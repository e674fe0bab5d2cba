"""Workshop: what the compilers of one transform share: sites, problems, references, functions, fresh names; and the scopes of names.

A *site* is a place in a template that can fail while rendering. Its number is the line of the generated code (see `router.transforms.code`).
"""

from __future__ import annotations

import ast
from itertools import count
from typing import Literal

import msgspec

from router.transforms.problem import Path, TransformProblem
from router.transforms.template import Template, nodes

__all__ = ["Extents", "Loop", "Reference", "Scope", "Site", "Variable", "Workshop"]


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A place that can fail.

    `expression` is its text between `start` and `end` in the scalar at `path`. For a plain way into the event, such as `data.customer.name`,
    `root` is the variable of the generated code that it starts from, `root_text` how the template calls that, and `keys` the steps.
    """

    path: Path
    expression: str
    start: int
    end: int
    root: str | None = None
    root_text: str = ""
    keys: tuple[str | int, ...] = ()


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A way into the event that a template takes, for checks against schemas.

    `keys` start with the name of an attribute: `("data", "customer", "name")`. `guarded` ones may be missing: they stand under `default`,
    `is defined` or `is undefined`. Steps that are computed end the way; what loops and filters make of a value is not followed.
    """

    path: Path
    keys: tuple[str | int, ...]
    start: int
    end: int
    guarded: bool


class Variable(msgspec.Struct, frozen=True):
    """A name that a template made: the variable that holds it, and whether a loop or a `set` made it."""

    local: str
    kind: Literal["loop", "set"]


class Loop(msgspec.Struct, frozen=True):
    """The variables behind `loop`: the index from 0, and the list."""

    index: str
    entries: str


class Scope:
    """Names visible at a place in a template, innermost first."""

    def __init__(self, parent: Scope | None = None, loop: Loop | None = None) -> None:
        self.parent = parent
        self.loop = loop
        self.variables: dict[str, Variable] = {}

    def find(self, name: str) -> Variable | None:
        """Return the variable that a name stands for, or None for a name of the event."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.parent
        return None

    def innermost_loop(self) -> Loop | None:
        """Return the loop that `loop` means here."""
        scope: Scope | None = self
        while scope is not None:
            if scope.loop is not None:
                return scope.loop
            scope = scope.parent
        return None


class Workshop:
    """Collects what compiling one transform yields. One that is only `checking` keeps problems and references, but no code."""

    def __init__(self, *, checking: bool = False) -> None:
        self.checking = checking
        self.sites: list[Site] = []
        self.problems: list[TransformProblem] = []
        self.references: list[Reference] = []
        self.functions: list[ast.stmt] = []
        self._names = count()

    def fresh(self, prefix: str) -> str:
        """Return a variable name that nothing else in the generated code has."""
        return f"{prefix}_{next(self._names)}"

    def site(self, site: Site) -> int:
        """Keep a site and return its number, counted from 1."""
        self.sites.append(site)
        return len(self.sites)

    def report(
        self,
        code: str,
        path: Path,
        span: tuple[int, int],
        message: str,
        help: str | None = None,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Keep a problem."""
        self.problems.append(
            TransformProblem(
                code=code, severity=severity, message=message, path=path, start=span[0], end=span[1], help=help
            )
        )


_OPEN, _CLOSE = ("(", "[", "{"), (")", "]", "}")


class Extents:
    """Finds which characters of a template a node covers. Nodes know where their own token starts; ends come from the tokens."""

    def __init__(self, template: Template) -> None:
        self._template = template
        # Nodes compare by content, so they are told apart by identity, and kept so that none is taken for a later one.
        self._known = template.extents

    def of(self, node: nodes.Node) -> tuple[int, int]:
        """Return start and end in the normalised text."""
        found = self._known.get(id(node))
        if found is None:
            found = self._known[id(node)] = (*self._measure(node), node)
        return found[0], found[1]

    def source(self, node: nodes.Node) -> tuple[int, int]:
        """Return start and end in the source as it was given."""
        start, end = self.of(node)
        return self._template.original(start), self._template.original(end)

    def text(self, node: nodes.Node) -> str:
        """Return the node as the template writes it."""
        start, end = self.of(node)
        return self._template.text[start:end]

    def token(self, offset: int) -> tuple[int, int]:
        """Return start and end, in the source, of the token at an offset."""
        token = self._template.tokens[self._template.token_at(offset)]
        return self._template.original(token.start), self._template.original(token.end)

    def _measure(self, node: nodes.Node) -> tuple[int, int]:
        spans = [self.of(child) for child in node.iter_child_nodes()]
        borrowed = nodes.BinExpr | nodes.Compare | nodes.CondExpr | nodes.Concat | nodes.Operand
        # What joins others carries the line of a neighbour, or none.
        own = spans[0] if isinstance(node, borrowed) else (node.lineno, self._own_end(node))
        spans.append(own)
        return self._balanced(min(start for start, _ in spans), max(end for _, end in spans))

    def _balanced(self, start: int, end: int) -> tuple[int, int]:
        """Take in the parentheses that belong to an operand, which are in no node."""
        tokens = self._template.tokens
        first, depth, lowest = self._template.token_at(start), 0, 0
        for token in tokens[first:]:
            if token.start >= end:
                break
            depth += (token.text in _OPEN) - (token.text in _CLOSE) if token.kind == "operator" else 0
            lowest = min(lowest, depth)
        while lowest < 0 and first > 0:
            first -= 1
            if tokens[first].kind == "operator":
                lowest += (tokens[first].text in _OPEN) - (tokens[first].text in _CLOSE)
            start = tokens[first].start
        return start, end

    def _own_end(self, node: nodes.Node) -> int:
        tokens = self._template.tokens
        index = self._template.token_at(node.lineno) if tokens else 0
        if not tokens:
            return node.lineno
        if isinstance(node, nodes.Getattr):
            return tokens[self._next(index)].end
        if isinstance(node, nodes.Getitem | nodes.List | nodes.Dict | nodes.Call):
            if tokens[index].text == ".":
                return tokens[self._next(index)].end
            return self._closing(index)
        if isinstance(node, nodes.Filter) and tokens[following := self._next(index)].text == "(":
            return self._closing(following)
        if isinstance(node, nodes.Test):
            return tokens[self._next(index)].end
        return tokens[index].end

    def _next(self, index: int) -> int:
        tokens = self._template.tokens
        index += 1
        while index < len(tokens) - 1 and tokens[index].kind == "whitespace":
            index += 1
        return min(index, len(tokens) - 1)

    def _closing(self, index: int) -> int:
        tokens = self._template.tokens
        depth = 0
        for token in tokens[index:]:
            if token.kind == "operator":
                depth += token.text in _OPEN
                depth -= token.text in _CLOSE
                if depth == 0:
                    return token.end
        return tokens[index].end
