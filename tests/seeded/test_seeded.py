"""Seeded mistakes over real schemas are found, with code and line; correct filters over the same schemas have no error."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import jmespath
import jsonschema_rs
import pytest

from router.compiler import compile_snapshot
from router.language.schema import config_schema
from router.syntax.diagnostic import Diagnostic, Severity
from router.syntax.snapshot import Snapshot
from tests.corpora import corpus
from tests.seeded.corpus import Place, Seed, correct, mistakes, write_route, write_types


def _compile(folder: Path, seeds: list[Seed]) -> tuple[list[Place], dict[str, list[Diagnostic]]]:
    corpus("github-webhooks", "schemas.jsonl")
    write_types(folder, seeds)
    places = [write_route(folder, f"r{number:03}", seed, number % 3) for number, seed in enumerate(seeds)]
    found: defaultdict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in compile_snapshot(Snapshot.take(folder, environ={})).diagnostics:
        found[Path(diagnostic.span.file).stem].append(diagnostic)
    return places, found


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Place], dict[str, list[Diagnostic]]]:
    return _compile(tmp_path_factory.mktemp("mistakes"), mistakes())


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(mistakes()) >= 150
    assert len(correct()) >= 150


def test_the_schemas_themselves_have_no_finding(seeded: tuple[list[Place], dict[str, list[Diagnostic]]]) -> None:
    assert [str(found) for found in seeded[1].get("types", []) if found.severity is Severity.ERROR] == []


def test_mistakes_are_found_with_code_and_line(seeded: tuple[list[Place], dict[str, list[Diagnostic]]]) -> None:
    places, found = seeded
    missed = []
    for number, (seed, place) in enumerate(zip(mistakes(), places, strict=True)):
        said = [(one.code, one.span.line) for one in found.get(f"r{number:03}", [])]
        if (seed.code, place.line) not in said:
            missed.append(f"r{number:03} {seed.code} at line {place.line}: {seed.filter}: {said}")
    assert len(missed) <= 0.05 * len(mistakes()), "\n".join(missed)


def test_the_column_is_that_of_the_mistake(seeded: tuple[list[Place], dict[str, list[Diagnostic]]]) -> None:
    places, found = seeded
    missed = []
    for number, (seed, place) in enumerate(zip(mistakes(), places, strict=True)):
        said = [(one.span.line, one.span.column) for one in found.get(f"r{number:03}", []) if one.code == seed.code]
        if place not in said:
            missed.append(f"r{number:03} {seed.code} at {place}: {seed.filter}: {said}")
    assert len(missed) <= 0.05 * len(mistakes()), "\n".join(missed)


def test_one_mistake_is_mostly_one_finding(seeded: tuple[list[Place], dict[str, list[Diagnostic]]]) -> None:
    _, found = seeded
    errors = [
        sum(one.severity is Severity.ERROR for one in found.get(f"r{number:03}", []))
        for number in range(len(mistakes()))
    ]
    assert sum(count > 1 for count in errors) <= 0.1 * len(errors)


def test_correct_filters_have_no_error(tmp_path: Path) -> None:
    _, found = _compile(tmp_path, correct())
    wrong = [
        f"{seed.filter}\n    {one}"
        for number, seed in enumerate(correct())
        for one in found.get(f"r{number:03}", [])
        if one.severity is Severity.ERROR
    ]
    assert wrong == []


def test_what_a_schema_and_jmespath_find(tmp_path: Path) -> None:
    """The tools at hand: the configuration against its JSON Schema, the filter through jmespath.compile."""
    validator = jsonschema_rs.validator_for(config_schema())
    refused = 0
    for seed in mistakes():
        route: dict[str, Any] = {"events": list(seed.types), "filter": seed.filter, "targets": ["sink"]}
        document = {"version": 1, "routes": {"r": route}}
        is_valid = validator.is_valid(json.loads(json.dumps(document)))
        try:
            jmespath.compile(seed.filter)
        except jmespath.exceptions.JMESPathError:
            is_valid = False
        refused += not is_valid
    assert refused <= 0.05 * len(mistakes())
