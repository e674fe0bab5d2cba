"""Writes the parts of the documentation that are made from the tree: indexes, the state diagram, the table of settings.

Each stands between two marks in a page that is otherwise written by hand. `make docs` runs this; a test checks that all are in step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from router.cli.printing import Style
from router.cli.rendering.manual import page_of
from router.cli.run import SETTINGS
from router.compiler.checks import catalogue
from router.delivery.state import BIRTH_STATES, FINAL_STATES, TRANSITIONS

DOCS = Path(__file__).resolve().parent


def state_diagram() -> str:
    """Return a delivery's life as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state}" for state in TRANSITIONS if state in BIRTH_STATES]
    for state, moves in TRANSITIONS.items():
        lines += [f"    {state} --> {target}: {move}" for move, target in moves.items()]
    lines += [f"    {state} --> [*]" for state in TRANSITIONS if state in FINAL_STATES]
    return "\n".join([*lines, "```"])


def settings() -> str:
    """Return the flags and variables of `router run` as a table."""
    rows = [f"| `{one.flag} {one.metavar}` | `{one.variable}` | {one.default or ''} | {one.help} |" for one in SETTINGS]
    return "\n".join(["| flag | variable | default | |", "|---|---|---|---|", *rows])


def checks() -> str:
    """Return the table of all codes."""
    rows = [
        f"| [{code}]({code}.md) | {one.severity} | `{one.name}` | {one.summary} |" for code, one in catalogue().items()
    ]
    return "\n".join(["| code | severity | name | what is reported |", "|---|---|---|---|", *rows])


def check_pages() -> Iterable[tuple[Path, str]]:
    """Yield the page of each code: what `router rule` prints, as Markdown."""
    for code, one in catalogue().items():
        _, _, body = page_of(one, style=Style(colours=False)).partition("\n\n")
        yield DOCS / "checks" / f"{code}.md", f"# {code} {one.name}\n\nSeverity: {one.severity}.\n\n{body}\n"


def _index(folder: Path, pattern: str, *, base: Path) -> str:
    pages = [page for page in sorted(folder.glob(pattern)) if page.name != "README.md"]
    return "\n".join(f"- [{_title(page)}]({page.relative_to(base).as_posix()})" for page in pages)


def _title(page: Path) -> str:
    lines = page.read_text(encoding="utf-8").splitlines()
    return next((line.removeprefix("# ").replace("`", "") for line in lines if line.startswith("# ")), page.stem)


PARTS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("README.md", "pages", lambda: _index(DOCS, "*.md", base=DOCS)),
    ("decisions/README.md", "pages", lambda: _index(DOCS / "decisions", "[0-9]*.md", base=DOCS / "decisions")),
    ("performance.md", "pages", lambda: _index(DOCS / "performance.d", "*.md", base=DOCS)),
    ("design.md", "state diagram", state_diagram),
    ("cli.md", "settings", settings),
    ("checks/README.md", "codes", checks),
)
"""Page, name of the marks, and what belongs between them."""


def refreshed(page: str, name: str, content: str) -> str:
    """Return the text of a page with fresh content between the marks of that name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page has no marks `{begin}` and `{end}`")
    return f"{before}{begin}\n{content}\n{end}{after}"


def stale() -> Iterable[tuple[Path, str]]:
    """Yield the pages that are out of step, with their fresh text."""
    for name, marks, make in PARTS:
        page = DOCS / name
        text = page.read_text(encoding="utf-8")
        fresh = refreshed(text, marks, make())
        if fresh != text:
            yield page, fresh
    for page, fresh in check_pages():
        if not page.exists() or page.read_text(encoding="utf-8") != fresh:
            yield page, fresh


if __name__ == "__main__":
    for path, text in stale():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(DOCS.parent)}")  # noqa: T201 - a script says what it did
