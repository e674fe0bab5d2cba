"""The core schema of YAML 1.2.2, section 10.3.2."""

from __future__ import annotations

import math
from typing import Any

import pytest

from router.syntax.scalars import INTEGER_DIGITS_MAX, reading_of_1_1, resolve

_VALUES: list[tuple[str, Any]] = [
    ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None), ("nULL", "nULL"),
    ("true", True), ("True", True), ("TRUE", True), ("tRUE", "tRUE"), ("false", False), ("False", False), ("FALSE", False),
    ("0", 0), ("-0", 0), ("+12", 12), ("-19", -19), ("014", 14), ("0o14", 12), ("0o18", "0o18"), ("-0o14", "-0o14"), ("0x1F", 31), ("0xG", "0xG"),
    ("1_000", "1_000"), ("0b11", "0b11"), ("1e3", 1000.0), ("1.", 1.0), (".5", 0.5), ("-.5e-1", -0.05), ("1.10", 1.1), ("+1.5", 1.5),
    (".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf), (".iNF", ".iNF"), ("1e999", math.inf),
    (".", "."), ("+", "+"), ("-", "-"), ("..", ".."), ("e3", "e3"), ("1e", "1e"), ("1 2", "1 2"), ("١٢", "١٢"),
    ("on", "on"), ("yes", "yes"), ("NO", "NO"), ("off", "off"), ("y", "y"), ("12:30:00", "12:30:00"), ("2026-01-02", "2026-01-02"),
    ("22:22:22:22:22:22", "22:22:22:22:22:22"), ("1.2.3", "1.2.3"), ("=", "="), ("9" * (INTEGER_DIGITS_MAX + 1), "9" * (INTEGER_DIGITS_MAX + 1)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), _VALUES)
def test_resolve(text: str, value: Any) -> None:
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    assert math.isnan(resolve(text))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("NO", "false"), ("on", "true"), ("Yes", "true"), ("off", "false"), ("12:30:00", "a number"), ("1_000", "a number"), ("014", "another number"),
        ("0b11", "a number"), ("0o14", "text"), ("-1_0", "a number"), ("1_0.5", "a number"),
        ("n", None), ("12", None), ("0", None), ("-0", None), ("1.10", None), ("2026-01-02", None), ("true", None), ("", None), ("0x1F", None),
        ("north", None), ("5s", None), ("1e3", None),
    ],
)  # fmt: skip
def test_what_yaml_1_1_reads(text: str, reading: str | None) -> None:
    assert reading_of_1_1(text) == reading
