"""From files to a Plan, or to every mistake at its place."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

import router
from router.compiler import Compilation, compile_path, compile_snapshot
from router.syntax.diagnostic import Diagnostic, Severity
from router.syntax.snapshot import Snapshot

_GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id], properties: {id: {type: string}, total: {type: number}}}}
  order.sent: {}
endpoints:
  crm: {url: https://crm.example.com/hooks}
routes:
  paid:
    events: [order.*]
    filter: data.total > `10`
    targets: [crm]
"""


def _compile(folder: Path, *documents: str, environ: dict[str, str] | None = None, strict: bool = False) -> Compilation:
    for number, document in enumerate(documents):
        (folder / f"{number}.yaml").write_text(dedent(document), encoding="utf-8")
    return compile_snapshot(Snapshot.take(folder, environ=environ or {}), require_secrets=strict)


def _found(compilation: Compilation) -> list[str]:
    return [f"{Path(d.span.file).name}:{d.span.line}:{d.span.column} {d.code} {d.message}" for d in _grave(compilation)]


def _grave(compilation: Compilation) -> list[Diagnostic]:
    """Return the findings that these tests are about: short examples have no tests and sign nothing."""
    return [d for d in compilation.diagnostics if d.severity is not Severity.INFO and d.code != "RT605"]


def test_a_good_configuration_becomes_a_plan(tmp_path: Path) -> None:
    compilation = _compile(tmp_path, _GOOD)
    assert _found(compilation) == []
    assert compilation.plan is not None
    assert [route.name for route in compilation.plan.routes] == ["paid"]
    assert compilation.plan.routes[0].events == {"order.paid", "order.sent"}


def test_the_revision_is_the_content_and_nothing_else(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir(), second.mkdir()
    one, two = _compile(first, _GOOD).plan, _compile(first, _GOOD).plan
    changed = _compile(second, _GOOD.replace("`10`", "`11`")).plan
    assert one is not None
    assert two is not None
    assert changed is not None
    assert one.revision == two.revision != changed.revision


def test_a_referenced_schema_belongs_to_the_revision(tmp_path: Path) -> None:
    text = _GOOD.replace("order.sent: {}", "order.sent: {schema: ../sent.json}")
    folder = tmp_path / "routes"
    folder.mkdir()
    (tmp_path / "sent.json").write_text('{"type": "object"}', encoding="utf-8")
    before = _compile(folder, text).plan
    (tmp_path / "sent.json").write_text('{"type": "object", "required": ["id"]}', encoding="utf-8")
    after = _compile(folder, text).plan
    assert before is not None
    assert after is not None
    assert before.revision != after.revision


def test_a_rotated_secret_changes_the_revision_but_is_never_stored(tmp_path: Path) -> None:
    text = _GOOD.replace("hooks}", "hooks, auth: {bearer: {env: CRM_TOKEN}}}")
    (tmp_path / "0.yaml").write_text(text, encoding="utf-8")
    snapshots = [Snapshot.take(tmp_path, environ={"CRM_TOKEN": token}) for token in ("swordfish-1", "swordfish-2")]
    plans = [compile_snapshot(snapshot, require_secrets=True).plan for snapshot in snapshots]
    assert plans[0] is not None
    assert plans[1] is not None
    assert plans[0].revision != plans[1].revision
    assert plans[0].endpoints["crm"].headers["authorization"].reveal() == "Bearer swordfish-1"
    assert b"swordfish" not in snapshots[0].serialise()
    assert "swordfish" not in repr(plans[0].endpoints["crm"])


def test_all_errors_of_all_files_at_once(tmp_path: Path) -> None:
    compilation = _compile(
        tmp_path,
        """\
        version: 1
        event_types: {order.paid: {}}
        endpoints:
          crm: {url: https://crm.example.com/}
        routes:
          one:
            events: [order.payed]
            filter: data.total >
            targets: [cmr]
        """,
        """\
        version: 1
        routes:
          two:
            events: [invoice.*]
            transform: missing
            targetz: [crm]
            targets: [crm]
          three:
            events: [order.paid]
            filter: start_with(data.id, 'a')
            targets: [{endpoint: crm, transform: {content_type: text/plain, payload: "{{ data.id "}}]
        """,
    )
    assert compilation.plan is None
    places = [line.split(" ")[0] + " " + line.split(" ")[1] for line in _found(compilation)]
    for expected in ("0.yaml:7:14 RT203", "0.yaml:9:15 RT203", "1.yaml:6:5 RT202"):
        assert expected in places
    codes = {line.split(" ")[1] for line in _found(compilation)}
    assert {"RT203", "RT301", "RT202", "RT306", "RT401"} <= codes


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("targets: [crm]", "targets: [cmr]"), "11:15 RT203 endpoint `cmr` is not defined"),
        (("events: [order.*]", "events: [order.payd]"), "9:14 RT203 event type `order.payd` is not defined"),
        (("events: [order.*]", "events: [orders.*]"), "9:14 RT701 `orders.*` matches no event type"),
        (("targets: [crm]", "transform: nope\n    targets: [crm]"), "11:16 RT203 transform `nope` is not defined"),
        (("targets: [crm]", "targets: [crm, crm]"), "11:20 RT703 endpoint `crm` is already a target of this route"),
        (("https://crm", "http://127.0.0.1:80/x?"), "6:14 RT502"),
        (("https://crm.example.com", "ftp://crm.example.com"), "6:14 RT201"),
        (("https://crm.example.com", "https://me:pw@crm.example.com"), "6:14 RT501"),
        (("{type: number}", "{type: numbr}"), "3:"),
    ],
)
def test_each_mistake_is_found_at_its_place(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    compilation = _compile(tmp_path, _GOOD.replace(*change))
    assert compilation.plan is None
    assert any(f"0.yaml:{expected}" in line for line in _found(compilation)), _found(compilation)


def test_did_you_mean_names_the_definition(tmp_path: Path) -> None:
    compilation = _compile(tmp_path, _GOOD.replace("targets: [crm]", "targets: [cmr]"))
    [finding] = [d for d in compilation.diagnostics if d.code == "RT203"]
    assert finding.help == "did you mean `crm`?"
    assert finding.notes[0].span is not None
    assert finding.notes[0].span.line == 6


def test_unused_definitions_are_warnings_only(tmp_path: Path) -> None:
    text = _GOOD.replace("endpoints:\n", "endpoints:\n  spare: {url: https://spare.example.com/}\n")
    compilation = _compile(tmp_path, text)
    assert compilation.plan is not None
    assert [d.severity for d in _grave(compilation)] == [Severity.WARNING]
    assert _found(compilation) == ["0.yaml:6:3 RT205 endpoint `spare` is used by no route"]


def test_examples_must_satisfy_their_schema(tmp_path: Path) -> None:
    text = _GOOD.replace("total: {type: number}}}}", "total: {type: number}}}, examples: [{id: a}, {total: x}]}")
    found = _found(_compile(tmp_path, text))
    assert [line for line in found if "RT207 example #1 of `order.paid`" in line]
    assert not [line for line in found if "example #0" in line]


def test_a_broken_schema_file_is_shown_inside_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "routes"
    folder.mkdir()
    schema = {"type": "object", "properties": {"a": {"type": "strin"}}}
    (tmp_path / "s.json").write_text(json.dumps(schema, indent=2), encoding="utf-8")
    compilation = _compile(folder, _GOOD.replace("order.sent: {}", "order.sent: {schema: ../s.json}"))
    [finding] = [d for d in compilation.diagnostics if d.code == "RT206"]
    assert finding.span.file.endswith("s.json")
    assert finding.span.line == 5
    assert finding.notes[0].span is not None
    assert finding.notes[0].span.file.endswith("0.yaml")


def test_secrets_are_demanded_only_where_they_are_needed(tmp_path: Path) -> None:
    text = _GOOD.replace("hooks}", "hooks, auth: {bearer: {env: CRM_TOKEN}}}")
    assert _compile(tmp_path, text).plan is not None
    strict = _compile(tmp_path, text, strict=True)
    assert strict.plan is None
    assert [d.code for d in _grave(strict)] == ["RT602"]


def test_an_older_payload_is_upgraded_before_anything_sees_it(tmp_path: Path) -> None:
    text = """\
    version: 1
    event_types:
      order.paid:
        schema: {type: object, required: [id, total], properties: {total: {type: number}}}
        versions:
          1:
            schema: {type: object, required: [id, amount], properties: {amount: {type: string}}}
            upgrade: {id: "{{ data.id }}", total: "{{ data.amount | float }}"}
    endpoints: {crm: {url: https://crm.example.com/}}
    routes: {big: {events: [order.paid], filter: "data.total > `5`", targets: [crm]}}
    """
    plan = _compile(tmp_path, text).plan
    assert plan is not None
    old = router.Event.from_document({"type": "order.paid", "data": {"id": "o1", "amount": "7.5"}})
    admission = plan.admit(old)
    assert admission.violations == ()
    assert admission.version == "1"
    assert admission.event.data == {"id": "o1", "total": 7.5}
    assert [match.route for match in plan.match(admission.event)] == ["big"]
    nothing = plan.admit(router.Event.from_document({"type": "order.paid", "data": {"id": "o1"}}))
    assert nothing.violations


def test_compile_path_raises_with_every_finding(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 1\nroutes: {a: {events: [x], targets: [y]}}\n", encoding="utf-8")
    with pytest.raises(router.ConfigurationError) as caught:
        compile_path(tmp_path)
    assert {d.code for d in caught.value.diagnostics} == {"RT203", "RT901"}
    assert "a.yaml:2:" in str(caught.value)
