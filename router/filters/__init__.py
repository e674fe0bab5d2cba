"""Filters: JMESPath expressions over an event, compiled, and one index over the filters of all routes.

Text goes in; `Filter` answers for one expression, `RouteIndex` for all routes at once, `problems` says what is wrong with an expression
and where. Nothing here knows YAML or where an expression came from: places are offsets in code points.
"""

from __future__ import annotations

from router.filters.checks import problems
from router.filters.filter import Filter
from router.filters.index import Matched, RouteEntry, RouteIndex
from router.filters.problem import FilterError, FilterProblem, FilterSyntaxError

__all__ = [
    "Filter",
    "FilterError",
    "FilterProblem",
    "FilterSyntaxError",
    "Matched",
    "RouteEntry",
    "RouteIndex",
    "problems",
]
