"""The reference, `docs/language.md`: its examples are right and it leaves no key out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from router.language.reader import read_configuration
from router.language.schema import config_schema
from router.syntax.snapshot import Snapshot

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
_EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(_EXAMPLES)))
def test_examples_are_valid(number: int, tmp_path: Path) -> None:
    document = tmp_path / "example.yaml"
    document.write_text(_EXAMPLES[number], encoding="utf-8")
    _, findings = read_configuration(Snapshot.take(document, environ={}))
    assert [str(finding) for finding in findings] == []


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for inner in schema.values():
            yield from _keys(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _keys(inner)


def _words(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for word in schema.get("enum", []) if isinstance(schema.get("enum"), list) else []:
            yield str(word)
        for inner in schema.values():
            yield from _words(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _words(inner)


@pytest.mark.parametrize("name", sorted({*_keys(config_schema()), *_words(config_schema())}))
def test_every_key_and_word_is_explained(name: str) -> None:
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", _PAGE)
    assert re.search(rf"`[^`\n]*(?<![\w-]){re.escape(name)}(?![\w-])[^`]*`", _PAGE), f"`{name}` is not explained"
