"""What each check across the configuration reports, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.compiler import compile_snapshot
from router.syntax.diagnostic import Diagnostic
from router.syntax.snapshot import Snapshot

_SIGNED = "signing: {scheme: standard-webhooks, secrets: [{env: KEY}]}"


def _found(folder: Path, code: str, text: str, **files: str) -> list[Diagnostic]:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    found = compile_snapshot(Snapshot.take(folder, environ={})).diagnostics
    return [one for one in found if one.code == code]


def _routes(first: str, second: str, *, extra: str = "") -> str:
    return f"""\
version: 1
event_types: {{a.b: {{}}, a.c: {{}}}}
endpoints:
  crm: {{url: https://crm.example.com/, {_SIGNED}}}
  erp: {{url: https://erp.example.com/, {_SIGNED}}}
{extra}routes:
  one: {{{first}}}
  two: {{{second}}}
"""


@pytest.mark.parametrize(
    ("first", "second", "is_twice"),
    [
        ("events: [a.b], targets: [crm]", "events: [a.*], targets: [crm]", True),
        ("events: [a.b], targets: [crm]", "events: [a.c], targets: [crm]", False),
        ("events: [a.b], targets: [crm]", "events: [a.b], targets: [erp]", False),
        ("events: [a.b], targets: [crm]", "events: [a.b], filter: data.x, targets: [crm]", True),
        ("events: [a.b], filter: data.x && data.y, targets: [crm]", "events: [a.b], filter: data.y && data.x, targets: [crm]", True),
        ("events: [a.b], filter: data.x || data.y, targets: [crm]", "events: [a.b], filter: data.y || data.x, targets: [crm]", True),
        ("events: [a.b], filter: data.x, targets: [crm]", "events: [a.b], filter: data.y, targets: [crm]", False),
        ("events: [a.b], filter: data.x > `1`, targets: [crm]", "events: [a.b], filter: '`1` < data.x', targets: [crm]", True),
        ("events: [a.b], filter: \"contains(['p', 'q'], data.x)\", targets: [crm]", "events: [a.b], filter: \"contains(['q', 'p'], data.x)\", targets: [crm]", True),
        ("events: [a.b], filter: \"data.x == ['p', 'q']\", targets: [crm]", "events: [a.b], filter: \"data.x == ['q', 'p']\", targets: [crm]", False),
        ("events: [a.b], targets: [crm]", "events: [a.b], transform: {payload: {x: y}}, targets: [crm]", False),
        ("events: [a.b], transform: {payload: {x: y}}, targets: [crm]", "events: [a.b], targets: [{endpoint: crm, transform: {payload: {x: y}}}]", True),
        ("events: [a.b], enabled: false, targets: [crm]", "events: [a.b], targets: [crm]", False),
        ("unmatched: true, targets: [crm]", "events: [a.b], targets: [crm]", False),
    ],
)  # fmt: skip
def test_duplicates(first: str, second: str, is_twice: bool, tmp_path: Path) -> None:
    found = _found(tmp_path, "RT703", _routes(first, second))
    assert bool(found) == is_twice
    assert len(found) <= 1


@pytest.mark.parametrize(
    ("endpoint", "is_reported"),
    [
        ("url: https://crm.example.com/", True),
        ("url: https://crm.example.com/hooks/orders?source=router-production-eu", True),
        ("url: https://hooks.example.com/services/T024BE7LD/B0G9QF9GW/xoxb9zKtPq2mVw81LsRd", False),
        ("url: https://crm.example.com/, auth: {bearer: {env: T}}", False),
        (f"url: https://crm.example.com/, {_SIGNED}", False),
        ("url: http://10.0.0.1/, allow_private: true", False),
    ],
)
def test_unsigned_endpoints(endpoint: str, is_reported: bool, tmp_path: Path) -> None:
    text = f"version: 1\nevent_types: {{a.b: {{}}}}\nendpoints: {{crm: {{{endpoint}}}}}\nroutes: {{r: {{events: [a.b], targets: [crm]}}}}\n"
    assert bool(_found(tmp_path, "RT605", text)) == is_reported


@pytest.mark.parametrize(
    ("retry", "message"),
    [
        ("schedule: [1h, 1h], max_age: 3h", None),
        ("max_age: 1h", None),
        ("schedule: [1h, 12h, 1d], max_age: 1d", "the last retry of endpoint `crm` never happens"),
        ("schedule: [1d, 1d, 1d], max_age: 1h", "the last 3 of 3 retries of endpoint `crm` never happen"),
    ],
)
def test_retry_budgets(retry: str, message: str | None, tmp_path: Path) -> None:
    text = f"version: 1\nevent_types: {{a.b: {{}}}}\nendpoints: {{crm: {{url: http://10.0.0.1/, allow_private: true, retry: {{{retry}}}}}}}\nroutes: {{r: {{events: [a.b], targets: [crm]}}}}\n"
    found = _found(tmp_path, "RT504", text)
    assert [one.message.partition(":")[0] for one in found] == ([message] if message else [])


@pytest.mark.parametrize(
    ("url", "is_reported"),
    [
        ("http://127.0.0.1:8080/events", True),
        ("http://localhost/events/", True),
        ("http://[::1]:8080/in/shop?x=1", True),
        ("https://router.example.com/in/shop", True),
        ("https://router.example.com/in/other", False),
        ("https://archive.example.com/events", False),
        ("http://127.0.0.1:9000/ledger", False),
    ],
)
def test_ways_back_in(url: str, is_reported: bool, tmp_path: Path) -> None:
    text = f"""\
version: 1
event_types: {{a.b: {{}}}}
sources: {{shop: {{verify: {{scheme: none}}, event: {{type: body.type, data: body}}}}}}
endpoints: {{self: {{url: "{url}", allow_private: true}}}}
routes: {{r: {{events: [a.b], targets: [self]}}}}
"""
    assert bool(_found(tmp_path, "RT704", text)) == is_reported


def test_an_uncovered_type_comes_with_an_event(tmp_path: Path) -> None:
    text = _routes("events: [a.b], targets: [crm]", "events: [a.b], filter: data.x, targets: [erp]")
    text = text.replace(
        "a.c: {}", "a.c: {schema: {type: object, required: [n], properties: {n: {type: integer, minimum: 7}}}}"
    )
    (found,) = _found(tmp_path, "RT705", text)
    assert found.message == "events of type `a.c` are taken by no route"
    assert found.notes[0].message == 'such as {"type": "a.c", "data": {"n": 7}}'


@pytest.mark.parametrize("route", ["unmatched: true, targets: [erp]", "events: [a.*], filter: data.x, targets: [erp]"])
def test_what_some_route_takes_is_covered(route: str, tmp_path: Path) -> None:
    assert _found(tmp_path, "RT705", _routes("events: [a.b], targets: [crm]", route)) == []


def test_nothing_is_said_to_be_absent_while_a_file_cannot_be_read(tmp_path: Path) -> None:
    text = _routes("events: [a.b], targets: [crm]", "events: [a.b], filter: data.x, targets: [crm]")
    for code in ("RT205", "RT705", "RT901"):
        assert _found(tmp_path, code, text)
        assert _found(tmp_path, code, text, broken="version: 1\nroutes: [") == []
        (tmp_path / "broken.yaml").unlink()


def test_a_name_that_was_meant_is_not_called_unused(tmp_path: Path) -> None:
    text = _routes("events: [a.b], targets: [crm]", "events: [a.c], targets: [erpp]")
    assert _found(tmp_path, "RT205", text) == []
    assert len(_found(tmp_path, "RT203", text)) == 1


_TESTED = """\
tests:
  - {name: t, event: {type: a.b, data: {x: 1}}, expect: [{route: one}]}
"""


def test_untested_routes(tmp_path: Path) -> None:
    text = _routes("events: [a.b], filter: data.x, targets: [crm]", "events: [a.c], targets: [erp]")
    assert [one.message for one in _found(tmp_path, "RT901", text)] == [
        "no test shows what the 2 routes of this configuration do"
    ]
    assert [one.message for one in _found(tmp_path, "RT901", text + _TESTED)] == [
        "no test expects a delivery of route `two`"
    ]
    assert len(_found(tmp_path, "RT902", text + _TESTED)) == 1
    negative = "  - {name: u, event: {type: a.b, data: {}}, expect: []}\n"
    assert _found(tmp_path, "RT902", text + _TESTED + negative) == []


_GUARDED = """\
version: 1
event_types:
  a.b:
    schema:
      type: object
      required: [id]
      properties: {id: {type: string}, who: {type: object, required: [name], properties: {name: {type: string}}}}
    examples: [{id: x}, {id: y, who: {name: z}}]
endpoints: {crm: {url: http://10.0.0.1/, allow_private: true}}
routes:
  r:
    events: [a.b]
    filter: data.who
    transform: {payload: {name: "{{ data.who.name }}"}}
    targets: [crm]
"""


def test_a_filter_guards_the_templates_behind_it(tmp_path: Path) -> None:
    assert _found(tmp_path, "RT403", _GUARDED) == []
    assert _found(tmp_path, "RT406", _GUARDED) == []
    unguarded = _GUARDED.replace("    filter: data.who\n", "")
    (found,) = _found(tmp_path, "RT403", unguarded)
    assert (found.span.line, found.span.column) == (13, 37)
    assert _found(tmp_path, "RT406", unguarded) == []  # said already


_SHARED = """\
version: 1
event_types:
  a.b: {schema: {type: object, additionalProperties: false, required: [id], properties: {id: {type: string}}}}
  a.c: {schema: {type: object, additionalProperties: false, required: [id, n], properties: {id: {type: string}, n: {type: integer}}}}
endpoints: {crm: {url: http://10.0.0.1/, allow_private: true}}
transforms: {t: {payload: {id: "{{ data.id }}", n: "LEAF"}}}
routes:
  one: {events: [a.b], transform: t, targets: [crm]}
  two: {events: [a.c], transform: t, targets: [crm]}
"""


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        ("{{ data.n | default(0) }}", []),
        ("{{ data.n if type == 'a.c' else 0 }}", []),
        ("{{ data.n }}", ["RT403 `data.n` may be missing in events of type `a.b`: without it, nothing can be sent"]),
        ("{{ data.m | default(0) }}", ["RT402 no field `m` in `data`"]),
    ],
)
def test_a_shared_transform_is_judged_by_all_that_reaches_it(leaf: str, expected: list[str], tmp_path: Path) -> None:
    text = _SHARED.replace("LEAF", leaf)
    found = [*_found(tmp_path, "RT402", text), *_found(tmp_path, "RT403", text)]
    assert [f"{one.code} {one.message}" for one in found] == expected


def test_an_example_without_schema_is_rendered_too(tmp_path: Path) -> None:
    text = _GUARDED.replace("    filter: data.who\n", "")
    start, end = text.index("    schema:"), text.index("    examples:")
    (found,) = _found(tmp_path, "RT406", text[:start] + text[end:])
    assert found.message.startswith("rendered from example #0 of `a.b`: `data.who.name`")


def test_upgrades_are_held_against_the_older_schema(tmp_path: Path) -> None:
    text = _GUARDED.replace(
        "endpoints:",
        "    versions: {1: {schema: {type: object, required: [old], additionalProperties: false, properties: {old: {type: string}}}, upgrade: {id: '{{ data.olt }}'}}}\nendpoints:",
    )
    (found,) = _found(tmp_path, "RT402", text)
    assert found.message == "no field `olt` in `data`"


def test_a_catch_all_is_worth_knowing(tmp_path: Path) -> None:
    types = ", ".join(f"t.n{number}: {{}}" for number in range(10))
    text = f"version: 1\nevent_types: {{{types}}}\nendpoints: {{crm: {{url: http://10.0.0.1/, allow_private: true}}}}\nroutes: {{all: {{events: ['t.*'], targets: [crm]}}}}\n"
    (found,) = _found(tmp_path, "RT706", text)
    assert found.severity == "info"
    assert _found(tmp_path, "RT706", text.replace("targets", "filter: data.x, targets")) == []


def test_a_misspelt_field_comes_with_its_fix(tmp_path: Path) -> None:
    text = _SHARED.replace("LEAF", "{{ data.idd | default(0) }}")
    (found,) = _found(tmp_path, "RT402", text)
    (fix,) = found.fixes
    line = text.splitlines()[fix.span.line - 1]
    mended = line[: fix.span.column - 1] + fix.replacement + line[fix.span.end_column - 1 :]
    assert '"{{ data.id | default(0) }}"' in mended
