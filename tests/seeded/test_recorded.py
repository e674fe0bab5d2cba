"""Filters that recorded events satisfy have no error: each leaf of GitHub's and Google's payloads, compared with what stands there."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from typing import Any

from router.filters import Filter
from router.filters.inference import infer
from router.filters.inference_report import quoted, written
from router.shapes import SchemaShapes, Shape, event_shape, shape_of
from router.shapes.membership import admits
from tests.corpora import corpus_lines

FALSE_ERRORS = frozenset({"RT302", "RT303", "RT304", "RT305", "RT306", "RT311"})


def _claims(value: Any, path: str) -> Iterator[str]:
    """Yield filters that hold for a payload, about each place in it."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _claims(member, f"{path}.{quoted(name)}")
        if value:
            yield f"length(keys({path})) == `{len(value)}`"
    elif isinstance(value, list):
        yield f"length({path}) == `{len(value)}`"
        for index, item in enumerate(value[:2]):
            yield from _claims(item, f"{path}[{index}]")
        for item in value[:1]:
            if isinstance(item, str):
                yield f"contains({path}, {written(item)})"
            elif isinstance(item, dict):
                for name, member in item.items():
                    if isinstance(member, str) and "'" not in member and "\\" not in member:
                        yield f"{path}[?{quoted(name)} == {written(member)}] && contains({path}[*].{quoted(name)}, {written(member)})"
    elif isinstance(value, str):
        if "'" not in value and "\\" not in value:
            yield f"{path} == {written(value)}"
            yield f"contains([{written(value)}, {written(value)}], {path}) && starts_with({path}, {written(value[:2])})"
    elif value is None:
        yield f"{path} == `null`"
    elif isinstance(value, bool):
        yield path if value else f"!({path})"
    else:
        yield f"{path} == {written(value)} && {path} >= {written(value)} && {path} < {written(value + 1)}"


def _false_errors(event: dict[str, Any], shape: Shape) -> list[str]:
    root = event_shape({event["type"]: shape})
    found = []
    for claim in dict.fromkeys(_claims(event["data"], "data")):
        if not Filter(claim).matches(event):  # a payload with characters of the filter's own language
            continue
        found += [
            f"{claim}: {one.message}"
            for one in infer(claim, root)
            if one.code in FALSE_ERRORS and one.severity == "error"
        ]
    return found


def test_what_github_recorded_is_never_called_impossible() -> None:
    documents = {row["id"]: row["schema"] for row in corpus_lines("github-webhooks", "schemas.jsonl")}

    def resolve(base: str, reference: str) -> tuple[str, Any] | None:
        name = posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))
        return (name, documents[name]) if name in documents else None

    library = SchemaShapes(resolve)
    seen: dict[str, int] = {}
    wrong: list[str] = []
    for row in corpus_lines("github-webhooks", "examples.jsonl"):
        for name in row["valid_against"]:
            seen[name] = seen.get(name, 0) + 1
            if seen[name] == 1 and len(seen) % 20 == 0:  # some of the schemas: thousands of filters in seconds
                event = {"id": "1", "source": "/x", "type": name, "specversion": "1.0", "data": row["payload"]}
                wrong += _false_errors(event, library.shape(documents[name], name))
    assert len(seen) > 80
    assert wrong == []


def test_what_google_recorded_is_never_called_impossible() -> None:
    schemas = [row["schema"] for row in corpus_lines("google-cloudevents", "schemas.jsonl")]
    wrong: list[str] = []
    for row in corpus_lines("google-cloudevents", "testdata.jsonl"):
        data = json.loads(json.dumps(row["payload"]))
        wanted = row["name"].rsplit("/", 1)[-1].split("-", 1)[0]
        for schema in schemas:
            shape = shape_of(schema)
            if schema.get("name") == wanted and admits(shape, data):
                wrong += _false_errors(
                    {"id": "1", "source": "/x", "type": "t", "specversion": "1.0", "data": data}, shape
                )
    assert wrong == []
