"""Outside suites: the JSON-Schema-Test-Suite, and real schemas with real payloads, with `jsonschema` as the second opinion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource
from referencing.jsonschema import DRAFT7

from router.payloads import PayloadSchema, SchemaError, compile_schema
from router.payloads.references import uri_of
from tests.corpora import corpus, corpus_lines

_DIALECTS = {
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft4": "http://json-schema.org/draft-04/schema#",
}
_SERVER = "http://localhost:1234/"  # where the suite expects its `remotes`; here they are files, as they would be for an operator
_META = "draft2020-12/metaschema-"  # meta-schemas of one's own, which are refused


def _suite(draft: str) -> Iterator[tuple[str, Any, Any]]:
    for path in sorted(corpus("json-schema-test-suite", "tests", draft).glob("*.json")):
        text = path.read_text(encoding="utf-8").replace(_SERVER, uri_of("remotes") + "/")
        for group in json.loads(text):
            yield f"{path.stem}: {group['description']}", group["schema"], group["tests"]


def _read_remote(name: str) -> bytes:
    root = corpus("json-schema-test-suite", "remotes")
    path = root / Path(name).relative_to("remotes")
    return path.read_bytes().replace(_SERVER.encode(), (uri_of("remotes") + "/").encode())


@pytest.mark.parametrize(("draft", "at_least"), [("draft2020-12", 1270), ("draft7", 900), ("draft4", 600)])
def test_the_suite_of_a_draft(draft: str, at_least: int) -> None:
    wrong, count = [], 0
    for name, written, tests in _suite(draft):
        schema = {"$schema": _DIALECTS[draft], **written} if isinstance(written, dict) else written
        if _META in json.dumps(schema):
            with pytest.raises(SchemaError):
                compile_schema(schema, base="suite/schema.json", read=_read_remote)
            continue
        if isinstance(schema, bool) and draft == "draft4":
            continue
        compiled = compile_schema(schema, base="suite/schema.json", read=_read_remote)
        for test in tests:
            count += 1
            verdict = compiled.is_valid(test["data"])
            violations = compiled.violations(test["data"])
            if verdict is not test["valid"] or bool(violations) is test["valid"]:
                wrong.append(f"{name}: {test['description']}")
            assert all(len(violation.detail) < 800 for violation in violations)
    assert wrong == []
    assert count >= at_least


# -- GitHub: 291 schemas joined by relative references, without `$schema`, with `$id`s that are no file names


@pytest.fixture(scope="module")
def github() -> dict[str, Any]:
    return {row["id"]: row["schema"] for row in corpus_lines("github-webhooks", "schemas.jsonl")}


def _compile_github(schemas: dict[str, Any], identifier: str) -> PayloadSchema:
    def read(name: str) -> bytes:
        found = schemas.get(name)
        if found is None:
            raise FileNotFoundError(name)
        return json.dumps(found).encode()

    return compile_schema({"$schema": _DIALECTS["draft7"], **schemas[identifier]}, base=identifier, read=read)


def test_github_payloads_are_judged_as_their_authors_say(github: dict[str, Any]) -> None:
    compiled = {identifier: _compile_github(github, identifier) for identifier in github}
    examples = list(corpus_lines("github-webhooks", "examples.jsonl"))
    by_event: dict[str, list[str]] = {}
    for identifier in github:
        by_event.setdefault(identifier.split("$")[0], []).append(identifier)
    judged = 0
    for example in examples:
        for identifier in example["valid_against"]:
            judged += 1
            assert compiled[identifier].is_valid(example["payload"]), (example["name"], identifier)
            assert compiled[identifier].violations(example["payload"]) == ()
        for identifier in by_event.get(example["event"], []):
            if identifier not in example["valid_against"]:
                violations = compiled[identifier].violations(example["payload"])
                assert violations, (example["name"], identifier)
                assert all(len(violation.detail) < 800 for violation in violations)
    assert judged > 150


def test_github_s_bundle_names_the_form_that_was_meant() -> None:
    schema = json.loads(corpus("github-webhooks", "schema.bundle.draft7.json").read_bytes())

    def read(name: str) -> bytes:
        raise FileNotFoundError(name)

    compiled = compile_schema(schema, base="bundle.json", read=read)
    named = judged = 0
    for example in list(corpus_lines("github-webhooks", "examples.jsonl"))[::4]:
        if example["valid_against"] and compiled.is_valid(example["payload"]):
            broken = {**example["payload"], "sender": "nobody"}
            violations = compiled.violations(broken)
            judged += 1
            named += [violation.pointer for violation in violations] == ["/sender"]
    # What is left are payloads whose mistake another of the 66 forms would share.
    assert judged > 30
    assert named >= judged * 0.95


# -- Google: draft-04


def test_google_schemas_compile_and_judge_their_payloads() -> None:
    schemas = {row["datatype"]: row for row in corpus_lines("google-cloudevents", "schemas.jsonl")}
    compiled = {}
    for name, row in schemas.items():
        schema = {"$schema": _DIALECTS["draft4"], **row["schema"]}
        compiled[name] = compile_schema(schema, base=f"{name}.json", read=_absent)
    judged = 0
    for row in corpus_lines("google-cloudevents", "testdata.jsonl"):
        *package, file = row["name"].split("/")
        match = ".".join([*package, file.split("-")[0].removesuffix(".json")])
        if match not in schemas:  # five payloads have no schema in the corpus
            continue
        judged += 1
        schema = {"$schema": _DIALECTS["draft4"], **schemas[match]["schema"]}
        expected = jsonschema.Draft4Validator(schema).is_valid(row["payload"])
        assert compiled[match].is_valid(row["payload"]) is expected
        assert bool(compiled[match].violations(row["payload"])) is not expected
    assert len(compiled) == 98
    assert judged == 14


def _absent(name: str) -> bytes:
    raise FileNotFoundError(name)


# -- the second opinion


def test_mutated_payloads_are_judged_as_jsonschema_judges_them(github: dict[str, Any]) -> None:
    def retrieve(uri: str) -> Any:
        found = github.get(uri.removeprefix("mem:///"))
        if found is None:
            raise NoSuchResource(ref=uri)
        return Resource.from_contents(found, default_specification=DRAFT7)

    registry: Any = Registry(retrieve=retrieve)
    judged = 0
    for example in list(corpus_lines("github-webhooks", "examples.jsonl"))[::12]:
        if not example["valid_against"]:
            continue
        identifier = example["valid_against"][0]
        schema = {"$schema": _DIALECTS["draft7"], **github[identifier], "$id": f"mem:///{identifier}"}
        oracle = jsonschema.Draft7Validator(schema, registry=registry)
        compiled = _compile_github(github, identifier)
        for mutant in _mutants(example["payload"]):
            judged += 1
            assert compiled.is_valid(mutant) is oracle.is_valid(mutant), (example["name"], identifier)
    assert judged > 100


def _mutants(payload: dict[str, Any]) -> Iterator[Any]:
    for name in list(payload)[:6]:
        yield {key: value for key, value in payload.items() if key != name}
        for value in (None, 7, "x", {}, []):
            yield {**payload, name: value}
    yield {**payload, "unknown member": 1}
