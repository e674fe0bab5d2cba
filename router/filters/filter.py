"""Filter: one compiled expression."""

from __future__ import annotations

from typing import Any

from router.filters.problem import FilterError
from router.filters.shape import bind

__all__ = ["Filter"]


class Filter:
    """A compiled JMESPath expression. Immutable; threads may share it.

    Compiling checks syntax, functions and their number of arguments. The same expression on the same data always gives the same answer.
    """

    __slots__ = ("constants", "expression", "shape")

    def __init__(self, expression: str) -> None:
        """Compile an expression; raises FilterSyntaxError with the place of the fault."""
        self.expression = expression
        self.shape, self.constants = bind(expression)

    def __repr__(self) -> str:
        return f"Filter({self.expression!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filter) and other.expression == self.expression

    def __hash__(self) -> int:
        return hash(self.expression)

    def __reduce__(self) -> tuple[type[Filter], tuple[str]]:
        return (Filter, (self.expression,))

    def search(self, data: Any) -> Any:
        """Return the value of the expression on JSON data; raises FilterError when a function gets what it cannot take."""
        try:
            return self.shape.value(data, self.constants)
        except (ArithmeticError, RecursionError, MemoryError) as error:
            raise _failed(error) from error

    def matches(self, data: Any) -> bool:
        """Say whether the value is true: null, false, "", [] and {} are not, everything else is, 0 too. Raises FilterError."""
        try:
            answer: bool = self.shape.test(data, self.constants)
        except (ArithmeticError, RecursionError, MemoryError) as error:
            raise _failed(error) from error
        return answer


def _failed(error: Exception) -> FilterError:
    return FilterError(f"cannot be computed: {error}", "invalid-value")
