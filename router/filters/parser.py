"""Parser: tokens to the syntax tree, by operator precedence (Pratt, "Top Down Operator Precedence", 1973).

The binding powers are those of the JMESPath reference implementation, because the language is defined by what that and the compliance
suite accept. Stricter than the library in four places where it departs from the grammar: commas between arguments and between members
are required, `&expression` stands only as an argument, a literal must be JSON, and nesting is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import msgspec

from router.filters.lexer import Token, tokens
from router.filters.nodes import (
    And,
    Call,
    Comparison,
    Current,
    ExpressionArgument,
    Field,
    FilterProjection,
    Flatten,
    Index,
    Literal,
    MultiSelectHash,
    MultiSelectList,
    Node,
    Not,
    Or,
    Pipe,
    Projection,
    Slice,
    StringList,
    Sub,
    ValueProjection,
    depth,
)
from router.filters.problem import FilterSyntaxError

__all__ = ["NESTING_MAX", "parse"]

NESTING_MAX: Final = 150
"""Deepest nesting accepted. The compliance suite needs 104; Python's own recursion limit of 1,000 is then never reached."""

_POWER: Final = {
    "|": 1,
    "||": 2,
    "&&": 3,
    "==": 5,
    "!=": 5,
    "<": 5,
    "<=": 5,
    ">": 5,
    ">=": 5,
    "[]": 9,
    "*": 20,
    "[?": 21,
    ".": 40,
    "!": 45,
    "{": 50,
    "[": 55,
    "strings": 55,
    "(": 60,
}
_PROJECTION_STOP: Final = 10
"""Tokens that bind less than this end a projection."""

_NAMES: Final = {
    "end": "the end of the expression",
    "name": "a field name",
    "quoted": "a quoted field name",
    "number": "a number",
    "literal": "a literal",
    "strings": "a list of strings",
}


_TREES_MAX: Final = 12_000
"""How many trees are kept, about 3 kB each: those of the largest configuration in use."""


@lru_cache(maxsize=_TREES_MAX)
def parse(expression: str) -> Node:
    """Return the syntax tree of an expression; raises FilterSyntaxError (fault syntax). Does not know which functions exist.

    Trees cannot be changed, so the same one is given to everybody who asks for the same expression: compiling, checking and indexing
    a filter each do.
    """
    if not expression.strip(" \t\n\r"):
        raise FilterSyntaxError("the expression is empty", 0, len(expression), "write one, such as data.total > `100`")
    parser = _Parser(tokens(expression))
    try:
        tree = parser.whole()
    except RecursionError:
        raise FilterSyntaxError(_TOO_DEEP, 0, len(expression), _TOO_DEEP_HELP) from None
    if depth(tree) > NESTING_MAX:
        raise FilterSyntaxError(_TOO_DEEP, 0, len(expression), _TOO_DEEP_HELP)
    return tree


_TOO_DEEP: Final = f"the expression is nested more than {NESTING_MAX} levels deep"
_TOO_DEEP_HELP: Final = "split the route, or compare with contains([…], field) in place of nested operators"


def _shown(token: Token) -> str:
    if token.kind == "strings":
        return "`[`"
    if token.kind in ("literal", "end"):
        return _NAMES[token.kind]
    return f"`{token.value}`"


class _Parser:
    """One pass over the tokens of one expression."""

    __slots__ = ("at", "level", "now", "stream")

    def __init__(self, stream: list[Token]) -> None:
        self.stream = stream
        self.at = 0
        self.now = stream[0]
        self.level = 0

    def advance(self) -> Token:
        taken = self.now
        if taken.kind != "end":
            self.at += 1
            self.now = self.stream[self.at]
        return taken

    def expect(self, kind: str, purpose: str) -> Token:
        if self.now.kind != kind:
            raise self.unexpected(f"`{kind}` {purpose}", help=f"add {kind}" if self.now.kind == "end" else None)
        return self.advance()

    def unexpected(self, expected: str, help: str | None = None) -> FilterSyntaxError:
        token = self.now
        if token.kind == "end":
            return FilterSyntaxError(
                f"the expression ends too early, expected {expected}", max(token.start - 1, 0), token.end, help
            )
        return FilterSyntaxError(f"unexpected {_shown(token)}, expected {expected}", token.start, token.end, help)

    def whole(self) -> Node:
        tree = self.expression(0)
        if self.now.kind != "end":
            raise self.unexpected("an operator or the end", help=self.after_expression_help())
        return tree

    def after_expression_help(self) -> str | None:
        token = self.now
        before = self.stream[self.at - 1] if self.at else None
        if token.kind == "strings" or (
            token.kind == "[" and self.stream[self.at + 1].kind in ("literal", "name", "quoted")
        ):
            return "an index is a number: items[0]; a member is written with a dot: item.name; a filter starts with [?"
        if token.kind == "name" and token.value in ("and", "or", "not", "in", "is"):
            words = {"and": "&&", "or": "||", "not": "!( … )", "in": "contains(list, value)", "is": "=="}
            return f"JMESPath writes {words[token.value]} for `{token.value}`"
        if token.kind == "literal" and before is not None and before.kind in ("name", "quoted"):
            return "an operator is missing, such as =="
        return None

    def expression(self, power: int) -> Node:
        self.level += 1
        if self.level > NESTING_MAX:
            raise FilterSyntaxError(_TOO_DEEP, self.now.start, self.now.end, _TOO_DEEP_HELP)
        token = self.now
        prefix = _PREFIX.get(token.kind)
        if prefix is None:
            raise self.unexpected("an expression", help=self.prefix_help(token))
        self.advance()
        left = prefix(self, token)
        while (binding := _POWER.get(self.now.kind, 0)) > power:
            token = self.now
            infix = _INFIX.get(token.kind)
            if infix is None:
                raise self.unexpected("an operator or the end", help=self.after_expression_help())
            self.advance()
            left = infix(self, left, token, binding)
        self.level -= 1
        return left

    def prefix_help(self, token: Token) -> str | None:
        if token.kind == "number":
            return f"a number is written in backticks: `{token.value}`"
        if token.kind == "]" and self.at and self.stream[self.at - 1].kind in ("==", "!=", "<", ">", "<=", ">="):
            return "a comparison needs a value on its right"
        if token.kind == "&":
            return "&expression stands only as an argument, as in sort_by(items, &price); for a conjunction write &&"
        return None

    # ---- prefix -------------------------------------------------------------------------------------------------------------------
    def literal(self, token: Token) -> Node:
        return Literal(token.start, token.end, token.value, token.slot)

    def strings(self, token: Token) -> Node:
        return StringList(token.start, token.end, token.value, token.slot or 0)

    def field(self, token: Token) -> Node:
        return Field(token.start, token.end, token.value)

    def quoted(self, token: Token) -> Node:
        if self.now.kind == "(":
            raise FilterSyntaxError(
                "a function name is not quoted", token.start, token.end, f"write {token.value}(…) without the quotes"
            )
        return Field(token.start, token.end, token.value, quoted=True)

    def current(self, token: Token) -> Node:
        return Current(token.start, token.end)

    def here(self, token: Token) -> Node:
        """Return the base that is not written."""
        return Current(token.start, token.start)

    def star(self, token: Token) -> Node:
        return self.project(ValueProjection, self.here(token), 20, token)

    def parenthesis(self, token: Token) -> Node:
        inner = self.expression(0)
        last = self.expect(")", f"to close the one at character {token.start + 1}")
        return msgspec.structs.replace(inner, start=token.start, end=last.end)

    def negation(self, token: Token) -> Node:
        operand = self.expression(_POWER["!"])
        return Not(token.start, operand.end, operand)

    def bracket(self, token: Token) -> Node:
        if self.now.kind in ("number", ":"):
            return self.index_or_slice(self.here(token), token)
        if self.now.kind == "*" and self.stream[self.at + 1].kind == "]":
            self.advance()
            self.advance()
            return self.project(Projection, self.here(token), 20, token)
        return self.select_list(token)

    def select_list(self, token: Token) -> Node:
        items = [self.expression(0)]
        while self.now.kind == ",":
            self.advance()
            items.append(self.expression(0))
        last = self.expect("]", f"or `,` after an item of the list that starts at character {token.start + 1}")
        return MultiSelectList(token.start, last.end, tuple(items))

    def select_hash(self, token: Token) -> Node:
        pairs = [self.pair()]
        while self.now.kind == ",":
            self.advance()
            pairs.append(self.pair())
        last = self.expect("}", f"or `,` after a member of the object that starts at character {token.start + 1}")
        return MultiSelectHash(token.start, last.end, tuple(pairs))

    def pair(self) -> tuple[str, Node]:
        if self.now.kind not in ("name", "quoted"):
            raise self.unexpected("a member name", help="an object is written {name: expression, other: expression}")
        name = self.advance().value
        self.expect(":", f"after the member name `{name}`")
        return name, self.expression(0)

    def flatten_prefix(self, token: Token) -> Node:
        return self.flatten(self.here(token), token, 0)

    def filter_prefix(self, token: Token) -> Node:
        return self.filter(self.here(token), token, 0)

    # ---- infix --------------------------------------------------------------------------------------------------------------------
    def dot(self, left: Node, token: Token, binding: int) -> Node:
        if self.now.kind == "*":
            star = self.advance()
            return self.project(ValueProjection, left, binding, star)
        right = self.member(binding)
        return Sub(left.start, right.end, left, right)

    def member(self, power: int) -> Node:
        kind = self.now.kind
        if kind in ("name", "quoted", "*"):
            return self.expression(power)
        if kind == "[":
            return self.select_list(self.advance())
        if kind == "strings":
            return self.strings(self.advance())
        if kind == "{":
            return self.select_hash(self.advance())
        help = None
        if kind in ("literal", "number"):
            help = "a field name with unusual characters is written in double quotes"
        raise self.unexpected("a field name, `*`, `[` or `{` after the dot", help=help)

    def pipe(self, left: Node, token: Token, binding: int) -> Node:
        right = self.expression(binding)
        return Pipe(left.start, right.end, left, right)

    def either(self, left: Node, token: Token, binding: int) -> Node:
        terms = [left, self.expression(binding)]
        while self.now.kind == "||":
            self.advance()
            terms.append(self.expression(binding))
        return Or(left.start, terms[-1].end, tuple(terms))

    def both(self, left: Node, token: Token, binding: int) -> Node:
        terms = [left, self.expression(binding)]
        while self.now.kind == "&&":
            self.advance()
            terms.append(self.expression(binding))
        return And(left.start, terms[-1].end, tuple(terms))

    def comparison(self, left: Node, token: Token, binding: int) -> Node:
        right = self.expression(binding)
        return Comparison(left.start, right.end, token.kind, left, right)

    def call(self, left: Node, token: Token, binding: int) -> Node:
        if not isinstance(left, Field) or self.stream[self.at - 2].kind != "name":
            raise FilterSyntaxError(
                "unexpected `(`: only a function name stands before a parenthesis", token.start, token.end
            )
        arguments: list[Node] = []
        if self.now.kind != ")":
            arguments.append(self.argument())
            while self.now.kind == ",":
                self.advance()
                arguments.append(self.argument())
        last = self.expect(")", f"or `,` after an argument of {left.name}()")
        return Call(left.start, last.end, left.name, tuple(arguments), left.end)

    def argument(self) -> Node:
        if self.now.kind != "&":
            return self.expression(0)
        token = self.advance()
        inner = self.expression(0)
        return ExpressionArgument(token.start, inner.end, inner)

    def filter(self, left: Node, token: Token, binding: int) -> Node:
        condition = self.expression(0)
        last = self.expect("]", f"to close the `[?` at character {token.start + 1}")
        right = Current(last.end, last.end) if self.now.kind == "[]" else self.projected(21, last)
        return FilterProjection(left.start, max(last.end, right.end), left, condition, right)

    def flatten(self, left: Node, token: Token, binding: int) -> Node:
        base = Flatten(left.start, token.end, left)
        return self.project(Projection, base, 9, token)

    def subscript(self, left: Node, token: Token, binding: int) -> Node:
        if self.now.kind in ("number", ":"):
            return self.index_or_slice(left, token)
        if self.now.kind != "*":
            raise self.unexpected(
                "a number, a slice or `*`",
                help="an index is a number: items[0]; a member is written with a dot: item.name; a filter starts with [?",
            )
        self.advance()
        last = self.expect("]", "after `[*`")
        return self.project(Projection, left, 20, last)

    # ---- shared -------------------------------------------------------------------------------------------------------------------
    def index_or_slice(self, left: Node, token: Token) -> Node:
        if self.now.kind == "number" and self.stream[self.at + 1].kind != ":":
            index = self.advance().value
            last = self.expect("]", "after the index")
            return Index(left.start, last.end, left, index)
        parts: list[int | None] = [None, None, None]
        part = 0
        fresh = True
        while self.now.kind != "]":
            if self.now.kind == ":" and part < 2:
                part += 1
                fresh = True
            elif self.now.kind == "number" and fresh:
                parts[part] = self.now.value
                fresh = False
            else:
                raise self.unexpected("`]` or a part of the slice", help="a slice is [start:stop:step]")
            self.advance()
        last = self.advance()
        if parts[2] == 0:
            raise FilterSyntaxError("the step of a slice cannot be 0", token.start, last.end, fault="invalid-value")
        return self.project(Projection, Slice(left.start, last.end, left, *parts), 20, last)

    def project(self, kind: type[Projection] | type[ValueProjection], left: Node, power: int, last: Token) -> Node:
        right = self.projected(power, last)
        return kind(left.start, max(last.end, right.end), left, right)

    def projected(self, power: int, last: Token) -> Node:
        """Return what is applied to each element of a projection."""
        kind = self.now.kind
        if _POWER.get(kind, 0) < _PROJECTION_STOP:
            return Current(last.end, last.end)
        if kind in ("[", "[?", "strings"):
            return self.expression(power)
        if kind == ".":
            self.advance()
            return self.member(power)
        raise self.unexpected("an operator or the end", help=self.after_expression_help())


_PREFIX: Final[dict[str, Callable[[_Parser, Token], Node]]] = {
    "literal": _Parser.literal,
    "strings": _Parser.strings,
    "name": _Parser.field,
    "quoted": _Parser.quoted,
    "@": _Parser.current,
    "*": _Parser.star,
    "(": _Parser.parenthesis,
    "!": _Parser.negation,
    "[": _Parser.bracket,
    "{": _Parser.select_hash,
    "[]": _Parser.flatten_prefix,
    "[?": _Parser.filter_prefix,
}

_INFIX: Final[dict[str, Callable[[_Parser, Node, Token, int], Node]]] = {
    ".": _Parser.dot,
    "|": _Parser.pipe,
    "||": _Parser.either,
    "&&": _Parser.both,
    "==": _Parser.comparison,
    "!=": _Parser.comparison,
    "<": _Parser.comparison,
    "<=": _Parser.comparison,
    ">": _Parser.comparison,
    ">=": _Parser.comparison,
    "(": _Parser.call,
    "[?": _Parser.filter,
    "[]": _Parser.flatten,
    "[": _Parser.subscript,
}
