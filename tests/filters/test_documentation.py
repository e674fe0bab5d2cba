"""Every example in docs/filters.md is what happens."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from router.filters import Filter

PAGE = Path(__file__).parents[2] / "docs" / "filters.md"
CODE = r"(?:`` (?P<{0}2>.+?) ``|``(?P<{0}1>.+?) ?``|`(?P<{0}>[^`]+)`)"
ROW = re.compile(rf"^\| {CODE.format('filter')} \| {CODE.format('event')} \| {CODE.format('value')} \|$", re.MULTILINE)


def examples() -> list[tuple[str, str, str]]:
    def part(row: re.Match[str], name: str) -> str:
        return next(row[each] for each in (name, f"{name}1", f"{name}2") if row[each] is not None)

    return [
        (part(row, "filter"), part(row, "event"), part(row, "value")) for row in ROW.finditer(PAGE.read_text("utf-8"))
    ]


def test_the_page_has_examples() -> None:
    assert len(examples()) == 27


@pytest.mark.parametrize(("expression", "event", "value"), examples())
def test_example(expression: str, event: str, value: str) -> None:
    assert json.dumps(Filter(expression).search(json.loads(event))) == value
