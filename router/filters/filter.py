"""Filter: one compiled expression."""

from __future__ import annotations

from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from router.filters.problem import FilterError, FilterSyntaxError, problems

__all__ = ["Filter"]


class Filter:
    """A compiled JMESPath expression. Immutable."""

    __slots__ = ("_parsed", "expression")

    def __init__(self, expression: str) -> None:
        """Compile an expression; raises FilterSyntaxError."""
        for problem in problems(expression):
            raise FilterSyntaxError(problem.message, problem.start, problem.end, problem.help)
        self.expression = expression
        self._parsed = jmespath.compile(expression)

    def __repr__(self) -> str:
        return f"Filter({self.expression!r})"

    def search(self, data: Any) -> Any:
        """Return the value of the expression; raises FilterError."""
        try:
            return self._parsed.search(data)
        except (JMESPathError, TypeError) as error:
            raise FilterError(str(error)) from error

    def matches(self, data: Any) -> bool:
        """Say whether the value is true in JMESPath's sense: 0 is, null, false and empty values are not; raises FilterError."""
        value = self.search(data)
        return not (value is None or value is False or value == "" or value == [] or value == {})
