"""What can be wrong with a filter: before it runs (FilterSyntaxError, FilterProblem) and while it runs (FilterError)."""

from __future__ import annotations

from typing import Literal

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError, ParseError

__all__ = ["FilterError", "FilterProblem", "FilterSyntaxError", "problems"]


class FilterSyntaxError(ValueError):
    """An expression that is not JMESPath. `start` and `end` are offsets in code points into the expression, the end exclusive."""

    def __init__(self, message: str, start: int, end: int, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.help = help


class FilterError(ValueError):
    """A filter that failed on an event, such as `starts_with` of something that is no string. The route does not match."""


class FilterProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One finding about an expression; `start` and `end` are offsets in code points, the end exclusive."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    start: int
    end: int
    help: str | None = None


def problems(expression: str) -> list[FilterProblem]:
    """Return what is wrong with an expression."""
    try:
        jmespath.compile(expression)
    except ParseError as error:
        start = min(getattr(error, "lex_position", 0) or 0, len(expression))
        return [FilterProblem(code="RT301", severity="error", message=str(error.msg), start=start, end=start + 1)]
    except JMESPathError as error:
        return [FilterProblem(code="RT301", severity="error", message=str(error), start=0, end=len(expression))]
    return []
