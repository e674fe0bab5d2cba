"""The tests of a configuration: what passes, what fails, and what is said about it."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from router.analysis.route_tests import TestResult, read_example, run_tests
from router.compiler import compile_snapshot
from router.syntax.snapshot import Snapshot

CONFIGURATION = """\
version: 1
event_types:
  order.paid:
    schema: {type: object, required: [id], properties: {id: {type: string}, total: {type: number, minimum: 0}}}
    examples: [{id: e1, total: 5}, paid.json]
  note:
    schema: {type: object}
    on_invalid: quarantine
endpoints:
  crm: {url: https://crm.example.com/}
  chat: {url: https://chat.example.com/}
transforms:
  short:
    content_type: application/json
    payload: {id: "{{ data.id }}", total: "{{ data.total | default(0) }}"}
    headers: {X-Kind: paid}
routes:
  all:
    events: [order.*]
    transform: short
    targets: [crm, {endpoint: chat, transform: {content_type: text/plain, payload: "paid {{ data.id }}"}}]
  large:
    events: [order.paid]
    filter: data.total > `100`
    targets: [crm]
  broken:
    events: [note]
    targets: [{endpoint: chat, transform: {content_type: text/plain, payload: "{{ data.missing }}"}}]
tests:
"""


def results(tmp_path: Path, tests: str) -> list[TestResult]:
    (tmp_path / "a.yaml").write_text(CONFIGURATION + indent(tests, "  "), encoding="utf-8")
    (tmp_path / "paid.json").write_text('{"id": "from-file", "total": 500}', encoding="utf-8")
    (tmp_path / "event.json").write_text('{"type": "order.paid", "data": {"id": "f"}}', encoding="utf-8")
    (tmp_path / "untyped.json").write_text('{"type": "order.payd", "data": {}}', encoding="utf-8")
    (tmp_path / "payload.json").write_text("[1]", encoding="utf-8")
    snapshot = Snapshot.take(tmp_path)
    compilation = compile_snapshot(snapshot)
    assert compilation.plan is not None, compilation.diagnostics
    return run_tests(compilation.configuration, compilation.plan, snapshot)


def said(result: TestResult) -> list[tuple[str, ...]]:
    return [(difference.message, *difference.details) for difference in result.differences]


BOTH = "- {route: all, endpoint: crm}\n    - {route: all, endpoint: chat}"


@pytest.mark.parametrize(
    "test",
    [
        f"- name: by name\n  event: {{type: order.paid, data: {{id: x}}}}\n  expect:\n    {BOTH}",
        f"- name: an example\n  example: order.paid#0\n  expect:\n    {BOTH}",
        f"- name: the first is meant without a number\n  example: order.paid\n  expect:\n    {BOTH}",
        f"- name: from a file\n  file: event.json\n  expect:\n    {BOTH}",
        f"- name: the second example\n  example: order.paid#1\n  expect:\n    {BOTH}\n    - {{route: large}}",
        "- name: the route alone may be named, as often as it sends\n  example: order.paid#0\n  expect: [{route: all}, {route: all}]",
        "- name: the vague one does not take the other's delivery\n  example: order.paid#0\n  expect: [{route: all}, {route: all, endpoint: crm}]",
        (
            "- name: payloads and headers\n  event: {type: order.paid, data: {id: x, total: 7}}\n  expect:\n"
            "    - {route: all, endpoint: crm, payload: {id: x, total: 7.0}, headers: {x-KIND: paid}}\n"
            "    - {route: all, endpoint: chat, payload: paid x}"
        ),
        (
            "- name: without a transform the data is the payload\n  event: {type: order.paid, data: {id: x, total: 101}}\n  expect:\n"
            f"    {BOTH}\n    - {{route: large, payload: {{id: x, total: 101}}}}"
        ),
    ],
)
def test_passing(tmp_path: Path, test: str) -> None:
    (result,) = results(tmp_path, test)
    assert said(result) == []
    assert result.is_passed


@pytest.mark.parametrize(
    ("test", "sentences"),
    [
        (
            (
                "- name: one is missing, one is too many\n  event: {type: order.paid, data: {id: x}}\n  expect:\n"
                "    - {route: all, endpoint: crm}\n    - {route: large, endpoint: crm}"
            ),
            [
                ("expected `large` to `crm`, but it was not made",),
                ("`all` to `chat` was made, but not expected", 'payload: "paid x"'),
            ],
        ),
        (
            (
                "- name: another payload\n  event: {type: order.paid, data: {id: x, total: 7}}\n  expect:\n"
                "    - {route: all, endpoint: crm, payload: {id: x, total: '7', more: 1}, headers: {x-kind: refunded, x-none: a}}\n    - {route: all, endpoint: chat}"
            ),
            [
                (
                    "`all` to `crm` is not as expected",
                    'header x-kind: expected "refunded", got "paid"',
                    'header x-none: expected "a", but it is missing',
                    '/total: expected "7", got 7 (a number, not a string)',
                    "/more: expected 1, but it is missing",
                )
            ],
        ),
        (
            (
                "- name: what is stated must be there\n  event: {type: order.paid, data: {id: x, total: 7}}\n  expect:\n"
                "    - {route: all, endpoint: crm, payload: {id: x, country: DE}}\n    - {route: all, endpoint: chat}"
            ),
            [("`all` to `crm` is not as expected", '/country: expected "DE", but it is missing')],
        ),
        (
            "- name: refused\n  event: {type: order.paid, data: {total: -1}}\n  expect: []",
            [("the event would be refused: it breaks the schema of `order.paid`",)],
        ),
        (
            "- name: quarantined\n  event: {type: note, data: 1}\n  expect: []",
            [("the event would be quarantined: it breaks the schema of `note`",)],
        ),
        (
            "- name: of no type\n  file: untyped.json\n  expect: []",
            [("the event would be refused: event type `order.payd` is not defined",)],
        ),
        (
            "- name: not rendered\n  event: {type: note, data: {}}\n  expect: [{route: broken, endpoint: chat}]",
            [("`broken` to `chat` could not be rendered",)],
        ),
        (
            "- name: a file that is no event\n  file: payload.json\n  expect: []",
            [("payload.json holds no event: it must be a JSON object with `type` and `data`",)],
        ),
        ("- name: no file\n  file: gone.json\n  expect: []", [("cannot read",)]),
    ],
)
def test_failing(tmp_path: Path, test: str, sentences: list[tuple[str, ...]]) -> None:
    (result,) = results(tmp_path, test)
    found = said(result)
    assert len(found) == len(sentences)
    for expected, actual in zip(sentences, found, strict=True):
        assert actual[0].startswith(expected[0])
        assert len(expected) == 1 or actual == expected


def test_results_stand_where_their_tests_stand(tmp_path: Path) -> None:
    one, other = results(
        tmp_path, "- {name: one, example: order.paid, expect: []}\n- {name: other, example: order.paid, expect: []}"
    )
    assert (one.name, other.name) == ("one", "other")
    assert other.span.line == one.span.line + 1


def test_examples_that_do_not_exist(tmp_path: Path) -> None:
    results(tmp_path, "- {name: one, example: order.paid, expect: []}")
    snapshot = Snapshot.take(tmp_path)
    configuration = compile_snapshot(snapshot).configuration
    for reference, sentence in [
        ("order.gone", "no event type `order.gone` is defined"),
        ("note", "event type `note` has no examples"),
        ("order.paid#2", "event type `order.paid` has no example `#2`; it has #0 to #1"),
        ("order.paid#x", "event type `order.paid` has no example `#x`; it has #0 to #1"),
    ]:
        with pytest.raises(LookupError) as caught:
            read_example(reference, configuration, snapshot)
        assert caught.value.args == (sentence,)


def test_a_test_states_only_what_matters_of_a_payload(tmp_path: Path) -> None:
    """As the language page's own example does: members that an expectation does not name are not compared."""
    test = (
        "- name: part of a payload is enough\n  event: {type: order.paid, data: {id: x, total: 7}}\n  expect:\n"
        "    - {route: all, endpoint: crm, payload: {id: x}}\n    - {route: all, endpoint: chat}"
    )
    (result,) = results(tmp_path, test)
    assert result.is_passed
