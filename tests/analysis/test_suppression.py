"""Inline ignores: where they count, when they end, and what is said about them."""

from __future__ import annotations

from datetime import date

import pytest

from router.analysis.suppression import apply_ignores, read_ignores
from router.syntax.diagnostic import Diagnostic, Severity, Span

TODAY = date(2026, 11, 24)
KNOWN = {"RT503": "plaintext-http", "RT205": "unused-definition", "RT203": "undefined-reference"}


def find(word: str) -> str | None:
    return next((code for code, name in KNOWN.items() if word in (code, name)), None)


def warning(line: int, code: str = "RT503", severity: Severity = Severity.WARNING) -> Diagnostic:
    return Diagnostic(code=code, severity=severity, message="m", span=Span("a.yaml", line, 3, line, 9))


def outcome(text: str, *found: Diagnostic, today: date = TODAY) -> tuple[list[int], list[str]]:
    ignores, unreadable = read_ignores("a.yaml", text.encode(), find)
    held, about = apply_ignores(found, ignores, today=today)
    return sorted(held), [f"{d.code}@{d.span.line}:{d.span.column}" for d in [*unreadable, *about]]


def test_on_the_line() -> None:
    assert outcome("a: 1\nb: 2  # router: ignore[RT503] -- because\n", warning(2)) == ([0], [])


def test_alone_above_also_with_other_comments_between() -> None:
    text = "# router: ignore[RT503] -- because\n# about b\n\nb: 2\n"
    assert outcome(text, warning(4)) == ([0], [])


def test_several_codes_and_names() -> None:
    text = "a: 1  # router: ignore[RT205, plaintext-http] -- because\n"
    assert outcome(text, warning(1), warning(1, "RT205")) == ([0, 1], [])


def test_not_elsewhere() -> None:
    assert outcome("a: 1  # router: ignore[RT503] -- because\nb: 2\n", warning(2)) == ([], ["RT908@1:7"])


@pytest.mark.parametrize(
    "text",
    [
        "a: '# router: ignore[RT503] -- x'\n",
        'a: "b # router: ignore[RT503] -- x"\n',
        "a: |\n  # router: ignore[RT503] -- x\n",
        "a: >-\n  text\n  # router: ignore[RT503] -- x\n",
        "a: b# router: ignore[RT503] -- x\n",
    ],
)
def test_text_is_no_comment(text: str) -> None:
    assert read_ignores("a.yaml", text.encode(), find) == ([], [])


def test_behind_the_header_of_a_block_scalar() -> None:
    text = "a: |  # router: ignore[RT503] -- x\n  # router: ignore[RT503] -- y\n"
    assert outcome(text, warning(1)) == ([0], [])


def test_an_ignore_holds_through_its_last_day() -> None:
    text = "a: 1  # router: ignore[RT503] until 2026-11-24 -- because\n"
    assert outcome(text, warning(1)) == ([0], [])
    assert outcome(text, warning(1), today=date(2026, 11, 25)) == ([], ["RT907@1:7"])


def test_without_reason() -> None:
    assert outcome("a: 1  # router: ignore[RT503]\n", warning(1)) == ([0], ["RT905@1:7"])
    assert outcome("a: 1  # router: ignore[RT503] until 2027-01-31 --\n", warning(1)) == ([], ["RT909@1:7"])


def test_unused_in_part() -> None:
    text = "a: 1  # router: ignore[RT503,RT205] -- because\n"
    assert outcome(text, warning(1)) == ([0], ["RT908@1:7"])


def test_errors_cannot_be_ignored() -> None:
    text = "a: 1  # router: ignore[RT203] -- because\n"
    assert outcome(text, warning(1, "RT203", Severity.ERROR)) == ([], ["RT909@1:7"])


@pytest.mark.parametrize(
    "comment",
    [
        "# router: ignore",
        "# router: ignore RT503 -- x",
        "# router: ignore[] -- x",
        "# router: ignore[RT999] -- x",
        "# router: ignore[RT503] until tomorrow -- x",
        "# router: ignore[RT503] until 2026-02-30 -- x",
        "# router: ignore[RT503] because",
    ],
)
def test_unreadable(comment: str) -> None:
    assert outcome(f"a: 1  {comment}\n", warning(1)) == ([], ["RT909@1:7"])


def test_other_words_are_not_ours() -> None:
    assert outcome("a: 1  # router: see the runbook\nb: 2 # the router: ignored\n") == ([], [])


def test_a_broken_document_gives_the_ignores_before_its_fault() -> None:
    ignores, _ = read_ignores("a.yaml", b"a: 1  # router: ignore[RT503] -- x\nb: [\n", find)
    assert [ignore.line for ignore in ignores] == [1]
