"""Validation against any schema: the verdicts of SchemaStore's own tests, and the texts."""

from __future__ import annotations

from typing import Any

import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from router.language.validation import validate
from router.syntax.diagnostic import Diagnostic, has_errors
from router.syntax.loader import load
from router.syntax.tree import Tree
from tests.corpora import corpus_lines

_SCHEMAS: dict[str, Any] = {row["name"]: row["schema"] for row in corpus_lines("schemastore", "schemas.jsonl")}
_CASES = list(corpus_lines("schemastore", "cases.jsonl"))

# The corpus lacks the files that seven of its schemas share; what they need of them is written here.
_ANYTHING: dict[str, Any] = {}
_SHARED: dict[str, Any] = {
    "base.json": {
        "definitions": {
            "path": {"type": "string", "minLength": 1},
            "editor": _ANYTHING,
            "timezone": {"type": "string"},
            "nullable-string": {"type": ["string", "null"]},
            "nullable-object": {"type": ["object", "null"]},
            "nullable-boolean": {"type": ["boolean", "null"]},
        }
    },
    "gematik-test-patients.json": {"definitions": {"Card": _ANYTHING}},
    "kubernetes-definitions.json": {
        "definitions": dict.fromkeys(
            (
                "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
                "io.k8s.api.core.v1.Toleration",
                "io.k8s.api.core.v1.PodDNSConfig",
                "io.k8s.api.core.v1.HostAlias",
                "io.k8s.api.core.v1.NodeSelectorTerm",
                "io.k8s.api.core.v1.ResourceRequirements",
            ),
            _ANYTHING,
        )
    },
}
_REGISTRY: Registry[Any] = Registry().with_resources(
    (f"https://json.schemastore.org/{name}", Resource(contents=content, specification=DRAFT7))
    for name, content in _SHARED.items()
)


def _tree(text: str) -> Tree:
    tree, _ = load("t.yaml", text.encode())
    assert tree is not None
    return tree


def _is_inside(finding: Diagnostic, text: str) -> bool:
    lines = text.splitlines() or [""]
    return 1 <= finding.span.line <= len(lines) and 1 <= finding.span.column <= len(lines[finding.span.line - 1]) + 1


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["path"])
def test_schemastore(case: dict[str, str]) -> None:
    tree, loading = load(case["path"], case["yaml"].encode())
    assert not has_errors(loading)
    assert tree is not None
    findings = validate(tree, _SCHEMAS[case["schema"]], registry=_REGISTRY)
    assert (case["expect"] == "valid") == (not findings), [str(finding) for finding in findings]
    for finding in findings:
        assert _is_inside(finding, case["yaml"]), str(finding)
        assert "\n" not in finding.message


def _said(text: str, schema: Any) -> list[str]:
    return [f"{d.span.line}:{d.span.column} {d.code} {d.message}" for d in validate(_tree(text), schema)]


def test_the_alternative_that_was_meant_is_explained() -> None:
    schema = {
        "oneOf": [
            {"properties": {"kind": {"const": "a"}, "size": {"type": "integer"}}, "required": ["kind", "size"], "additionalProperties": False},
            {"properties": {"kind": {"const": "b"}, "name": {"type": "string"}}, "required": ["kind", "name"], "additionalProperties": False},
            {"type": "string"},
        ]
    }  # fmt: skip
    assert _said("kind: a\nsize: big\n", schema) == ["2:7 RT201 `size` must be a whole number, but is `big`"]
    assert _said("kind: b\nnaem: x\n", schema) == ["2:1 RT202 unknown key `naem`"]
    assert _said("[1]\n", {"anyOf": [{"type": "string"}, {"type": "object"}]}) == [
        "1:1 RT201 the document must be text or a mapping, but is a list"
    ]


def test_alternatives_of_constants_are_listed_together() -> None:
    schema = {"properties": {"a": {"anyOf": [{"const": "red"}, {"enum": ["green", "blue"]}]}}}
    [finding] = validate(_tree("a: gren\n"), schema)
    assert finding.help == "did you mean `green`?"
    [finding] = validate(_tree("a: 5\n"), schema)
    assert finding.help == "it can be `red`, `green`, `blue`"


def test_more_than_one_alternative() -> None:
    schema = {"oneOf": [{"type": "object"}, {"minProperties": 1}]}
    assert _said("a: 1\n", schema) == [
        "1:1 RT201 the document satisfies more than one alternative of which exactly one must hold"
    ]


def test_a_forbidden_key_is_pointed_at() -> None:
    assert _said("a: 1\nb: 2\n", {"properties": {"b": False}}) == ["2:1 RT201 `b` is not allowed in the document"]
    assert _said("x: {a: 1, b: 2}\n", {"properties": {"x": {"properties": {"b": False}}}}) == [
        "1:11 RT201 `b` is not allowed in `x`"
    ]


def test_a_misspelt_key_is_not_missing_too() -> None:
    schema = {"properties": {"targets": {}}, "required": ["targets"], "additionalProperties": False}
    [finding] = validate(_tree("targetz: 1\n"), schema)
    assert (finding.code, finding.help) == ("RT202", "did you mean `targets`?")


def test_secrets_are_not_shown() -> None:
    schema = {
        "properties": {"token": {"type": "object", "x-secret": True}, "pin": {"pattern": "^x$", "x-secret": True}}
    }
    findings = validate(_tree("token: hunter2\npin: hunter2\n"), schema)
    assert [d.code for d in findings] == ["RT601", "RT601"]
    assert "hunter2" not in "".join(f"{d.message}{d.help}" for d in findings)


@pytest.mark.parametrize(
    ("schema", "text", "said"),
    [
        ({"uniqueItems": True}, "[a, b, a]\n", "1:8 RT201 `a` is already in the document"),
        ({"properties": {"a": {"minimum": 3}}}, "a: 1\n", "1:4 RT201 `a` must be at least 3, but is `1`"),
        ({"properties": {"a": {"exclusiveMaximum": 3}}}, "a: 3\n", "1:4 RT201 `a` must be less than 3, but is `3`"),
        ({"properties": {"a": {"multipleOf": 2}}}, "a: 3\n", "1:4 RT201 `a` must be a multiple of 2, but is `3`"),
        ({"properties": {"a": {"minLength": 2}}}, "a: x\n", "1:4 RT201 `a` must have at least 2 characters, but has 1"),
        ({"properties": {"a": {"maxItems": 1}}}, "a: [1, 2]\n", "1:4 RT201 `a` must have at most 1 entry, but has 2"),
        ({"properties": {"a": {"minItems": 1}}}, "a: []\n", "1:4 RT201 `a` must not be empty"),
        ({"dependentRequired": {"a": ["b"]}}, "a: 1\n", "1:1 RT201 `a` needs `b` beside it in the document"),
        ({"propertyNames": {"enum": ["first"]}}, "frist: 1\n", "1:1 RT202 unknown key `frist`"),
        ({"propertyNames": {"pattern": "^a"}}, "b: 1\n", "1:1 RT201 `b` cannot be a name in the document"),
        ({"unevaluatedProperties": False}, "b: 1\n", "1:1 RT202 unknown key `b`"),
        ({"properties": {"a": {"contains": {"const": 1}}}}, "a: [2]\n", "1:4 RT201 `a` does not satisfy `contains` of its schema"),
        ({"not": {"type": "object"}}, "a: 1\n", "1:1 RT201 the document must not be a mapping"),
        (False, "a: 1\n", "1:1 RT201 nothing is allowed at the document"),
        ({"$ref": "https://example.com/x.json"}, "a: 1\n", "1:1 RT201 the schema refers to `https://example.com/x.json`, which is not at hand"),
        ({"pattern": "("}, "a\n", "1:1 RT201 the schema has a pattern that cannot be read: missing ), unterminated subpattern at position 0"),
        ({"properties": {"propertyNames": {"type": "integer"}}}, "propertyNames: x\n", "1:16 RT201 `propertyNames` must be a whole number, but is `x`"),
    ],
)  # fmt: skip
def test_texts(schema: Any, text: str, said: str) -> None:
    assert _said(text, schema) == [said]


def test_depth_does_not_matter() -> None:
    schema = {"$defs": {"tree": {"items": {"$ref": "#/$defs/tree"}, "type": "array"}}, "$ref": "#/$defs/tree"}
    deep = "[" * 99 + "5" + "]" * 99
    assert [finding.split(" ", 2)[1] for finding in _said(deep, schema)] == ["RT201"]
