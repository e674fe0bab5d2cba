"""Shape: what filters that differ only in their constants have in common.

Ten thousand routes are usually written from a few patterns. The shape of an expression is its text without the constants; it is parsed,
checked and compiled once, and each filter keeps only the tuple of its own constants, which the shared code takes as an argument. So a
route costs about a kilobyte, and processor caches hold one function in place of ten thousand.

Shapes live as long as a filter uses them. The code is generated when it is first needed.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

from router.filters.checks import check_functions
from router.filters.codegen import Source, constant_forms, runtime_names
from router.filters.functions import glob_pattern, network_bits
from router.filters.lexer import shape_key
from router.filters.nodes import Literal, Node, StringList, walk
from router.filters.parser import parse

__all__ = ["Code", "Shape", "bind"]

Code = Callable[[Any, tuple[Any, ...]], Any]
"""Generated code: takes the event and the filter's constants."""

_SET_MIN: Final = 8
"""From this many on, a set finds a string faster than comparing one by one."""


class Shape:
    """One shape of expressions. `truth` and `value` are its code, `tree` its syntax until the code exists."""

    __slots__ = ("__weakref__", "_code", "example", "forms", "plan", "slots")

    def __init__(self, expression: str) -> None:
        """Parse and check; raises FilterSyntaxError."""
        tree = parse(expression)
        check_functions(tree)
        self.example = expression
        self.slots = sum(isinstance(node, Literal | StringList) and node.slot is not None for node in walk(tree))
        self._code: dict[str, Code] = {}
        self.forms = constant_forms(tree)
        self.plan: Any = None

    @property
    def tree(self) -> Node:
        """The syntax tree, of the first expression that had this shape. Not kept: parsed again when asked for."""
        return parse(self.example)

    @property
    def truth(self) -> Code:
        """Code that says whether the expression is true."""
        return self._code.get("truth") or self._compiled("truth")

    @property
    def value(self) -> Code:
        """Code for the value of the expression."""
        return self._code.get("value") or self._compiled("value")

    def _compiled(self, which: str) -> Code:
        source = Source()
        if which == "truth":
            source.define_truth("truth", self.tree)
        else:
            source.define_value("value", self.tree)
        code = run(source, which)
        self._code[which] = code
        return code

    def constants(self, raw: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the constants as the code wants them; raises ValueError for a network that is none."""
        if not self.forms:
            return raw
        return tuple(_FORMS[self.forms[slot]](value) if slot in self.forms else value for slot, value in enumerate(raw))


def run(source: Source, name: str) -> Code:
    """Execute generated source and return one of its functions."""
    names = runtime_names()
    exec(compile(source.text, f"<filter {name}>", "exec"), names)  # noqa: S102 - our own generated code, see codegen
    code: Code = names[name]
    return code


def _texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _networks(value: str | tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(network_bits(text) for text in _texts(value))
    if None in found:
        raise ValueError("not a network")
    return tuple(bits for bits in found if bits is not None)


_FORMS: Final[dict[str, Callable[[Any], Any]]] = {
    "set": lambda value: frozenset(value) if len(value) >= _SET_MIN else value,
    "glob": lambda value: tuple(glob_pattern(text) for text in _texts(value)),
    "cidr": _networks,
}

_known: weakref.WeakValueDictionary[str, Shape] = weakref.WeakValueDictionary()
_lock: Final = threading.Lock()


def bind(expression: str) -> tuple[Shape, tuple[Any, ...]]:
    """Return an expression's shape and its own constants; raises FilterSyntaxError."""
    key, raw = shape_key(expression)
    shape = _known.get(key)
    if shape is None or len(raw) != shape.slots or "\x00" in expression:
        shape = Shape(expression)
        with _lock:
            # NUL marks constants in a key, so text that has one of its own may not share.
            if "\x00" not in expression:
                shape = _known.setdefault(key, shape)
    try:
        return shape, shape.constants(raw)
    except ValueError:
        check_functions(parse(expression))
        raise
