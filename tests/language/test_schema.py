"""The language's JSON Schema: complete for editors, the same in the package, strict after substitution."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from router.language.schema import config_schema, strict_config_schema
from router.syntax.loader import load

_ROOT = Path(__file__).resolve().parents[2]


def _walk(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        yield path, schema
        for key, inner in schema.items():
            yield from _walk(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from _walk(inner, f"{path}/{index}")


def test_the_package_holds_the_published_schema() -> None:
    published = _ROOT / "schemas" / "config" / "v1" / "config.schema.json"
    assert config_schema() == json.loads(published.read_text(encoding="utf-8"))


def test_it_is_a_schema() -> None:
    for schema in (config_schema(), strict_config_schema()):
        Draft202012Validator.check_schema(schema)
        jsonschema_rs.Draft202012Validator(schema)


def test_every_definition_and_property_is_described() -> None:
    schema = config_schema()
    for path, inner in _walk(schema):
        properties = inner.get("properties")
        if not isinstance(properties, dict) or "/allOf/" in path or path.endswith(("/if", "/properties")):
            continue
        for name, member in properties.items():
            described = member
            if "$ref" in member:
                described = schema["$defs"][member["$ref"].removeprefix("#/$defs/")]
            assert described.get("description") or "not" in described, f"{path}/{name}"
    for name, definition in schema["$defs"].items():
        assert definition.get("description"), name


def test_every_mapping_is_closed() -> None:
    for path, inner in _walk(config_schema()):
        if inner.get("type") == "object" and "/if" not in path and inner.get("x-data") is None:
            assert "additionalProperties" in inner, path


def test_every_default_and_example_is_valid() -> None:
    schema = config_schema()
    for path, inner in _walk(schema):
        if path.endswith(("/properties", "/examples", "/default")) or "/examples/" in path or "/default/" in path:
            continue
        validator = Draft202012Validator({**inner, "$defs": schema["$defs"]})
        for value in [*inner.get("examples", []), *([inner["default"]] if "default" in inner else [])]:
            assert list(validator.iter_errors(value)) == [], path


def test_variables_may_stand_where_they_are_substituted_and_nowhere_after() -> None:
    text = b"version: 1\nendpoints:\n  a: {url: '${A}', timeout: {total: '${T}'}, limits: {concurrency: '${N}', rate: '${R}'}, enabled: '${E}'}\n"
    tree, _ = load("t.yaml", text)
    assert tree is not None
    assert Draft202012Validator(config_schema()).is_valid(tree.value)
    wrong = {error.path[-1] for error in Draft202012Validator(strict_config_schema()).iter_errors(tree.value)}
    assert wrong == {"url", "total", "concurrency", "rate", "enabled"}


def _documents() -> list[Path]:
    golden = _ROOT / "tests" / "golden"
    return sorted([*golden.rglob("*.yaml"), *golden.rglob("*.yml"), *(_ROOT / "routes").glob("*.yaml")])


@pytest.mark.parametrize("document", _documents(), ids=lambda path: path.stem)
def test_both_validators_agree(document: Path) -> None:
    tree, _ = load(document.name, document.read_bytes())
    if tree is not None:
        for schema in (config_schema(), strict_config_schema()):
            assert jsonschema_rs.Draft202012Validator(schema).is_valid(tree.value) == Draft202012Validator(
                schema
            ).is_valid(tree.value)
