"""explain_event(): every route, why, and what would have matched."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.analysis.explanation import EventExplanation, Reason, explain_event
from router.analysis.wanted import hint, wanted
from router.compiler import compile_snapshot
from router.event import Event
from router.syntax.snapshot import Snapshot

_CONFIG = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id], properties: {id: {type: string}}}, examples: [{id: o1}]}
  order.sent: {}
endpoints:
  crm: {url: https://crm.example.com/}
  rest: {url: https://rest.example.com/}
transforms:
  small: {content_type: application/json, payload: {id: "{{ data.id }}"}, headers: {X-Kind: "{{ type }}"}}
routes:
  big: {events: [order.*], filter: "data.total > `1000` && contains(['DE', 'FR'], data.country)", transform: small, targets: [crm]}
  sent: {events: [order.sent], targets: [crm]}
  off: {events: [order.paid], enabled: false, targets: [crm]}
  bad: {events: [order.paid], filter: "starts_with(data.note, 'x')", targets: [crm]}
  rest: {unmatched: true, targets: [rest]}
"""


def _explained(folder: Path, event: dict[str, object]) -> EventExplanation:
    (folder / "a.yaml").write_text(_CONFIG, encoding="utf-8")
    compilation = compile_snapshot(Snapshot.take(folder))
    assert compilation.plan is not None
    return explain_event(Event.from_document(event), compilation.plan, compilation.configuration)


def test_matched_routes_show_what_they_send(tmp_path: Path) -> None:
    explained = _explained(tmp_path, {"type": "order.paid", "data": {"id": "o1", "total": 2000, "country": "DE"}})
    routes = {route.route: route for route in explained.routes}
    assert {name: route.reason for name, route in routes.items()} == {
        "big": Reason.MATCHED,
        "sent": Reason.TYPE,
        "off": Reason.DISABLED,
        "bad": Reason.FAILED,
        "rest": Reason.TAKEN,
    }
    (match,) = routes["big"].matches
    assert (match.payload, match.headers["x-kind"]) == ({"id": "o1"}, "order.paid")
    assert explained.is_delivered
    assert "needs a string, got null" in (routes["bad"].failure or "")


def test_a_miss_says_what_was_seen_and_wanted(tmp_path: Path) -> None:
    explained = _explained(tmp_path, {"type": "order.paid", "data": {"id": "o1", "total": "2000", "county": "DE"}})
    big = next(route for route in explained.routes if route.route == "big")
    total, country = big.conditions
    assert big.reason is Reason.FILTER
    assert [(seen.text, seen.value) for seen in total.seen] == [("data.total", "2000")]
    assert total.wanted == "data.total: a number above 1000"
    assert total.hint == 'data.total is text in this event ("2000"), the filter compares it with 1000'
    assert country.wanted == 'data.country: one of "DE", "FR"'
    assert country.hint == "the event has no `data.country`; it has `data.county`"
    assert next(route for route in explained.routes if route.route == "rest").is_matched


def test_refusals(tmp_path: Path) -> None:
    explained = _explained(tmp_path, {"type": "order.payd", "data": {}})
    assert explained.refusal is not None
    assert "did you mean `order.paid`?" in explained.refusal
    assert not explained.is_delivered
    explained = _explained(tmp_path, {"type": "order.paid", "data": {"id": 7}})
    assert explained.refusal is not None
    assert "refused" in explained.refusal
    assert explained.details == ("data/id: 7 is not a string",) or explained.details[0].startswith("data/id: ")


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("data.a == 'x'", 'data.a: equal to "x"'),
        ("'x' == data.a", 'data.a: equal to "x"'),
        ("`5` < data.a", "data.a: a number above 5"),
        ("data.a != `null`", "data.a: any value, not missing"),
        ("!(data.a == `1`)", "data.a: anything but 1"),
        ("data.a", "data.a: a true value (not null, false, '', [] or {})"),
        ("!(data.a)", "data.a: null, false, '', [], {} or missing"),
        ("data.a == `1` || data.b", "data.a: equal to 1 or data.b: a true value (not null, false, '', [] or {})"),
        ("!(data.a == `1` || data.b == `2`)", "data.a: anything but 1 and data.b: anything but 2"),
        ("contains(data.tags, 'vip')", 'data.tags: an array or text with "vip" in it'),
        ("prefix(data.a, 'x')", 'data.a: a text that starts with "x"'),
        ("!(cidr(data.ip, '10.0.0.0/8'))", 'data.ip: not an IP address in "10.0.0.0/8"'),
        ("data.a == data.b", "data.a: equal to the value of data.b"),
    ],
)
def test_what_would_match(condition: str, sentence: str) -> None:
    assert wanted(condition) == sentence


def test_hints() -> None:
    event = {"type": "t", "data": {"a": "Paid ", "n": 5, "total": 1}}
    assert hint("data.a == 'paid'", event) == 'data.a differs from "paid" in case or spaces only'
    assert hint("data.n == '5'", event) == 'data.n is 5 in this event, no text; the filter compares it with "5"'
    assert hint("total > `5`", event) == "the event has no attribute `total`; its payload has `data.total`"
    assert hint("data.total > `5`", event) is None
