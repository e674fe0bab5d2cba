"""What can be wrong with a filter: before it runs (FilterSyntaxError, FilterProblem) and while it runs (FilterError)."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Fault", "FilterError", "FilterProblem", "FilterSyntaxError"]

Fault = Literal["syntax", "unknown-function", "invalid-arity", "invalid-type", "invalid-value"]
"""The error classes of the JMESPath compliance suite."""


class FilterSyntaxError(ValueError):
    """An expression that can never run: broken syntax, an unknown function, the wrong number of arguments.

    `start` and `end` are offsets in code points into the expression, the end exclusive; `help` says what to write; `fault` is the
    compliance suite's class of the error.
    """

    def __init__(self, message: str, start: int, end: int, help: str | None = None, fault: Fault = "syntax") -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.help = help
        self.fault: Fault = fault


class FilterError(ValueError):
    """A filter that failed on an event, such as `starts_with` of something that is no string. Its route does not match.

    `fault` is the compliance suite's class of the error.
    """

    def __init__(self, message: str, fault: Fault = "invalid-type") -> None:
        super().__init__(message)
        self.fault: Fault = fault


class FilterProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One finding about an expression; `start` and `end` are offsets in code points, the end exclusive.

    Codes: RT301 syntax, RT306 function, RT308 precedence of `!`, RT309 bare literal; RT302 to RT315 are what `inference` finds.
    `replacement` is the text that belongs between `start` and `end`, where only one can be meant.
    """

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    start: int
    end: int
    help: str | None = None
    replacement: str | None = None
