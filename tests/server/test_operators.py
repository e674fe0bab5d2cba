"""The operators' API, by its answers."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from router.delivery.record import Attempt, Outcome, Transition
from router.delivery.state import DeliveryState, Move
from router.errors import StoreUnavailableError
from router.identity import DeliveryId, Revision
from router.runtime.reload_report import ReloadReport
from router.store.port import RevisionRecord, RevisionState
from router.syntax.diagnostic import Diagnostic, Severity, Span
from tests.server.fake_host import NOW_MS, FakeHost, plan
from tests.server.http_client import Caller, is_problem


@pytest.fixture
def call() -> Caller:
    return Caller(FakeHost(plan()))


def pages(call: Caller, path: str, limit: int) -> list[list[Any]]:
    found, cursor = [], ""
    while True:
        joint = "&" if "?" in path else "?"
        page = call("GET", f"{path}{joint}limit={limit}{cursor}").json()
        found.append(page["items"])
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def move(call: Caller, delivery: str, *moves: Move) -> None:
    """Take a delivery through moves as the dispatcher would, with an attempt where one ends."""

    async def go() -> None:
        store = call.host.store
        for what in moves:
            if what is Move.CLAIM:
                await store.claim("crm", now_ms=NOW_MS, limit=1)
                continue
            attempt = Attempt(
                delivery=DeliveryId(delivery),
                number=1,
                started_at_ms=NOW_MS,
                duration_ms=12,
                outcome=Outcome.DEAD,
                status=404,
                answer=b"n\xff",
            )
            await store.apply(
                [Transition(delivery=DeliveryId(delivery), what=what, at_ms=NOW_MS, reason="gone", attempt=attempt)]
            )

    asyncio.run(go())


# Health


def test_health(call: Caller) -> None:
    assert call("GET", "/healthz").json() == {"status": "ok"}
    response = call("GET", "/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "revision": "00000000deadbeef"})


def test_not_ready_without_a_plan_when_the_host_says_so_and_while_stopping(call: Caller) -> None:
    call.host.facts = {"ready": False, "degraded": "broken configuration"}
    response = call("GET", "/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "degraded": "broken configuration", "revision": "00000000deadbeef"}
    call.host.facts = {}
    call.host.plan = None
    assert call("GET", "/readyz").json() == {"ready": False, "revision": None}
    call.host.plan = plan()
    call.application.drain()
    assert call("GET", "/readyz").status_code == 503
    assert call("GET", "/healthz").status_code == 200


def test_strangers_learn_whether_but_not_why() -> None:
    host = FakeHost(plan())
    host.facts = {"ready": False, "held": {"crm": "gone"}}
    response = Caller(host, address="192.0.2.7")("GET", "/readyz")
    assert (response.status_code, response.json()) == (503, {"ready": False, "revision": "00000000deadbeef"})


def test_metrics_are_the_hosts_and_ours(call: Caller) -> None:
    call.post_event()
    response = call("GET", "/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "\nevents_received_total 1.0\n" in response.text
    assert 'http_requests_total{entry="events",status="202"} 1.0' in response.text


# Events


def test_events_are_listed_and_paged(call: Caller) -> None:
    for number in range(5):
        call.host.clock.ms = NOW_MS + number
        call.post_event(id=str(number), type="note", source=f"/s{number % 2}")
    found = pages(call, "/api/v1/events", 2)
    assert [len(page) for page in found] == [2, 2, 1]
    assert [item["event"]["id"] for page in found for item in page] == ["4", "3", "2", "1", "0"]
    assert [item["event"]["id"] for item in call("GET", "/api/v1/events?source=/s1").json()["items"]] == ["3", "1"]
    assert [item["event"]["id"] for item in call("GET", "/api/v1/events?id=2").json()["items"]] == ["2"]
    assert call("GET", "/api/v1/events?type=order.paid").json() == {"items": [], "next": None}
    query = f"since={NOW_MS + 1}&until={NOW_MS + 3}"
    assert [item["event"]["id"] for item in call("GET", f"/api/v1/events?{query}").json()["items"]] == ["2", "1"]


def test_one_event_with_its_deliveries(call: Caller) -> None:
    accepted = call.post_event(data={"total": 1, "n": 1e2}, subject="s").json()
    document = call("GET", f"/api/v1/events/{accepted['key']}").json()
    assert document["key"] == accepted["key"]
    assert document["received_at_ms"] == NOW_MS
    assert document["event"]["subject"] == "s"
    assert document["event"]["data"] == {"total": 1, "n": 100.0}
    assert [delivery["id"] for delivery in document["deliveries"]] == [accepted["deliveries"][0]["id"]]
    is_problem(call("GET", "/api/v1/events/evt_none"), "not-found", 404)


def test_binary_payloads_are_shown_as_base64(call: Caller) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "note", "content-type": "image/png"}
    accepted = call("POST", "/events", headers=headers, content=b"\x00\xff").json()
    assert call("GET", f"/api/v1/events/{accepted['key']}").json()["event"]["data_base64"] == "AP8="
    delivery = call("GET", f"/api/v1/deliveries/{accepted['deliveries'][0]['id']}").json()
    assert delivery["body_base64"] == "AP8="
    assert "body" not in delivery


# Deliveries


def test_deliveries_are_listed_filtered_and_paged(call: Caller) -> None:
    ids = [call.post_event(id=str(number), type="note").json()["deliveries"][0]["id"] for number in range(3)]
    assert [item["id"] for page in pages(call, "/api/v1/deliveries", 1) for item in page] == ids[::-1]
    for query, count in (
        ("state=pending", 3),
        ("state=dead", 0),
        ("endpoint=crm", 3),
        ("endpoint=other", 0),
        ("route=to-crm", 3),
        ("route=other", 0),
        ("since=2020-01-01T00:00:00Z", 3),
        ("until=2020-01-01T00:00:00%2B01:00", 0),
        ("until=2020-01-01T00:00:00+01:00", 0),
    ):
        assert len(call("GET", f"/api/v1/deliveries?{query}").json()["items"]) == count, query
    key = call("GET", "/api/v1/events?id=1").json()["items"][0]["key"]
    assert [item["id"] for item in call("GET", f"/api/v1/deliveries?event={key}").json()["items"]] == [ids[1]]


def test_one_delivery_with_its_attempts(call: Caller) -> None:
    id = call.post_event().json()["deliveries"][0]["id"]
    move(call, id, Move.CLAIM, Move.GIVE_UP)
    delivery = call("GET", f"/api/v1/deliveries/{id}").json()
    assert (delivery["state"], delivery["reason"]) == ("dead", "gone")
    assert delivery["body"] == '{"total":1}'
    assert delivery["headers"]["content-type"] == "application/json"
    (attempt,) = delivery["attempt_log"]
    assert attempt["status"] == 404
    assert attempt["answer"] == "n\ufffd"
    is_problem(call("GET", "/api/v1/deliveries/dlv_none"), "not-found", 404)


def test_retry_and_cancel(call: Caller) -> None:
    id = call.post_event().json()["deliveries"][0]["id"]
    document = is_problem(call("POST", f"/api/v1/deliveries/{id}/retry"), "illegal-move", 409)
    assert document["state"] == "pending"
    response = call("POST", f"/api/v1/deliveries/{id}/cancel")
    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    is_problem(call("POST", f"/api/v1/deliveries/{id}/cancel"), "illegal-move", 409)
    response = call("POST", f"/api/v1/deliveries/{id}/retry")
    assert (response.status_code, response.json()["state"]) == (202, DeliveryState.PENDING)
    for what in ("retry", "cancel"):
        is_problem(call("POST", f"/api/v1/deliveries/dlv_none/{what}"), "not-found", 404)
        assert call("GET", f"/api/v1/deliveries/{id}/{what}").headers["allow"] == "POST"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=501",
        "limit=-1",
        "limit=1e3",
        "limit=²",
        "state=lost",
        "since=yesterday",
        "since=2026-01-01",
        "until=2026-01-01T00:00:00",
        "cursor=nonsense",
        "since=",
    ],
)
def test_bad_parameters(call: Caller, query: str) -> None:
    is_problem(call("GET", f"/api/v1/deliveries?{query}"), "bad-parameter", 400)


# Endpoints


def test_endpoints(call: Caller) -> None:
    assert call("GET", "/api/v1/endpoints").json()["items"] == [
        {"name": "crm", "held": False, "in_flight": 0, "queued": 0}
    ]
    assert call("POST", "/api/v1/endpoints/crm/hold").json()["held"] is True
    assert call("POST", "/api/v1/endpoints/crm/resume").json()["held"] is False
    is_problem(call("POST", "/api/v1/endpoints/none/hold"), "not-found", 404)


# Configuration


def test_revisions(call: Caller) -> None:
    records = [
        RevisionRecord(revision=Revision("aaaa"), state=RevisionState.ACTIVE, at_ms=1, commit="c1", snapshot=b"x"),
        RevisionRecord(
            revision=Revision("bbbb"), state=RevisionState.REJECTED, at_ms=2, diagnostics='[{"code": "RT203"}]'
        ),
    ]

    async def put() -> None:
        for record in records:
            await call.host.store.put_revision(record)

    asyncio.run(put())
    for path in ("/api/v1/revisions", "/-/revisions"):
        document = call("GET", path).json()
        assert [item["revision"] for item in document["items"]] == ["bbbb", "aaaa"]
        assert document["items"][0]["diagnostics"] == [{"code": "RT203"}]
        assert document["items"][1]["commit"] == "c1"
        assert document["active"] == "00000000deadbeef"
        assert document["last_reload"] is None
        assert "snapshot" not in document["items"][1]


def test_reload(call: Caller) -> None:
    response = call("POST", "/-/reload")
    assert response.status_code == 200
    assert response.json()["revision"] == "00000000deadbeef"
    diagnostic = Diagnostic(
        code="RT203", severity=Severity.ERROR, message="no `x`", span=Span("a.yaml", 3, 5, 3, 6), help="write y"
    )
    call.host.reload_outcome = ReloadReport(
        applied=False, changed=False, revision=Revision("00000000deadbeef"), diagnostics=(diagnostic,), at_ms=5
    )
    document = is_problem(call("POST", "/-/reload"), "invalid-configuration", 422)
    assert document["diagnostics"] == [msgspec.json.decode(msgspec.json.encode(diagnostic))]
    assert document["diagnostics"][0]["span"]["line"] == 3
    assert document["revision"] == "00000000deadbeef"
    assert call("GET", "/-/revisions").json()["last_reload"]["applied"] is False


def test_reload_under_a_condition(call: Caller) -> None:
    for tag in ('"00000000deadbeef"', "00000000deadbeef", '"x", "00000000deadbeef"', "*"):
        assert call("POST", "/-/reload", headers={"if-match": tag}).status_code == 200
    document = is_problem(call("POST", "/-/reload", headers={"if-match": '"other"'}), "precondition-failed", 412)
    assert document["revision"] == "00000000deadbeef"
    is_problem(call("POST", "/-/rollback/aaaa", headers={"if-match": '"other"'}), "precondition-failed", 412)


def test_rollback(call: Caller) -> None:
    assert call("POST", "/-/rollback/aaaa").json()["applied"] is True
    is_problem(call("POST", "/-/rollback/unknown"), "not-found", 404)


# Everything else


def test_unknown_paths_and_methods(call: Caller) -> None:
    for path in (
        "/",
        "/nope",
        "/api/v1/events/",
        "/events/",
        "/api/v2/events",
        "/healthz/",
        "//events",
        "/api/v1/events/a/b",
    ):
        is_problem(call("GET", path), "not-found", 404)
    response = call("DELETE", "/api/v1/events")
    is_problem(response, "method-not-allowed", 405)
    assert response.headers["allow"] == "GET, HEAD"
    assert call("HEAD", "/healthz").status_code == 200


def test_answers_are_not_cached(call: Caller) -> None:
    assert call("GET", "/api/v1/events").headers["cache-control"] == "no-store"


def test_an_unavailable_store_answers_503(call: Caller) -> None:
    asyncio.run(call.host.store.close())
    response = call("GET", "/api/v1/events")
    assert response.status_code in (200, 503)  # a closed memory store may still read

    async def fail(*_args: Any, **_kwargs: Any) -> None:
        raise StoreUnavailableError("closing")

    call.host.store.events = fail  # type: ignore[method-assign,assignment]
    is_problem(call("GET", "/api/v1/events"), "unavailable", 503)


def test_a_mistake_of_ours_answers_500(call: Caller, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("secret detail")

    call.host.store.events = fail  # type: ignore[method-assign,assignment]
    assert "secret" not in str(is_problem(call("GET", "/api/v1/events"), "internal", 500))
    assert "secret detail" in caplog.text
