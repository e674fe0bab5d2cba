"""Selection: which codes a run is about.

A pattern is a code or the beginning of one (`RT3`: everything about filters), or a check's name. `--select` keeps what a pattern names,
`--ignore` drops it, and dropping wins. The catalogue, where given, lets names stand for codes and finds patterns that name nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["Selection", "SelectionError"]

_PREFIX = re.compile(r"RT[0-9]{0,3}")


class SelectionError(ValueError):
    """A pattern that names no code; the text says which."""


class Selection:
    """Answers whether a code is wanted."""

    def __init__(
        self, select: Iterable[str] = (), ignore: Iterable[str] = (), names: Mapping[str, str] | None = None
    ) -> None:
        """Read the patterns; `names` maps codes to names. Raises SelectionError."""
        known = names or {}
        self._select = tuple(_prefix(pattern, known) for pattern in select)
        self._ignore = tuple(_prefix(pattern, known) for pattern in ignore)

    def takes(self, code: str) -> bool:
        """Say whether findings of a code are wanted."""
        return (not self._select or code.startswith(self._select)) and not code.startswith(self._ignore)


def _prefix(pattern: str, names: Mapping[str, str]) -> str:
    written = pattern.strip()
    if _PREFIX.fullmatch(written.upper()):
        prefix = written.upper()
        if names and not any(code.startswith(prefix) for code in names):
            raise SelectionError(f"no code begins with `{prefix}`")
        return prefix
    for code, name in names.items():
        if name == written.lower():
            return code
    raise SelectionError(f"`{written}` is no code: write one such as `RT503`, or its beginning such as `RT5`")
