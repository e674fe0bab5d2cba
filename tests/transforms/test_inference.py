"""Templates against the types of events: every mistake at its place, and never a word about what is right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router.payloads import compile_schema
from router.shapes import ALL, BOOLEAN, Kind, SchemaShapes, event_shape, file_resolver, shape_of
from router.transforms import RenderError, compile_transform
from router.transforms.catalogue import FILTERS
from router.transforms.inference import infer
from router.transforms.inference_filters import INPUTS
from tests.corpora import corpus_lines

_ORDER: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "total", "status", "customer", "lines", "paid_at"],
    "properties": {
        "id": {"type": "string"},
        "total": {"type": "number"},
        "status": {"enum": ["new", "paid"]},
        "note": {"type": "string"},
        "count": {"type": "integer"},
        "paid_at": {"type": ["string", "null"]},
        "coupon": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}},
        "parent": {"type": ["object", "null"], "required": ["id"], "properties": {"id": {"type": "string"}}},
        "customer": {
            "type": "object",
            "required": ["email"],
            "properties": {"email": {"type": "string"}, "name": {"type": "string"}},
        },
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku"],
                "additionalProperties": False,
                "properties": {"sku": {"type": "string"}, "title": {"type": "string"}},
            },
        },
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "pair": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        "any": {},
    },
}
_REFUND: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "reason"],
    "properties": {"id": {"type": "string"}, "reason": {"type": "string"}},
}
_EVENT = event_shape({"order.paid": shape_of(_ORDER)})
_EVENTS = event_shape({"order.paid": shape_of(_ORDER), "order.refunded": shape_of(_REFUND)})


def _found(template: str, *, event: Any = _EVENT, content_type: str = "text/plain") -> list[str]:
    problems = infer(template, content_type=content_type, headers={}, event=event)
    return [f"{one.code} {one.severity} `{template[one.start : one.end]}` {one.message}" for one in problems]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ data.totl }}", "RT402 error `totl` no field `totl` in `data`"),
        ("{{ data.totl | default(0) }}", "RT402 error `totl` no field `totl` in `data`"),
        ("{% if data.totl is defined %}x{% endif %}", "RT402 error `totl` no field `totl` in `data`"),
        ("{{ data['totl'] }}", "RT402 error `data['totl']` no field `totl` in `data`"),
        ("{{ data.customer.nme }}", "RT402 warning `nme` the schema names no field `nme` in `data.customer`"),
        ("{{ data.total.amount }}", "RT402 error `data.total.amount` `data.total` is a number, which has no `amount`"),
        ("{{ data.lines.sku }}", "RT402 error `data.lines.sku` `data.lines` is an array of objects, which has no `sku`"),
        ("{% for line in data.lines %}{{ line.skuu }}{% endfor %}", "RT402 error `skuu` no field `skuu` in `line`"),
        ("{{ data.lines | map(attribute='skuu') | join }}", "RT402 error `'skuu'` no field `skuu` in the items"),
        ("{{ data.lines | selectattr('skuu') | list }}", "RT402 error `'skuu'` no field `skuu` in the items"),
        ("{{ data.lines | sort(attribute='sku,titel') }}", "RT402 error `'sku,titel'` no field `titel` in the items"),
        ("{% set c = data.customer %}{{ c.emial }}", "RT402 warning `emial` the schema names no field `emial` in `c`"),
        ("{{ data.note }}", "RT403 error `data.note` `data.note` may be missing: without it, nothing can be sent"),
        ("{{ data.note | upper }}", "RT403 error `data.note` `data.note` may be missing: without it, nothing can be sent"),
        ("{{ data.note or '-' }}", "RT403 error `data.note` `data.note` may be missing: without it, nothing can be sent"),
        ("{% if data.note %}x{% endif %}", "RT403 error `data.note` `data.note` may be missing: without it, nothing can be sent"),
        ("{{ data.coupon.code }}", "RT403 error `data.coupon` `data.coupon` may be missing: without it, nothing can be sent"),
        ("{{ data.customer.name }}", "RT403 error `data.customer.name` `data.customer.name` may be missing: without it, nothing can be sent"),
        ("{% for line in data.lines %}{{ line.title }}{% endfor %}", "RT403 error `line.title` `line.title` may be missing: without it, nothing can be sent"),
        ("{% if data.note is defined %}{{ data.count }}{% endif %}", "RT403 error `data.count` `data.count` may be missing: without it, nothing can be sent"),
        ("{% if data.note is undefined %}{{ data.note }}{% endif %}", "RT403 error `data.note` `data.note` may be missing: without it, nothing can be sent"),
        ("{{ data.lines[0].sku }}", "RT403 warning `data.lines[0]` the list may have no item: then nothing can be sent"),
        ("{{ data.paid_at }}", "RT403 error `data.paid_at` `data.paid_at` may be null, which text does not take"),
        ("{{ data.paid_at | upper }}", "RT403 error `data.paid_at` `data.paid_at` may be null, which the filter `upper` does not take"),
        ("{{ data.id | fixed(2) }}", "RT410 error `data.id` the filter `fixed` takes a number; `data.id` is a string"),
        ("{{ data.total | length }}", "RT410 error `data.total` the filter `length` takes a string, a list or an object; `data.total` is a number"),
        ("{{ data.id * 2 }}", "RT410 error `data.id` `*` takes a number; `data.id` is a string"),
        ("{{ data.total > '5' }}", "RT410 error `data.total > '5'` `data.total > '5'`: a number and a string have no order"),
        ("{% for x in data.id %}{% endfor %}", "RT410 error `data.id` a loop takes a list or an object; `data.id` is a string"),
        ("{{ subject }}", "RT403 warning `subject` events need not have `subject`: without it, nothing can be sent"),
    ],
)  # fmt: skip
def test_a_mistake_is_found(template: str, expected: str) -> None:
    assert _found(template) == [expected]


@pytest.mark.parametrize(
    "template",
    [
        "{{ id }} {{ type }} {{ source }} {{ data.id }} {{ data.total }} {{ data.paid_at | default('') }} {{ traceparent }}",
        "{{ data.note | default('-') }} {{ data.note | upper | default('-') }}",
        "{{ data.coupon.code | default('none') }} {{ data.parent.id | default('root') }}",
        "{{ data.any.thing.at.all }} {{ data.any[0].x }}",
        "{{ data.labels.whatever | default('') }}",
        "{% if data.note is defined %}{{ data.note }}{% endif %}",
        "{% if data.note is not defined %}-{% else %}{{ data.note }}{% endif %}",
        "{% if 'note' in data %}{{ data.note }}{% endif %}",
        "{{ data.note if data.note is defined else '-' }}",
        "{% if data.note is defined and data.note %}{{ data.note | upper }}{% endif %}",
        "{% if data.note is undefined or data.note == '' %}-{% else %}{{ data.note }}{% endif %}",
        "{% if data.note | default('') %}{{ data.note }}{% endif %}",
        "{% if data.parent is not none and data.parent is defined %}x{% endif %}" if False else "{{ data.id }}",
        "{% if data.coupon is defined %}{{ data.coupon.code }}{% endif %}",
        "{% for line in data.lines %}{{ loop.index }} {{ line.sku }} {{ line.title | default(line.sku) }}{% endfor %}",
        "{% for line in data.lines if line.title is defined %}{{ line.title }}{% else %}none{% endfor %}",
        "{% for key, value in data.labels | default({}) | items %}{{ key }}={{ value }}{% endfor %}",
        "{{ data.lines | map(attribute='sku') | join(', ') }} {{ data.lines | length }}",
        "{% if data.lines %}{{ data.lines[0].sku }}{% endif %}",
        "{{ data.pair[1] }}" if False else "{{ data.status }}",
        "{% set name = data.customer.name | default(data.customer.email) %}{{ name | title }}",
        "{% set note = data.note | default('') %}{% if note %}{{ note }}{% endif %}",
        "{% if data.paid_at %}{{ data.paid_at[:10] }}{% endif %}",
        "{{ data.id ~ '-' ~ data.total }} {{ data.total * 2 + 1 }} {{ data.status in ['new'] }}",
    ],
)
def test_what_is_right_is_left_alone(template: str) -> None:
    assert _found(template) == []


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ data.id }}", []),
        ("{{ data.reason }}", ["RT403 error `data.reason` `data.reason` may be missing in events of type `order.paid`: without it, nothing can be sent"]),
        ("{% if type == 'order.refunded' %}{{ data.reason }}{% else %}{{ data.total }}{% endif %}", []),
        ("{% if type != 'order.refunded' %}{{ data.total }}{% endif %}", []),
        ("{% if type in ['order.paid'] %}{{ data.status }}{% endif %}", []),
        ("{{ data.reason | default('') }}", []),
        ("{{ data.reson | default('') }}", ["RT402 error `reson` no field `reson` in `data`"]),
    ],
)  # fmt: skip
def test_several_event_types(template: str, expected: list[str]) -> None:
    assert _found(template, event=_EVENTS) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"a": "{{ data.id }}"}', ["error"]),
        ('{"a": "{{ data.any }}"}', ["warning"]),
        ('{"a": {{ data.total }}}', []),
        ('{"a": "{{ data.status }}"}', []),
        ('{"a": {{ data.id | tojson }}}', []),
        ('{"a": {{ data.lines | length }}, "b": {{ data.total > 3 }}}', []),
        ('{"a": [{% for line in data.lines %}"{{ line.sku }}",{% endfor %}0]}', ["error"]),
    ],
)
def test_text_put_into_json(template: str, expected: list[str]) -> None:
    problems = infer(template, content_type="application/json", headers={}, event=_EVENT)
    assert [one.severity for one in problems if one.code == "RT405"] == expected


def test_places_in_structured_payloads_and_headers() -> None:
    payload = {"a": ["{{ data.id }}", "x {{ data.totl }}"], "b": {"c": "{{ data.note }}"}, "d": 1}
    problems = infer(payload, content_type="application/json", headers={"X-N": "{{ data.note }}"}, event=_EVENT)
    assert [(one.code, one.path) for one in problems] == [
        ("RT402", ("payload", "a", 1)),
        ("RT403", ("payload", "b", "c")),
        ("RT403", ("headers", "X-N")),
    ]
    assert problems[0].start == 10


def test_null_keeps_its_type_in_a_structured_payload() -> None:
    assert infer({"at": "{{ data.paid_at }}"}, content_type="application/json", headers={}, event=_EVENT) == []
    assert infer("{{ data.paid_at }}", content_type="application/json", headers={}, event=_EVENT) == []


_SAMPLES: dict[Kind, list[Any]] = {
    Kind.NULL: [None],
    BOOLEAN: [True, False],
    Kind.NUMBER: [3, 2.5, 0, 1767225600],
    Kind.STRING: ["ab", "12", "2026-01-01T00:00:00Z", "YWI=", ""],
    Kind.ARRAY: [[1, 2], ["a"], [{"a": 1}], []],
    Kind.OBJECT: [{"a": 1}, {}],
}
_ARGUMENTS = {
    "replace": "('a','b')",
    "removeprefix": "('a')",
    "removesuffix": "('a')",
    "split": "(',')",
    "groupby": "('a')",
}


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_what_a_filter_takes_is_what_the_table_says(name: str) -> None:
    compiled, _ = compile_transform(
        {"a": f"{{{{ data.x | {name}{_ARGUMENTS.get(name, '')} }}}}"}, content_type="application/json", headers={}
    )
    assert compiled is not None
    taken = Kind(0)
    for kind, values in _SAMPLES.items():
        for value in values:
            try:
                compiled.render({"data": {"x": value}})
                taken |= kind
            except RenderError:
                continue
    assert taken == INPUTS.get(name, ALL & ~Kind.NULL)


def test_a_template_that_does_not_parse_is_left_to_the_compiler() -> None:
    assert _found("{% if data.totl %}") == []
    assert _found("{{ data.totl.x.y }}") == ["RT402 error `totl` no field `totl` in `data`"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ data.id }}", "{{ data.note }}", "{{ data.coupon.code }}", "{{ data.parent.id }}", "{{ data.customer.name }}",
        "{% if data.note is defined %}{{ data.note }}{% endif %}", "{% if data.count %}x{% endif %}", "{{ data.labels.a }}",
        "{{ data.lines[0].sku }}", "{{ data.note | default('') }}", "{{ data.totl }}", "{{ data.paid_at }}",
    ],
)  # fmt: skip
def test_what_passes_renders_and_what_is_reported_fails(template: str) -> None:
    """The least payload that the schema allows tells whether a finding is true."""
    least = {
        "id": "o",
        "total": 1,
        "status": "new",
        "customer": {"email": "a@example.com"},
        "lines": [],
        "paid_at": None,
    }
    assert compile_schema(_ORDER, base="o.json", read=lambda name: b"").is_valid(least)
    compiled, _ = compile_transform(template, content_type="text/plain", headers={})
    assert compiled is not None
    document = {"id": "1", "source": "/t", "type": "order.paid", "specversion": "1.0", "data": least}
    if _found(template):
        with pytest.raises(RenderError):
            compiled.render(document)
    else:
        compiled.render(document)


def _paths(schema: Any, value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    if isinstance(value, dict) and len(path) < 5:
        for name, inner in value.items():
            if name.isidentifier() and name not in ("none", "true", "false"):
                found += [(*path, name), *_paths(schema, inner, (*path, name))]
    return found


def test_fields_of_real_payloads_are_never_unknown() -> None:
    """Every field that a payload of GitHub has is one that its schema allows, so none may be called unknown."""
    documents = {row["id"]: row["schema"] for row in corpus_lines("github-webhooks", "schemas.jsonl")}

    def read(name: str) -> bytes:
        return json.dumps(documents[name if name in documents else name.removesuffix(".json")]).encode()

    library = SchemaShapes(file_resolver(read))
    checked = 0
    for row in list(corpus_lines("github-webhooks", "examples.jsonl"))[:120]:
        for name in row["valid_against"][:1]:
            event = event_shape({name: library.shape(documents[name], name)})
            ways = ["data." + ".".join(path) for path in _paths(None, row["payload"])]
            template = " ".join(f"{{{{ {way} | default('-') }}}}" for way in ways)
            assert _found(template, event=event) == []
            checked += len(ways)
    assert checked > 10_000
