"""Leaf code: the columns of a small leaf as one generated function.

Going over columns in a loop costs more than most look-ups do. So a leaf gets a function of its own that reads each probe once, shares
common beginnings of paths, and stops when no clause is left. Leaves with the same kinds of columns on the same probes share its code;
the tables come in through the closure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from router.filters.columns import Column
from router.filters.conditions import Probe

__all__ = ["GENERATED_CLAUSES_MAX", "Narrow", "leaf_code"]

GENERATED_CLAUSES_MAX: Final = 512
"""Up to here tables hold plain integers, see columns; beyond, the loop over columns is no longer what costs."""

Narrow = Callable[[dict[str, Any], int], tuple[int, int]]
"""Takes the event and the set of all clauses; returns the clauses left, and those whose conditions could not be decided."""


def leaf_code(columns: tuple[tuple[Probe, Column], ...]) -> Narrow | None:
    """Return the function for a leaf."""
    return None
