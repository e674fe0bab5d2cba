"""POST /events, by the answers it gives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router.errors import InternalError, StoreUnavailableError
from tests.server.fake_host import FakeHost, plan
from tests.server.http_client import Caller, is_problem

EVENT = {"specversion": "1.0", "id": "1", "source": "/a", "type": "order.paid", "data": {"total": 1}}
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}


@pytest.fixture
def host() -> FakeHost:
    return FakeHost(plan())


@pytest.fixture
def call(host: FakeHost) -> Caller:
    return Caller(host)


def test_a_structured_event_is_accepted(call: Caller) -> None:
    response = call.post_event()
    assert response.status_code == 202
    document = response.json()
    (delivery,) = document.pop("deliveries")
    assert (delivery["route"], delivery["endpoint"]) == ("to-crm", "crm")
    assert delivery["id"].startswith("dlv_")
    assert document.pop("key").startswith("evt_")
    assert document == {"id": "1", "source": "/a", "revision": "00000000deadbeef", "duplicate": False}


def test_a_binary_event_keeps_its_octets(call: Caller, host: FakeHost) -> None:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "/a",
        "ce-type": "order.paid",
        "content-type": "application/json",
    }
    response = call("POST", "/events", headers=headers, content=b'{"total": 1.50}')
    assert response.status_code == 202
    assert host.accepted[0].body == b'{"total": 1.50}'


def test_a_repeat_answers_200_with_the_first_acceptance(call: Caller) -> None:
    first, again = call.post_event(), call.post_event(data={"total": 2})
    assert again.status_code == 200
    assert again.json() == {**first.json(), "duplicate": True}
    assert call.post_event(source="/b").status_code == 202


def test_malformed_events_answer_400(call: Caller, host: FakeHost) -> None:
    for content in (b"", b"{", b"[]", b"\xff", b'{"specversion":"1.0"}', b"[" * 100_000):
        is_problem(call("POST", "/events", headers=STRUCTURED, content=content), "malformed", 400)
    assert host.accepted == []
    assert call.metric('http_events_refused_total{fault="malformed"}') == 6
    assert call.metric('http_requests_total{entry="events",status="400"}') == 6


def test_schema_violations_answer_422_with_pointers(call: Caller) -> None:
    document = is_problem(call.post_event(data={"total": "x"}), "invalid", 422)
    assert [error["pointer"] for error in document["errors"]] == ["/data/total"]
    assert all(error["detail"] for error in document["errors"])


def test_unknown_types_answer_422(call: Caller) -> None:
    assert "no.such" in is_problem(call.post_event(type="no.such"), "unknown-type", 422)["detail"]


def test_what_carries_no_event_is_told_how_to(call: Caller) -> None:
    document = is_problem(call("POST", "/events", json={"total": 1}), "malformed", 400)
    assert "application/cloudevents+json" in document["detail"]
    assert "?type=" in document["detail"]
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/cloudevents+avro",
    ):
        is_problem(
            call("POST", "/events", headers={"content-type": content_type}, content=b"x"), "unsupported-media-type", 415
        )
    is_problem(call("POST", "/events"), "malformed", 400)


def test_compressed_bodies_answer_415(call: Caller) -> None:
    headers = {**STRUCTURED, "content-encoding": "gzip"}
    is_problem(call("POST", "/events", headers=headers, content=b"x"), "unsupported-media-type", 415)


def test_bodies_are_bounded(host: FakeHost) -> None:
    call = Caller(host, body_bytes_max=1000)
    assert call.post_event(data={"total": 1, "x": "x" * 800}).status_code == 202
    is_problem(call.post_event(data={"total": 1, "x": "x" * 1000}), "too-large", 413)

    async def chunks() -> Any:
        for _ in range(20):
            yield b" " * 100

    is_problem(call("POST", "/events", headers=STRUCTURED, content=chunks()), "too-large", 413)


def test_other_methods_answer_405(call: Caller) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        response = call(method, "/events")
        assert response.status_code == 405
        assert response.headers["allow"] == "POST, OPTIONS"


def test_an_unavailable_store_answers_503_with_retry_after(call: Caller, host: FakeHost) -> None:
    host.failure = StoreUnavailableError("the disk is full")
    response = call.post_event()
    assert "the disk is full" in is_problem(response, "unavailable", 503)["detail"]
    assert int(response.headers["retry-after"]) > 0
    host.failure = None
    assert call.post_event().status_code == 202


def test_without_a_plan_and_while_stopping_nothing_is_taken(host: FakeHost) -> None:
    call = Caller(host)
    host.plan = None
    is_problem(call.post_event(), "unavailable", 503)
    host.plan = plan()
    call.application.drain()
    response = call.post_event()
    is_problem(response, "unavailable", 503)
    assert "retry-after" in response.headers


def test_a_mistake_of_ours_answers_500_and_says_nothing_of_it(
    call: Caller, host: FakeHost, caplog: pytest.LogCaptureFixture
) -> None:
    host.failure = InternalError("secret detail")
    document = is_problem(call.post_event(), "internal", 500)
    assert "secret" not in json.dumps(document)
    assert "secret detail" in caplog.text


# Plain JSON


def test_plain_json_with_a_type(call: Caller, host: FakeHost) -> None:
    response = call("POST", "/events?type=order.paid&source=/shop&subject=s%20%C3%A9&id=o1", json={"total": 1})
    assert response.status_code == 202
    (event,) = host.accepted
    assert (event.type, event.source, event.subject, event.id) == ("order.paid", "/shop", "s é", "o1")
    assert event.data == {"total": 1}


def test_plain_json_derives_an_id_from_everything_that_makes_the_event(call: Caller, host: FakeHost) -> None:
    paths = (
        "/events?type=note",
        "/events?type=order.paid",
        "/events?type=note&subject=x",
        "/events?type=note&time=2026-01-01T00:00:00Z",
    )
    ids = [call("POST", path, json={"total": 1}).json()["id"] for path in paths]
    ids.append(call("POST", "/events?type=note", json={"total": 2}).json()["id"])
    assert len(set(ids)) == 5
    assert all(id.startswith("sha256-") for id in ids)
    assert host.accepted[0].source == "/http"
    again = call("POST", "/events?type=note", json={"total": 1})
    assert (again.status_code, again.json()["id"]) == (200, ids[0])


def test_plain_json_takes_the_idempotency_key_as_id(call: Caller) -> None:
    response = call("POST", "/events?type=note", json=1, headers={"idempotency-key": '"k-1"'})
    assert response.json()["id"] == "k-1"


def test_plain_json_is_checked_like_any_event(call: Caller) -> None:
    is_problem(
        call("POST", "/events?type=note", headers={"content-type": "application/json"}, content=b"{"), "malformed", 400
    )
    is_problem(call("POST", "/events?type=note&time=now", json=1), "malformed", 400)
    is_problem(call("POST", "/events?type=%FF", json=1), "malformed", 400)
    is_problem(call("POST", "/events?type=", json=1), "malformed", 400)
    is_problem(call("POST", "/events?type=note&source=a%20b", json=1), "malformed", 400)


def test_plain_text_is_not_taken_even_with_a_type(call: Caller) -> None:
    # A web page can send text/plain across sites without asking; it cannot send JSON.
    is_problem(
        call("POST", "/events?type=note", headers={"content-type": "text/plain"}, content=b"1"),
        "unsupported-media-type",
        415,
    )


# Batches


def batch(*events: dict[str, Any]) -> bytes:
    return json.dumps([{**EVENT, **event} for event in events]).encode()


def test_a_batch_is_answered_event_by_event(call: Caller) -> None:
    response = call("POST", "/events", headers=BATCH, content=batch({"id": "1"}, {"id": "2"}))
    assert response.status_code == 202
    assert [(event["id"], event["duplicate"]) for event in response.json()["events"]] == [("1", False), ("2", False)]
    response = call("POST", "/events", headers=BATCH, content=batch({"id": "2"}, {"id": "3"}))
    assert response.status_code == 202
    assert [(event["id"], event["duplicate"]) for event in response.json()["events"]] == [("2", True), ("3", False)]
    assert call("POST", "/events", headers=BATCH, content=batch({"id": "2"})).status_code == 200
    response = call("POST", "/events", headers=BATCH, content=b"[]")
    assert (response.status_code, response.json()) == (200, {"events": []})


def test_one_bad_event_refuses_the_batch(call: Caller, host: FakeHost) -> None:
    bad = batch({"id": "1"}, {"id": "2", "data": {"total": "x"}}, {"id": "3", "type": "no.such"})
    document = is_problem(call("POST", "/events", headers=BATCH, content=bad), "invalid", 422)
    assert [error["pointer"] for error in document["errors"]] == ["/1/data/total", "/2/type"]
    document = is_problem(call("POST", "/events", headers=BATCH, content=batch({}, {"id": ""})), "malformed", 400)
    assert document["errors"] == [{"pointer": "/1", "detail": "`id` is empty"}]
    assert host.accepted == []


def test_a_batch_that_cannot_be_kept_answers_503(call: Caller, host: FakeHost) -> None:
    host.failure = StoreUnavailableError("closing")
    is_problem(call("POST", "/events", headers=BATCH, content=batch({"id": "1"})), "unavailable", 503)


# Handshake


def test_the_handshake_grants_origin_and_rate(call: Caller) -> None:
    headers = {"webhook-request-origin": "eventemitter.example.com", "webhook-request-rate": "120"}
    response = call("OPTIONS", "/events", headers=headers)
    assert response.status_code == 200
    assert response.headers["webhook-allowed-origin"] == "eventemitter.example.com"
    assert response.headers["webhook-allowed-rate"] == "*"
    assert "POST" in response.headers["allow"]
    response = call("OPTIONS", "/events", headers={"webhook-request-origin": "x.example"})
    assert "webhook-allowed-rate" not in response.headers
    assert "webhook-allowed-origin" not in call("OPTIONS", "/events").headers


def test_the_handshake_compares_origins_whole(host: FakeHost) -> None:
    call = Caller(host, webhook_origins=frozenset({"good.example"}))
    for origin, is_granted in (
        ("good.example", True),
        ("Good.Example", True),
        ("good.example.evil.test", False),
        ("good", False),
    ):
        response = call("OPTIONS", "/events", headers={"webhook-request-origin": origin})
        assert ("webhook-allowed-origin" in response.headers) is is_granted


def test_no_cross_origin_sharing_is_granted(call: Caller) -> None:
    headers = {"origin": "https://evil.test", "access-control-request-method": "POST"}
    response = call("OPTIONS", "/events", headers=headers)
    assert not [name for name in response.headers if name.startswith("access-control")]


def test_leniencies_are_counted_or_refused(host: FakeHost) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "note", "ce-subject": "a b"}
    call = Caller(host)
    assert call("POST", "/events", headers=headers).status_code == 202
    assert call.metric('cloudevents_leniencies_total{kind="raw-space"}') == 1
    is_problem(Caller(host, strict_cloudevents=True)("POST", "/events", headers=headers), "malformed", 400)
