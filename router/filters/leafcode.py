"""Leaf code: the columns of a small leaf as one generated function.

Going over columns in a loop costs more than most look-ups do. So a leaf gets a function that reads each probe once, shares common
beginnings of paths, and stops when no clause is left. Leaves with the same kinds of columns on the same probes share its code; their
tables come in through the closure. What the code does for each kind of column is what `Column.narrow` says; the tables here already
have the column's base mixed in where that saves an operation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any, Final

from router.filters.columns import TAGS, AnyColumn, Column, EqualColumn, RangeColumn, TextColumn, TruthColumn
from router.filters.conditions import Probe
from router.filters.rules import probe_reader

__all__ = ["Narrow", "leaf_code"]

Narrow = Callable[[dict[str, Any], int], tuple[int, int]]
"""Takes the event and the set of all clauses; returns the clauses left, and those whose conditions could not be decided."""

_LAYOUTS_MAX: Final = 4096

_layouts: dict[str, Callable[[tuple[Any, ...]], Narrow]] = {}


def leaf_code(columns: tuple[tuple[Probe, Column], ...]) -> Narrow:
    """Return the function for a leaf whose tables hold plain integers."""
    writer = _Writer()
    for probe, column in columns:
        writer.add(probe, column)
    text = writer.text()
    factory = _layouts.get(text)
    if factory is None:
        names: dict[str, Any] = {"bisect_left": bisect_left, "bisect_right": bisect_right, "TAGS": TAGS}
        exec(compile(text, "<leaf>", "exec"), names)  # noqa: S102 - field names go in through repr, everything else is ours
        if len(_layouts) >= _LAYOUTS_MAX:
            _layouts.clear()
        factory = _layouts[text] = names["make"]
    return factory(tuple(writer.tables))


class _Writer:
    """Writes the function; `tables` are what it closes over."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tables: list[Any] = []
        self._variables: dict[Any, str] = {}

    def text(self) -> str:
        names = "".join(f" c{number} = c[{number}]\n" for number in range(len(self.tables)))
        body = "\n".join(f"  {line}" for line in self.lines)
        return f"def make(c):\n{names} def narrow(e, m):\n  w = 0\n{body}\n  return m, w\n return narrow\n"

    def table(self, value: Any) -> str:
        """Close over a value and return its name."""
        self.tables.append(value)
        return f"c{len(self.tables) - 1}"

    def read(self, probe: Probe) -> str:
        """Read a probe's value, once, and return its variable."""
        if probe.path is not None:
            return self.path(probe.path)
        variable = self._variables.get(probe)
        if variable is None:
            variable = self._variables[probe] = f"v{len(self._variables)}"
            self.lines.append(f"{variable} = {self.table(probe_reader(probe))}(e)")
        return variable

    def path(self, path: tuple[str, ...]) -> str:
        variable = self._variables.get(path)
        if variable is None:
            if len(path) == 1:
                code = f"e.get({path[0]!r})"
            else:
                parent = self.path(path[:-1])
                code = f"{parent}.get({path[-1]!r}) if isinstance({parent}, dict) else None"
            variable = self._variables[path] = f"v{len(self._variables)}"
            self.lines.append(f"{variable} = {code}")
        return variable

    def add(self, probe: Probe, column: Column) -> None:
        """Write one column."""
        v = self.read(probe)
        if isinstance(column, AnyColumn):
            self.any(v, column)
        elif isinstance(column, EqualColumn):
            self.equal(v, column)
        elif isinstance(column, RangeColumn):
            self.range(v, column)
        elif isinstance(column, TruthColumn):
            met, base = self.table(column.base ^ column.covered), self.table(column.base)
            self.lines.append(f"m &= {met} if {v} or ({v} == 0 and {v} is not False) else {base}")
        elif isinstance(column, TextColumn) and column.read is None and not column.inexact:
            self.string(v, column)
        else:
            self.lines.append(f"n = {self.table(column.narrow)}({v})")
            self.lines.append(f"if n is None: w |= {self.table(column.covered)}")
            self.lines.append("else: m &= n")
        self.lines.append("if not m: return 0, 0")

    def equal(self, v: str, column: EqualColumn) -> None:
        base = self.table(column.base)
        table = self.table(_with_base(column.table, column.base))
        key = f"TAGS[{v}] if {v} is True or {v} is False else {v}" if column.tagged else v
        self.lines += [f"try: m &= {table}.get({key}, {base})", f"except TypeError: m &= {base}"]

    def any(self, v: str, column: AnyColumn) -> None:
        base, hits = self.table(column.base), self.table(column.hits)
        self.lines.append(f"if isinstance({v}, list):")
        if column.tagged:
            self.lines.append(f" m &= {base} ^ {hits}({v})")
        else:
            table = self.table(column.table)
            self.lines += [
                " h = 0",
                " try:",
                f"  for x in {v} if len({v}) < 6 else {table}.keys() & {v}: h |= {table}.get(x, 0)",
                f" except TypeError: h = {hits}({v})",
                f" m &= {base} ^ h",
            ]
        if column.fails:
            self.lines.append(f"else: w |= {self.table(column.covered)}")
        else:
            self.lines.append(f"else: m &= {self.table(column.narrow)}({v})")

    def range(self, v: str, column: RangeColumn) -> None:
        base = self.table(column.base)
        numbers, _, sets = column.at
        code = f"{self.table([column.base ^ bits for bits in sets])}[bisect_right({self.table(numbers)}, {v})]"
        numbers, _, sets = column.after
        if numbers:
            code += f" ^ {self.table(sets)}[bisect_left({self.table(numbers)}, {v})]"
        self.lines.append(f"m &= {code} if type({v}) is int or type({v}) is float else {base}")

    def string(self, v: str, column: TextColumn) -> None:
        base = self.table(column.base)
        if len(column.tables) == 1:
            ((length, table),) = column.tables
            part = _part(v, str(length), at_end=column.at_end)
            lines = [f" m &= {self.table(_with_base(table, column.base))}.get({part}, {base})"]
        else:
            part = _part(v, "l", at_end=column.at_end)
            tables = self.table(column.tables)
            lines = [" h = 0", f" for l, t in {tables}: h |= t.get({part}, 0)", f" m &= {base} ^ h"]
        otherwise = f"w |= {self.table(column.covered)}" if column.fails else f"m &= {base}"
        self.lines += [f"if isinstance({v}, str):", *lines, f"else: {otherwise}"]


def _part(v: str, length: str, *, at_end: bool) -> str:
    # Not v[-length:], which is all of it for length 0.
    return f"{v}[len({v}) - {length} :]" if at_end else f"{v}[:{length}]"


def _with_base(table: dict[Any, Any], base: int) -> dict[Any, int]:
    return {value: base ^ bits for value, bits in table.items()}
