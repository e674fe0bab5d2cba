"""compile_schema: drafts, files, references, broken schemas; and what a PayloadSchema says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from router.payloads import PayloadSchema, SchemaError, compile_schema
from router.payloads.schema import DETAIL_BYTES_MAX

Files = dict[str, Any]


def reader(files: Files, seen: list[str] | None = None) -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        if seen is not None:
            seen.append(name)
        if name not in files:
            raise FileNotFoundError(name)
        content = files[name]
        return content if isinstance(content, bytes) else orjson.dumps(content)

    return read


def compiled(schema: Any, files: Files | None = None, base: str = "schemas/order.json") -> PayloadSchema:
    return compile_schema(schema, base=base, read=reader(files or {}))


def problems(schema: Any, files: Files | None = None, base: str = "schemas/order.json") -> list[tuple[str, str]]:
    with pytest.raises(SchemaError) as caught:
        compiled(schema, files, base)
    assert str(caught.value)
    return caught.value.problems


class TestDrafts:
    @pytest.mark.parametrize(
        ("uri", "name"),
        [
            (None, "2020-12"),
            ("https://json-schema.org/draft/2020-12/schema", "2020-12"),
            ("https://json-schema.org/draft/2019-09/schema#", "2019-09"),
            ("http://json-schema.org/draft-07/schema#", "draft-07"),
            ("http://json-schema.org/draft-07/schema", "draft-07"),
            ("https://json-schema.org/draft-07/schema#", "draft-07"),
            ("http://json-schema.org/draft-06/schema#", "draft-06"),
            ("http://json-schema.org/draft-04/schema#", "draft-04"),
        ],
    )
    def test_schema_chooses(self, uri: str | None, name: str) -> None:
        schema = compiled({"type": "integer"} if uri is None else {"$schema": uri, "type": "integer"})
        assert schema.dialect == name
        assert schema.is_valid(1)
        assert not schema.is_valid("1")

    @pytest.mark.parametrize(
        "uri", ["http://json-schema.org/draft-03/schema#", "https://example.com/meta", "draft-07", 7]
    )
    def test_an_unknown_one_is_refused(self, uri: Any) -> None:
        schema = {"$schema": uri}
        (found,) = problems(schema)
        assert found[0] == "/$schema"
        assert "draft/2020-12" in found[1]

    def test_keywords_mean_what_their_draft_says(self) -> None:
        four = compiled({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True})
        assert not four.is_valid(1)
        seven = compiled({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "integer"}]})
        assert not seven.is_valid(["x"])
        assert problems({"exclusiveMinimum": True})[0][0] == "/exclusiveMinimum"

    @pytest.mark.parametrize("schema", [True, {}])
    def test_everything(self, schema: Any) -> None:
        assert compiled(schema).is_valid({"any": "thing"})

    def test_nothing(self) -> None:
        violations = compiled(False).violations(1)
        assert [(violation.pointer, violation.detail) for violation in violations] == [("", "is not allowed here")]

    @pytest.mark.parametrize(
        "draft", ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"]
    )
    def test_format_is_an_annotation_unless_asked(self, draft: str) -> None:
        schema = {"$schema": draft, "format": "email"}
        assert compiled(schema).is_valid("no address")
        asserted = compile_schema(schema, base="a.json", read=reader({}), formats=True)
        assert [violation.detail for violation in asserted.violations("no address")] == [
            'must be a valid email; found "no address"'
        ]


MONEY: Any = {"type": "object", "required": ["amount"], "$defs": {"code": {"enum": ["EUR", "USD"]}}}


class TestReferences:
    @pytest.mark.parametrize(
        ("base", "reference", "name"),
        [
            ("schemas/order.json", "money.json", "schemas/money.json"),
            ("schemas/order.json", "./money.json", "schemas/money.json"),
            ("schemas/order.json", "sub/money.json", "schemas/sub/money.json"),
            ("schemas/order.json", "../money.json", "money.json"),
            ("schemas/order.json", "../../shared/money.json", "../shared/money.json"),
            ("../up/order.json", "money.json", "../up/money.json"),
            ("/etc/order.json", "money.json", "/etc/money.json"),
            ("/etc/order.json", "../money.json", "/money.json"),
            ("routes/a b/order.yaml", "money.json", "routes/a b/money.json"),
            ("order.json", "m%20y.json", "m y.json"),
            ("routes/orders.yaml", "../schemas/money.yaml", "schemas/money.yaml"),
        ],
    )
    def test_a_relative_path_is_relative_to_the_file(self, base: str, reference: str, name: str) -> None:
        content: Any = b"type: object\nrequired: [amount]\n" if name.endswith(".yaml") else MONEY
        schema = compiled({"properties": {"m": {"$ref": reference}}}, {name: content}, base)
        assert [violation.pointer for violation in schema.violations({"m": {}})] == ["/m"]

    def test_a_fragment_is_followed(self) -> None:
        schema = compiled({"$ref": "money.json#/$defs/code"}, {"schemas/money.json": MONEY})
        assert schema.is_valid("EUR")
        assert not schema.is_valid("DM")

    def test_files_refer_on_and_round(self) -> None:
        files = {
            "schemas/node.json": {"properties": {"child": {"$ref": "node.json"}, "leaf": {"$ref": "sub/leaf.json"}}},
            "schemas/sub/leaf.json": {"type": "integer", "not": {"$ref": "../node.json#/$defs/none"}},
        }
        files["schemas/node.json"]["$defs"] = {"none": {"const": 0}}  # type: ignore[index]
        schema = compiled({"$ref": "node.json"}, files)
        assert schema.is_valid({"child": {"child": {"leaf": 1}}})
        assert [v.pointer for v in schema.violations({"child": {"child": {"leaf": 0}}})] == ["/child/child/leaf"]

    def test_a_schema_that_is_only_itself_is_no_trap(self) -> None:
        assert compiled({"$ref": "#"}).is_valid(1)
        assert compiled(
            {"allOf": [{"$ref": "a.json"}]},
            {"schemas/a.json": {"$ref": "order.json"}, "schemas/order.json": {"$ref": "a.json"}},
        ).is_valid(1)

    def test_an_id_that_is_published_nowhere_does_not_hide_neighbours(self) -> None:
        schema = {"$id": "https://example.com/schemas/order.json", "properties": {"m": {"$ref": "sub/money.json"}}}
        files = {
            "schemas/sub/money.json": {
                "$id": "https://example.com/schemas/sub/money.json",
                "properties": {"c": {"$ref": "../code.json"}},
            },
            "schemas/code.json": {"enum": ["EUR"]},
        }
        assert [v.pointer for v in compiled(schema, files).violations({"m": {"c": "DM"}})] == ["/m/c"]

    def test_a_relative_id_does_not_hide_neighbours(self) -> None:
        schema = {"$id": "common/app.schema.json", "properties": {"m": {"$ref": "user.schema.json"}}}
        files = {"schemas/common/user.schema.json": {"type": "integer"}}
        assert not compiled(schema, files, "schemas/common/app.schema.json").is_valid({"m": "x"})

    def test_ids_and_anchors_within_a_schema(self) -> None:
        schema = {"$defs": {"a": {"$id": "urn:example:a", "type": "integer"}, "b": {"$anchor": "b", "type": "string"}},
            "properties": {"a": {"$ref": "urn:example:a"}, "b": {"$ref": "#b"}}}  # fmt: skip
        assert [v.pointer for v in compiled(schema).violations({"a": "x", "b": 1})] == ["/a", "/b"]

    def test_meta_schemas_come_with_the_validator(self) -> None:
        schema = compiled({"$ref": "https://json-schema.org/draft/2020-12/schema"})
        assert schema.is_valid({"type": "object"})
        assert not schema.is_valid({"type": "objekt"})

    def test_each_file_is_read_once(self) -> None:
        seen: list[str] = []
        files = {"schemas/money.json": MONEY}
        schema = {"properties": {name: {"$ref": "money.json"} for name in "abc"}}
        compile_schema(schema, base="schemas/order.json", read=reader(files, seen))
        assert seen == ["schemas/money.json"]

    @pytest.mark.parametrize(
        "reference",
        [
            "https://example.com/x.json",
            "http://127.0.0.1/x",
            "file:///etc/passwd",
            "ftp://a/b",
            "urn:x:y",
            "//host/x.json",
        ],
    )
    def test_nothing_is_fetched(self, reference: str) -> None:
        seen: list[str] = []
        with pytest.raises(SchemaError) as caught:
            compile_schema({"properties": {"a": {"$ref": reference}}}, base="a.json", read=reader({}, seen))
        ((pointer, message),) = caught.value.problems
        assert pointer == "/properties/a/$ref"
        assert "is not read over the network: put the schema in a file" in message
        assert seen == []

    def test_every_missing_file_is_named_at_its_reference(self) -> None:
        assert problems({"properties": {"a": {"$ref": "a.json"}, "b": {"items": {"$ref": "b.json#/x"}}}}) == [
            ("/properties/a/$ref", "cannot read the schema `schemas/a.json`"),
            ("/properties/b/items/$ref", "cannot read the schema `schemas/b.json`"),
        ]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"{", "`schemas/a.json` is not JSON: "),
            (b"[]", "`schemas/a.json` holds no JSON Schema"),
            ({"type": "strin"}, "`schemas/a.json` is not a valid schema at `/type`: must be one of "),
            ({"$schema": "x:y"}, "`schemas/a.json` has an unknown `$schema`"),
        ],
    )
    def test_a_broken_file_is_named(self, content: Any, message: str) -> None:
        ((pointer, found),) = problems({"$ref": "a.json"}, {"schemas/a.json": content})
        assert pointer == "/$ref"
        assert found.startswith(message)

    @pytest.mark.parametrize("reference", ["#/$defs/nope", "#nope", "money.json#/$defs/nope"])
    def test_a_reference_that_leads_nowhere_is_placed(self, reference: str) -> None:
        ((pointer, message),) = problems({"properties": {"a": {"$ref": reference}}}, {"schemas/money.json": MONEY})
        assert pointer == "/properties/a/$ref"
        assert message.startswith(f"`{reference}` leads nowhere: ")


class TestBrokenSchemas:
    def test_every_fault_has_its_place(self) -> None:
        schema = {"type": "objekt", "properties": {"a/b": {"minimum": "1"}, "c": {"pattern": "("}}, "required": "id"}
        assert [pointer for pointer, _ in sorted(problems(schema))] == [
            "/properties/a~1b/minimum",
            "/properties/c/pattern",
            "/required",
            "/type",
        ]

    @pytest.mark.parametrize("schema", [{"enum": [float("nan")]}, {"properties": {1: {}}}, {"const": object()}])
    def test_what_is_not_json_is_refused(self, schema: Any) -> None:
        assert problems(schema)

    def test_a_boolean_within_is_a_schema(self) -> None:
        assert not compiled({"properties": {"a": False}}).is_valid({"a": 1})


class TestViolations:
    def test_a_valid_payload_has_none(self) -> None:
        assert compiled({"type": "object"}).violations({}) == ()

    def test_the_limit_holds(self) -> None:
        schema = compiled({"items": {"type": "string"}})
        assert len(schema.violations(list(range(100)))) == 20
        assert [v.pointer for v in schema.violations(list(range(100)), limit=3)] == ["/0", "/1", "/2"]

    def test_a_large_payload_yields_the_first_and_quickly(self) -> None:
        schema = compiled({"items": {"type": "string"}})
        payload = [1] * DETAIL_BYTES_MAX
        assert [v.pointer for v in schema.violations(payload)] == ["/0"]

    def test_patterns_that_backtrack_end(self) -> None:
        for pattern in ("^(a+)+$", "^(?=(a+))(a|a)*\\1?$"):
            schema = compiled({"pattern": pattern})
            assert not schema.is_valid("a" * 40 + "b")
            assert schema.violations("a" * 40 + "b")

    def test_depth_is_no_trap(self) -> None:
        schema = compiled({"items": {"$ref": "#"}, "type": "array"})
        payload: Any = []
        for _ in range(1000):
            payload = [payload]
        assert schema.is_valid(payload)
        payload = "x"
        for _ in range(1000):
            payload = [payload]
        assert not schema.is_valid(payload)
