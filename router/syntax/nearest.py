"""Did you mean: the nearest valid name to a mistyped one, or none.

Used by every room that reports an unknown name. A suggestion that is not similar misleads more than none, so there is a cut-off that
grows with the length of the name. Knows nothing of what the names stand for.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["edits", "nearest"]


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most similar to `name`, or None when none is similar enough.

    Similar enough: equal but for case, `-`, `_` and `.`; or at most one edit in names up to 4 characters, two up to 8, three beyond
    (Terraform's cut-off is "fewer than 3"), and never more than half of the name; or one is the start of the other with at least 4
    characters shared. Ties go to the alphabetically first.
    """
    best: tuple[int, str] | None = None
    folded = _fold(name)
    for candidate in sorted(set(candidates)):
        if candidate == name:
            continue
        distance = _distance(name, folded, candidate)
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, candidate)
    return None if best is None else best[1]


def _distance(name: str, folded: str, candidate: str) -> int | None:
    other = _fold(candidate)
    if folded == other and folded:
        return 0
    shorter = min(len(name), len(candidate))
    bound = min(1 if shorter <= 4 else 2 if shorter <= 8 else 3, max(len(name), len(candidate)) // 2)
    distance = edits(folded, other, bound)
    if distance <= bound:
        return distance
    if shorter >= 4 and (folded.startswith(other) or other.startswith(folded)):
        return bound + 1 + abs(len(folded) - len(other))
    return None


def _fold(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(".", "")


def edits(first: str, second: str, bound: int) -> int:
    """Return the optimal string alignment distance (insert, delete, replace, swap neighbours); any number above `bound` means more."""
    if abs(len(first) - len(second)) > bound:
        return bound + 1
    before: list[int] = []
    previous = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        current = [row]
        for column, other in enumerate(second, 1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > bound:
            return bound + 1
        before, previous = previous, current
    return previous[-1]
