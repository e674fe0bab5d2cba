"""Table: rows of text in aligned columns, as wide as they are on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from router.cli.printing import Style, printable
from router.cli.rendering.excerpt import display_width

__all__ = ["table"]


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, style: Style, colours: Sequence[str | None] = ()
) -> list[str]:
    """Return the lines of a table; `colours` gives each row one colour or None. Cells are made printable and one line each."""
    cells = [[printable(cell).replace("\n", " ").replace("\t", " ") for cell in row] for row in rows]
    widths = [max(display_width(row[column]) for row in [list(headings), *cells]) for column in range(len(headings))]
    lines = [style(_joined(headings, widths), "dim")]
    for number, row in enumerate(cells):
        colour = colours[number] if number < len(colours) else None
        line = _joined(row, widths)
        lines.append(style(line, colour) if colour else line)
    return lines


def _joined(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True)]
    return "  ".join(padded).rstrip()
