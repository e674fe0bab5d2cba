"""Rules: clauses with the constants of one filter, as the index moves them about, and the code that decides them.

A *rule* is a tuple (position of the route, variant, constants): nothing else is kept for a route, so that a hundred thousand fit. A
*variant* is a clause of a shape as one part of the index sees it: those of its conditions that nothing above has decided yet, and the
code for what the conditions leave open. Variants are shared by all filters of the shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from router.filters.conditions import Clause, Condition, Operand, Probe
from router.filters.shape import Code, Shape, run_text

__all__ = ["Rule", "Variant", "probe_reader", "variants_of"]


class Variant:
    """A clause as one part of the index sees it. `needs_code`: passing all conditions is not enough."""

    __slots__ = ("_narrowed", "clause", "columns", "conditions", "needs_code", "shape", "test", "types")

    def __init__(
        self, shape: Shape, clause: Clause, conditions: tuple[Condition, ...], types: frozenset[str] | None = None
    ) -> None:
        self.shape = shape
        self.clause = clause
        self.conditions = conditions
        self.types = types
        self.columns = tuple(condition.column for condition in conditions)
        self.needs_code = clause.whole or clause.rest is not None
        self.test: Code = self._first_test
        self._narrowed: dict[Condition, Variant] | None = None

    def without(self, condition: Condition) -> Variant:
        """Return the variant for a place where a condition is known to hold."""
        if self._narrowed is None:
            self._narrowed = {}
        narrowed = self._narrowed.get(condition)
        if narrowed is None:
            rest = tuple(other for other in self.conditions if other is not condition)
            narrowed = self._narrowed[condition] = Variant(self.shape, self.clause, rest, self.types)
        return narrowed

    def for_types(self, types: frozenset[str]) -> Variant:
        """Return the variant that also demands one of these event types, which the filter itself does not state."""
        condition = Condition("equal", _TYPES, (Operand(None, types, many=True),), holds=True, exact=True)
        return Variant(self.shape, self.clause, (*self.conditions, condition), types)

    def warm(self) -> bool:
        """Generate the code that decides the clause; say whether there was anything to do."""
        if self.test != self._first_test:
            return False
        self.test = self.shape.truth if self.clause.whole or self.clause.rest is None else _rest(self.clause.rest)
        return True

    def _first_test(self, event: Any, constants: tuple[Any, ...]) -> Any:
        """Compile the rest of the clause, then be replaced by it."""
        self.warm()
        return self.test(event, constants)


_TYPES: Final = Probe(("type",), "types")
"""The event's type, but not in one column with what the filter says of it."""

Rule = tuple[int, Variant, tuple[Any, ...]]

_rests: dict[str, Code] = {}


def _rest(text: str) -> Code:
    code = _rests.get(text)
    if code is None:
        if len(_rests) > 10_000:
            _rests.clear()
        code = _rests[text] = run_text(text, "rest")
    return code


def variants_of(shape: Shape) -> tuple[Variant, ...]:
    """Return a variant for each clause of a shape."""
    return tuple(Variant(shape, clause, clause.conditions) for clause in shape.clauses)


def probe_reader(probe: Probe) -> Callable[[dict[str, Any]], Any]:
    """Return a function that reads a probe's value from an event."""
    reader = _readers.get(probe)
    if reader is None:
        if len(_readers) > 10_000:
            _readers.clear()
        reader = _readers[probe] = _path_reader(probe.path) if probe.path else _code_reader(probe.code)
    return reader


_readers: dict[Probe, Callable[[dict[str, Any]], Any]] = {}


def _path_reader(path: tuple[str, ...]) -> Callable[[dict[str, Any]], Any]:
    """Return a reader for a path of names; the event itself is known to be an object."""
    lines = [f" v = e.get({path[0]!r})"]
    lines += [f" v = v.get({name!r}) if isinstance(v, dict) else None" for name in path[1:]]
    body = "\n".join(lines)
    names: dict[str, Any] = {}
    exec(compile(f"def read(e):\n{body}\n return v\n", "<probe>", "exec"), names)  # noqa: S102 - names go in through repr
    reader: Callable[[dict[str, Any]], Any] = names["read"]
    return reader


def _code_reader(text: str) -> Callable[[dict[str, Any]], Any]:
    code = run_text(text, "probe")
    return lambda event: code(event, ())
