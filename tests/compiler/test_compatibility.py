"""What a change of a schema breaks, and what it does not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from router.compiler import compile_snapshot
from router.compiler.compatibility import Party, breaking_changes
from router.shapes import shape_of
from router.syntax.snapshot import Snapshot
from tests.corpora import corpus_lines

_BEFORE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "total", "customer"],
    "properties": {
        "id": {"type": "string"},
        "total": {"type": "number", "minimum": 0},
        "status": {"enum": ["new", "paid", "shipped"]},
        "note": {"type": "string"},
        "customer": {"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}},
        "lines": {
            "type": "array",
            "items": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}},
        },
    },
}


def _changed(**changes: Any) -> dict[str, Any]:
    """Return the schema with values replaced at paths such as `properties__note`; None removes."""
    schema = copy.deepcopy(_BEFORE)
    for path, value in changes.items():
        *steps, last = path.split("__")
        node = schema
        for step in steps:
            node = node[step]
        if value is None:
            del node[last]
        else:
            node[last] = value
    return schema


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (_changed(), []),
        (_changed(properties__extra={"type": "string"}), []),
        (_changed(description="other words"), []),
        (_changed(properties__total={"type": "number"}), []),
        (_changed(properties__status={"enum": ["new", "paid", "shipped", "lost"]}), []),
        (_changed(properties__note=None), ["readers the field `data.note` is gone"]),
        (
            _changed(properties__id=None, required=["total", "customer"]),
            ["readers the required field `data.id` is gone"],
        ),
        (_changed(required=["id", "customer"]), ["readers `data.total` is no longer required: it may be missing now"]),
        (
            _changed(required=["id", "total", "customer", "note"]),
            ["senders `data.note` is required now: events without it are refused"],
        ),
        (
            _changed(properties__total={"type": "string"}),
            ["senders `data.total` can no longer be number at least 0: it is string"],
        ),
        (
            _changed(properties__total={"type": ["number", "null"], "minimum": 0}),
            ["readers `data.total` may be null now"],
        ),
        (_changed(properties__status={"enum": ["new", "paid"]}), ["senders `data.status` can no longer be 'shipped'"]),
        (_changed(properties__note={"enum": ["a"]}), ["senders `data.note` must be one of listed values now"]),
        (
            _changed(properties__total={"type": "number", "minimum": 1}),
            ["senders `data.total` is limited more tightly now: number at least 1"],
        ),
        (
            _changed(additionalProperties=False),
            ["senders `data` no longer allows fields that its schema does not name"],
        ),
        (
            _changed(properties__customer__required=[]),
            ["readers `data.customer.email` is no longer required: it may be missing now"],
        ),
        (
            _changed(properties__lines__items__properties__sku={"type": "integer"}),
            ["senders `data.lines[].sku` can no longer be string: it is integer"],
        ),
        (
            _changed(properties__fee={"type": "number"}, required=["id", "total", "customer", "fee"]),
            ["senders the new field `data.fee` is required: events without it are refused"],
        ),
    ],
)
def test_what_breaks(after: dict[str, Any], expected: list[str]) -> None:
    found = breaking_changes(shape_of(_BEFORE), shape_of(after))
    assert [f"{change.party} {change.message}" for change in found] == expected


def test_no_schema_breaks_against_itself() -> None:
    for row in corpus_lines("google-cloudevents", "schemas.jsonl"):
        first, second = shape_of(row["schema"]), shape_of(json.loads(json.dumps(row["schema"])))
        assert list(breaking_changes(first, second)) == []


def test_recursive_schemas_end() -> None:
    tree = {
        "$ref": "#/$defs/t",
        "$defs": {
            "t": {
                "type": "object",
                "required": ["v"],
                "properties": {"v": {"type": "integer"}, "l": {"$ref": "#/$defs/t"}},
            }
        },
    }
    other = json.loads(json.dumps(tree).replace('"integer"', '"string"'))
    found = list(breaking_changes(shape_of(tree), shape_of(other)))
    assert found
    assert {change.party for change in found} <= {Party.SENDERS, Party.READERS}


def _compare(folder: Path, before: str, after: str) -> list[str]:
    for name, text in (("old", before), ("new", after)):
        (folder / name).mkdir()
        (folder / name / "a.yaml").write_text(text, encoding="utf-8")
    compilation = compile_snapshot(
        Snapshot.take(folder / "new", environ={}), base=Snapshot.take(folder / "old", environ={})
    )
    return [one.message for one in compilation.diagnostics if one.code == "RT802"]


_ROUTED = """\
version: 1
event_types:
  a.b: {schema: {type: object, required: [id], properties: {id: {type: string}, n: {type: integer}}}}
endpoints: {crm: {url: "https://crm.example.com/"}}
routes: {r: {events: [a.b], filter: data.n > `1`, targets: [crm]}}
"""


def test_users_of_a_field_are_named(tmp_path: Path) -> None:
    found = _compare(tmp_path, _ROUTED, _ROUTED.replace(", n: {type: integer}", ""))
    assert found == ["`a.b` breaks readers: the field `data.n` is gone (used by the filter of `r`)"]


def test_an_upgrade_keeps_senders_whole(tmp_path: Path) -> None:
    after = _ROUTED.replace("required: [id]", "required: [id, n]").replace(
        "{type: integer}}}}", "{type: integer}}}, versions: {1: {schema: {type: object}, upgrade: {id: x, n: 1}}}}"
    )
    assert _compare(tmp_path, _ROUTED, after) == []


def test_an_event_type_that_is_gone(tmp_path: Path) -> None:
    after = _ROUTED.replace("a.b", "a.c")
    assert _compare(tmp_path, _ROUTED, after) == ["event type `a.b` is gone: its events are no longer known"]
