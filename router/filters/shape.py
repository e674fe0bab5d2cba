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
from router.filters.conditions import Clause, clauses_of
from router.filters.functions import glob_pattern, network_bits
from router.filters.lexer import shape_key
from router.filters.nodes import Literal, StringList, walk
from router.filters.parser import parse

__all__ = ["Code", "Shape", "bind", "run_text"]

Code = Callable[[Any, tuple[Any, ...]], Any]
"""Generated code: takes the event and the filter's constants."""

_SET_MIN: Final = 8
"""From this many on, a set finds a string faster than comparing one by one."""


class Shape:
    """One shape of expressions. Holds no syntax tree: what it needs of one is made again from `example`, an expression of this shape."""

    __slots__ = ("__weakref__", "_clauses", "_value", "example", "forms", "slots", "test")

    def __init__(self, expression: str) -> None:
        """Parse and check; raises FilterSyntaxError."""
        tree = parse(expression)
        check_functions(tree)
        self.example = expression
        self.slots = sum(isinstance(node, Literal | StringList) and node.slot is not None for node in walk(tree))
        self.forms = constant_forms(tree)
        self.test: Code = self._first_test
        self._value: Code | None = None
        self._clauses: tuple[Clause, ...] | None = None

    def _first_test(self, event: Any, constants: tuple[Any, ...]) -> Any:
        return self.truth(event, constants)

    def warm(self) -> bool:
        """Generate the code that says whether the expression is true; say whether there was anything to do."""
        is_new = self.test == self._first_test
        return is_new and self.truth is not None

    @property
    def truth(self) -> Code:
        """Code that says whether the expression is true. `test` calls it too, and quicker, once it exists."""
        if self.test == self._first_test:
            source = Source()
            source.define_truth("truth", parse(self.example))
            self.test = run_text(source.text, "truth")
        return self.test

    @property
    def value(self) -> Code:
        """Code for the value of the expression."""
        if self._value is None:
            source = Source()
            source.define_value("value", parse(self.example))
            self._value = run_text(source.text, "value")
        return self._value

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """What the expression demands, for the index."""
        if self._clauses is None:
            self._clauses = clauses_of(parse(self.example))
        return self._clauses

    def constants(self, raw: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the constants as the code wants them; raises ValueError for a network that is none."""
        if not self.forms:
            return raw
        return tuple(_FORMS[self.forms[slot]](value) if slot in self.forms else value for slot, value in enumerate(raw))


_NAMES: Final = runtime_names()


def run_text(text: str, name: str) -> Code:
    """Execute generated source and return one of its functions. The others stay in its closure, so that all shapes share one globals."""
    indented = text.replace("\n", "\n ")
    names: dict[str, Any] = {}
    # Our own generated code, see codegen.
    exec(compile(f"def make():\n {indented}\n return {name}\n", f"<filter {name}>", "exec"), _NAMES, names)  # noqa: S102
    code: Code = names["make"]()
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
