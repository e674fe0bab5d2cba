"""Codegen: a syntax tree as Python source, in two readings of the same expression.

*Value* code computes the JMESPath value. *Truth* code computes only whether that value is true, which is all a filter needs and lets a
comparison stay a comparison. Generated functions take `e`, the current value, and `k`, the tuple of the filter's constants; nothing of
a constant is ever pasted into source but whether it is text, number and so on (`lexer.literal_kind`), so one code object serves every
filter of the same shape. Field names go in through `repr` only.

Whatever needs a loop or a new current value becomes a function of its own, and so does code that grows long. Python's limits on nested
parentheses (200) and loops (20) are thereby out of reach, however deep the expression.
"""

from __future__ import annotations

from typing import Any, Final

from router.filters.functions import FUNCTIONS, any_string_in, in_networks, matches_globs, wrong_type
from router.filters.lexer import literal_kind
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
    walk,
)
from router.filters.safety import can_fail
from router.filters.values import compare, is_equal, is_true

__all__ = ["Source", "constant_forms", "runtime_names"]

_LENGTH_MAX: Final = 900
"""Code longer than this many characters moves into a function of its own; each nesting level costs about ten."""

_BOOLEAN: Final = frozenset({"contains", "starts_with", "ends_with", "prefix", "suffix", "glob", "cidr", "any_in"})
_NEVER_NUMBER: Final = _BOOLEAN | {
    "join",
    "keys",
    "values",
    "map",
    "sort",
    "sort_by",
    "type",
    "to_string",
    "to_array",
    "lower",
}
"""Functions whose result is true exactly when Python takes it for true: 0 is not among their results."""

_MIRROR: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _flatten(value: Any) -> list[Any] | None:
    if not isinstance(value, list):
        return None
    merged: list[Any] = []
    for item in value:
        if isinstance(item, list):
            merged += item
        else:
            merged.append(item)
    return merged


def runtime_names() -> dict[str, Any]:
    """Return the names that generated code refers to."""
    names: dict[str, Any] = {f"f_{name}": body for name, body in FUNCTIONS.items()}
    names |= {
        "NUMBER": frozenset({int, float}),
        "any_string_in": any_string_in,
        "compare": compare,
        "flatten": _flatten,
        "in_networks": in_networks,
        "is_equal": is_equal,
        "is_true": is_true,
        "matches_globs": matches_globs,
        "wrong_type": wrong_type,
    }
    return names


class Source:
    """Collects the functions of one expression; `text` is the module."""

    def __init__(self) -> None:
        self.functions: list[str] = []
        self._names = 0

    @property
    def text(self) -> str:
        """The source of all functions."""
        return "\n".join(self.functions)

    def define_truth(self, name: str, node: Node) -> None:
        """Add `name(e, k)`, which says whether the expression is true."""
        self.functions.append(f"def {name}(e, k):\n return True if {self.truth(node)} else False\n")

    def define_value(self, name: str, node: Node) -> None:
        """Add `name(e, k)`, which returns the expression's value."""
        self.functions.append(f"def {name}(e, k):\n return {self.value(node)}\n")

    def name(self, prefix: str) -> str:
        """Return a name that is not used yet."""
        self._names += 1
        return f"{prefix}{self._names}"

    def short(self, code: str) -> str:
        """Return the code, or a call of a new function with it when it has grown long."""
        if len(code) <= _LENGTH_MAX:
            return code
        name = self.name("part")
        self.functions.append(f"def {name}(e, k):\n return {code}\n")
        return f"{name}(e, k)"

    # ---- value --------------------------------------------------------------------------------------------------------------------
    def value(self, node: Node) -> str:
        """Return code for the value, given the current value in `e`."""
        return self.short(self._value(node))

    def _value(self, node: Node) -> str:
        match node:
            case Current():
                return "e"
            case Field():
                return self.member("e", node.name)
            case Literal():
                return self.constant(node)
            case Sub() | Pipe():
                return self.applied(node.left, node.right)
            case Index() | Slice() | Flatten():
                return self.subscript(node)
            case Projection() | ValueProjection() | FilterProjection():
                return self.projection(node)
            case Comparison():
                return self.comparison(node, truth=False)
            case And() | Or():
                return self.chain(node)
            case Not():
                return f"(not {self.truth(node.operand)})"
            case StringList() | MultiSelectList() | MultiSelectHash():
                return f"({self.built(node)} if e is not None else None)"
            case Call():
                return self.call(node)
            case _:
                raise AssertionError(node)

    def built(self, node: StringList | MultiSelectList | MultiSelectHash) -> str:
        if isinstance(node, StringList):
            return f"list(k[{node.slot}])"
        if isinstance(node, MultiSelectList):
            return f"[{', '.join(map(self.value, node.items))}]"
        return f"{{{', '.join(f'{key!r}: {self.value(value)}' for key, value in node.pairs)}}}"

    def subscript(self, node: Index | Slice | Flatten) -> str:
        base = self.value(node.left)
        if isinstance(node, Flatten):
            return f"flatten({base})"
        t = self.name("t")
        if isinstance(node, Slice):
            return f"({t}[{node.first}:{node.last}:{node.step}] if isinstance({t} := {base}, list) else None)"
        bound = f"len({t}) > {node.index}" if node.index >= 0 else f"len({t}) >= {-node.index}"
        return f"({t}[{node.index}] if isinstance({t} := {base}, list) and {bound} else None)"

    def member(self, base: str, name: str) -> str:
        """Return code for a member of the object that `base` computes."""
        if base.isidentifier():
            return f"({base}.get({name!r}) if isinstance({base}, dict) else None)"
        t = self.name("t")
        return f"({t}.get({name!r}) if isinstance({t} := {base}, dict) else None)"

    def constant(self, node: Literal) -> str:
        if node.slot is None:
            return repr(node.value)
        return f"list(k[{node.slot}])" if literal_kind(node.value) == "A" else f"k[{node.slot}]"

    def applied(self, left: Node, right: Node) -> str:
        """Return code for `right` with the value of `left` as the current value."""
        if isinstance(right, Field):
            return self.member(self.value(left), right.name)
        if isinstance(left, Current):
            return self.value(right)
        return f"{self.function(right)}({self.value(left)}, k)"

    def function(self, node: Node) -> str:
        """Define a function for an expression and return its name."""
        name = self.name("sub")
        self.define_value(name, node)
        return name

    def chain(self, node: And | Or) -> str:
        """Define a function that returns the operand that decides a chain; flat, however long the chain."""
        stop = "not " if isinstance(node, And) else ""
        lines = [
            f" v = {self.value(term)}\n if {stop}(v or (v is not False and v == 0)): return v\n"
            for term in node.terms[:-1]
        ]
        lines.append(f" return {self.value(node.terms[-1])}\n")
        name = self.name("chain")
        self.functions.append(f"def {name}(e, k):\n{''.join(lines)}")
        return f"{name}(e, k)"

    def projection(self, node: Projection | ValueProjection | FilterProjection) -> str:
        kind, items = ("dict", "b.values()") if isinstance(node, ValueProjection) else ("list", "b")
        name = self.name("project")
        if isinstance(node.right, Field) and isinstance(node, Projection):
            member = f"isinstance(e, dict) and (v := e.get({node.right.name!r})) is not None"
            self.functions.append(
                f"def {name}(b, k):\n return [v for e in b if {member}] if isinstance(b, list) else None\n"
            )
            return f"{name}({self.value(node.left)}, k)"
        body = ""
        if isinstance(node, FilterProjection):
            body = f"  if not ({self.truth(node.condition)}): continue\n"
        body += f"  v = {self.value(node.right)}\n  if v is not None: r.append(v)\n"
        self.functions.append(
            f"def {name}(b, k):\n if not isinstance(b, {kind}): return None\n r = []\n for e in {items}:\n{body} return r\n"
        )
        return f"{name}({self.value(node.left)}, k)"

    # ---- truth --------------------------------------------------------------------------------------------------------------------
    def truth(self, node: Node) -> str:
        """Return code that Python takes for true exactly when JMESPath takes the value for true."""
        return self.short(self._truth(node))

    def _truth(self, node: Node) -> str:
        match node:
            case Literal():
                return repr(is_true(node.value))
            case Comparison():
                return self.comparison(node, truth=True)
            case And():
                return f"({' and '.join(map(self.truth, node.terms))})"
            case Or():
                return f"({' or '.join(map(self.truth, node.terms))})"
            case Not():
                return f"(not {self.truth(node.operand)})"
            case Projection() | ValueProjection() | FilterProjection():
                return self.existence(node)
            case Call() if node.name in _NEVER_NUMBER:
                return self.call(node)
            case StringList() | MultiSelectList() | MultiSelectHash():
                return self.value(node)
            case Pipe() | Sub() if not isinstance(node.right, Field):
                name = self.name("sub")
                self.define_truth(name, node.right)
                return f"{name}({self.value(node.left)}, k)"
            case _:
                t = self.name("t")
                return f"(({t} := {self.value(node)}) or ({t} == 0 and {t} is not False))"

    def existence(self, node: Projection | ValueProjection | FilterProjection) -> str:
        """Return code for a projection's truth: it has an element. Stops at the first one when none of the others could fail."""
        condition = node.condition if isinstance(node, FilterProjection) else None
        if can_fail(node.right, root=False) or (condition is not None and can_fail(condition, root=False)):
            return self.value(node)
        kind, items = ("dict", "b.values()") if isinstance(node, ValueProjection) else ("list", "b")
        test = f"{self.value(node.right)} is not None"
        if condition is not None:
            test = f"{self.truth(condition)} and {test}"
        name = self.name("exists")
        self.functions.append(
            f"def {name}(b, k):\n if isinstance(b, {kind}):\n  for e in {items}:\n   if {test}: return True\n return False\n"
        )
        return f"{name}({self.value(node.left)}, k)"

    # ---- comparison ---------------------------------------------------------------------------------------------------------------
    def comparison(self, node: Comparison, *, truth: bool) -> str:
        left, right, sign = node.left, node.right, node.operator
        if isinstance(left, Literal) and not isinstance(right, Literal):
            left, right, sign = right, left, _MIRROR.get(sign, sign)
        if sign in ("==", "!="):
            equal = self.equality(left, right)
            return equal if sign == "==" else f"(not {equal})"
        if isinstance(right, Literal) and not isinstance(left, Literal) and literal_kind(right.value) in "nb":
            t = self.name("t")
            test = f"type({t} := {self.value(left)}) in NUMBER"
            order = f"{t} {sign} k[{right.slot}]"
            return f"({test} and {order})" if truth else f"({order} if {test} else None)"
        return f"compare({sign!r}, {self.value(left)}, {self.value(right)})"

    def equality(self, left: Node, right: Node) -> str:
        if not isinstance(right, Literal) or isinstance(left, Literal):
            return f"is_equal({self.value(left)}, {self.value(right)})"
        kind = literal_kind(right.value)
        value = self.value(left)
        if kind in "ztf":
            return f"({value} is {right.value!r})"
        if kind in "sen":
            return f"({value} == k[{right.slot}])"
        if kind == "b":  # Python takes True for 1
            t = self.name("t")
            return f"(({t} := {value}) == k[{right.slot}] and {t} is not True and {t} is not False)"
        if kind == "A":
            t = self.name("t")
            return f"(isinstance({t} := {value}, list) and tuple({t}) == k[{right.slot}])"
        return f"is_equal({value}, k[{right.slot}])"

    # ---- functions ----------------------------------------------------------------------------------------------------------------
    def call(self, node: Call) -> str:
        special = _SPECIAL.get(node.name)
        code = special(self, node) if special else None
        if code is not None:
            return code
        return f"f_{node.name}({', '.join(map(self.argument, node.arguments))})"

    def argument(self, node: Node) -> str:
        if isinstance(node, ExpressionArgument):
            return f"lambda e: {self.function(node.expression)}(e, k)"
        return self.value(node)

    def contains(self, node: Call) -> str | None:
        subject, wanted = node.arguments
        if _string_slot(subject) is not None:
            slot = _string_slot(subject)
            t = self.name("t")
            test = f"(type({t} := {self.value(wanted)}) is str and {t} in k[{slot}])"
            return test if isinstance(subject, Literal) else f"({test} if e is not None else f_contains(None, None))"
        if isinstance(wanted, Literal) and literal_kind(wanted.value) in "se":
            t = self.name("t")
            accepted = f"isinstance({t} := {self.value(subject)}, list) or isinstance({t}, str)"
            return f"(k[{wanted.slot}] in {t} if {accepted} else f_contains({t}, None))"
        return None

    def affix(self, node: Call) -> str | None:
        """starts_with and ends_with a constant."""
        subject, wanted = node.arguments
        if not isinstance(wanted, Literal) or literal_kind(wanted.value) not in "se":
            return None
        t = self.name("t")
        method = "startswith" if node.name == "starts_with" else "endswith"
        bad = f"wrong_type({node.name!r}, {t}, 'a string')"
        return f"({t}.{method}(k[{wanted.slot}]) if isinstance({t} := {self.value(subject)}, str) else {bad})"

    def tolerant_affix(self, node: Call) -> str | None:
        """Prefix and suffix with a constant or several."""
        subject, wanted = node.arguments
        slot = _text_slot(wanted)
        if slot is None:
            return None
        t = self.name("t")
        method = "startswith" if node.name == "prefix" else "endswith"
        guard = " and e is not None" if isinstance(wanted, StringList) else ""
        return f"(isinstance({t} := {self.value(subject)}, str){guard} and {t}.{method}(k[{slot}]))"

    def pattern(self, node: Call) -> str | None:
        """Glob and cidr with a constant or several: the patterns are taken apart once."""
        subject, wanted = node.arguments
        if _text_slot(wanted) is None:
            return None
        slot = _text_slot(wanted)
        guard = "e is not None and " if isinstance(wanted, StringList) else ""
        test = {"glob": "matches_globs", "cidr": "in_networks"}[node.name]
        return f"({guard}{test}({self.value(subject)}, k[{slot}]))"

    def any_in(self, node: Call) -> str | None:
        subject, wanted = node.arguments
        if _string_slot(wanted) is None:
            return None
        slot = _string_slot(wanted)
        guard = "e is not None and " if isinstance(wanted, StringList) else ""
        return f"({guard}any_string_in({self.value(subject)}, k[{slot}]))"


def constant_forms(tree: Node) -> dict[int, str]:
    """Return, for constants that code wants in another form, which: `set`, `glob` or `cidr`. Keys are slots."""
    forms: dict[int, str] = {}
    for node in walk(tree):
        if not isinstance(node, Call):
            continue
        slot = None
        form = node.name
        if form in ("contains", "any_in"):
            slot = _string_slot(node.arguments[form == "any_in"])
            form = "set"
        elif form in ("glob", "cidr"):
            slot = _text_slot(node.arguments[1])
        if slot is not None:
            forms[slot] = form
    return forms


def _string_slot(node: Node) -> int | None:
    """Return the slot of an array of string constants."""
    if isinstance(node, StringList):
        return node.slot
    return node.slot if isinstance(node, Literal) and literal_kind(node.value) == "A" else None


def _text_slot(node: Node) -> int | None:
    """Return the slot of a string constant or an array of them."""
    if isinstance(node, Literal) and literal_kind(node.value) in "se":
        return node.slot
    return _string_slot(node)


_SPECIAL: Final = {
    "contains": Source.contains,
    "starts_with": Source.affix,
    "ends_with": Source.affix,
    "prefix": Source.tolerant_affix,
    "suffix": Source.tolerant_affix,
    "glob": Source.pattern,
    "cidr": Source.pattern,
    "any_in": Source.any_in,
}
