"""What a Plan makes of an event."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import orjson

import router

_CONFIG = """\
version: 1
event_types:
  order.paid: {}
  order.sent: {}
  stock.low: {}
transforms:
  small: {content_type: application/json, payload: {id: "{{ data.id }}", total: "{{ data.total }}", kind: "{{ type }}"}}
  words: {content_type: text/plain, payload: "Order {{ data.id }}"}
endpoints:
  crm: {url: https://crm.example.com/}
  chat: {url: https://chat.example.com/}
  rest: {url: https://rest.example.com/}
routes:
  b-big: {events: [order.*], filter: "data.total > `10`", transform: small, targets: [crm, {endpoint: chat, transform: words}]}
  a-all: {events: [order.paid], targets: [crm]}
  z-rest: {unmatched: true, targets: [rest]}
  y-odd: {unmatched: true, filter: data.odd, targets: [chat]}
"""


def _plan(folder: Path, text: str = _CONFIG) -> router.Plan:
    (folder / "routes.yaml").write_text(dedent(text), encoding="utf-8")
    return router.compile(folder)


def test_every_route_that_holds_fires_in_order_of_name(tmp_path: Path) -> None:
    matches = _plan(tmp_path).match({"type": "order.paid", "data": {"id": "o1", "total": 20}})
    assert [(match.route, match.endpoint) for match in matches] == [
        ("a-all", "crm"),
        ("b-big", "crm"),
        ("b-big", "chat"),
    ]
    assert matches[0].payload == {"id": "o1", "total": 20}
    assert matches[1].payload == {"id": "o1", "total": 20, "kind": "order.paid"}
    assert orjson.loads(matches[1].body) == matches[1].payload
    assert matches[2].payload == "Order o1"
    assert matches[2].body == b"Order o1"
    assert matches[2].headers["content-type"].startswith("text/plain")


def test_without_transform_the_sender_s_bytes_go_out_as_a_binary_cloudevent(tmp_path: Path) -> None:
    body = b'{ "id" : "o1","total":5 }'
    event = router.Event(
        id="1",
        source="/shop",
        type="order.paid",
        datacontenttype="application/json",
        data=orjson.loads(body),
        body=body,
        extensions={"tenant": "ä"},
    )
    [match] = _plan(tmp_path).match(event)
    assert match.body == body
    assert match.headers["content-type"] == "application/json"
    assert match.headers["ce-id"] == "1"
    assert match.headers["ce-type"] == "order.paid"
    assert match.headers["ce-tenant"] == "%C3%A4"


def test_unmatched_routes_take_what_no_other_route_took(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    assert [match.route for match in plan.match({"type": "stock.low", "data": {}})] == ["z-rest"]
    assert [match.route for match in plan.match({"type": "stock.low", "data": {"odd": True}})] == ["y-odd", "z-rest"]
    assert [match.route for match in plan.match({"type": "order.paid", "data": {"total": 1}})] == ["a-all"]


def test_a_filter_that_fails_disturbs_nothing_else(tmp_path: Path) -> None:
    text = _CONFIG.replace("data.total > `10`", "starts_with(data.note, 'x')")
    plan = _plan(tmp_path, text)
    event = router.Event.from_document({"type": "order.paid", "data": {"id": "o1"}})
    routed = plan.route(event)
    assert [match.route for match in routed.matches] == ["a-all"]
    assert [route for route, _ in routed.failures] == ["b-big"]


def test_a_template_that_fails_is_a_match_with_an_error(tmp_path: Path) -> None:
    matches = _plan(tmp_path).match({"type": "order.sent", "data": {"total": 50}})
    assert [(match.endpoint, match.body, match.error is not None) for match in matches] == [
        ("crm", b"", True),
        ("chat", b"", True),
    ]
    assert "data.id" in (matches[0].error or "")


def test_the_same_event_gives_the_same_bytes(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    event = {"type": "order.paid", "data": {"id": "o1", "total": 20}}
    assert plan.match(event) == plan.match(event)
