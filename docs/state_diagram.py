"""Draws a delivery's life from the table that the program obeys, into docs/design.md, between two marks.

`python docs/state_diagram.py` writes it; a test checks that the page is in step.
"""

from __future__ import annotations

from pathlib import Path

from router.delivery.state import BIRTH_STATES, FINAL_STATES, TRANSITIONS

PAGE = Path(__file__).resolve().parent / "design.md"
BEGIN, END = "<!-- state diagram: begin -->\n", "<!-- state diagram: end -->"


def diagram() -> str:
    """Return the table as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state}" for state in TRANSITIONS if state in BIRTH_STATES]
    for state, moves in TRANSITIONS.items():
        lines += [f"    {state} --> {target}: {move}" for move, target in moves.items()]
    lines += [f"    {state} --> [*]" for state in TRANSITIONS if state in FINAL_STATES]
    return "\n".join([*lines, "```", ""])


def redrawn(page: str) -> str:
    """Return the page with a fresh diagram between the marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + diagram() + END + after


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
