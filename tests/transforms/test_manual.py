"""The manual tells the truth: every example of docs/templates.md is rendered, and every filter and test is in it."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from router.transforms import RenderError, compile_transform, limits
from router.transforms.catalogue import COMPILED, FILTERS
from router.transforms.predicates import PREDICATES

_MANUAL = (Path(__file__).resolve().parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
_BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", _MANUAL, re.MULTILINE | re.DOTALL)
_EVENT = json.loads(_BLOCKS[0][1])
_LINES = [line for kind, body in _BLOCKS if kind == "template" for line in body.splitlines() if line.strip()]
_PAIRS = [(first[1], second) for first, second in itertools.pairwise(_BLOCKS) if first[0] == "yaml"]


@pytest.mark.parametrize("line", _LINES)
def test_expression(line: str) -> None:
    expression, expected = (part.strip() for part in line.split("=>", 1))
    transform, problems = compile_transform(["{{ " + expression + " }}"], content_type="application/json", headers={})
    assert transform is not None, problems
    if expected.startswith("error: "):
        with pytest.raises(RenderError) as caught:
            transform.render(_EVENT)
        assert expected.removeprefix("error: ") in caught.value.message
    else:
        found = transform.value(_EVENT)[0]
        assert found == json.loads(expected)
        assert type(found) is type(json.loads(expected))


@pytest.mark.parametrize(("definition", "result"), _PAIRS)
def test_payload(definition: str, result: tuple[str, str]) -> None:
    transform: dict[str, Any] = yaml.safe_load(definition)
    compiled, problems = compile_transform(
        transform["payload"], content_type=transform.get("content_type", "application/json"), headers={}
    )
    assert compiled is not None
    assert problems == []
    expected = json.loads(result[1]) if result[0] == "json" else result[1].removesuffix("\n")
    assert compiled.render(_EVENT).value == expected


def test_every_filter_and_test_is_described() -> None:
    shown = " ".join(_LINES)
    for name in sorted({*FILTERS, *COMPILED}):
        assert re.search(rf"\| {name}\b", shown) or f"`{name}`" in _MANUAL, name
    for name in PREDICATES:
        if name.isalpha() and name not in ("equalto", "lessthan", "greaterthan"):
            assert re.search(rf"\b{name}\b", _MANUAL.split("## Tests")[1]), name


def test_the_limits_are_the_limits() -> None:
    section = _MANUAL.split("## Limits")[1]
    for number in (limits.TEMPLATE_CHARS_MAX, limits.STEPS_MAX, limits.NODES_MAX, limits.HEADER_CHARS_MAX):
        assert f"{number:,}" in section
    for number in (limits.DEPTH_MAX, limits.LOOPS_NESTED_MAX, limits.TREE_DEPTH_MAX, limits.TEXT_PER_STEP):
        assert f" {number} " in section
    assert limits.OUTPUT_BYTES_MAX == 2**20
