"""Sources: verification, mapping, and what becomes of the body."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest

from router.errors import StoreUnavailableError
from router.plan import PlannedSource
from tests.corpora import corpus_lines
from tests.server.fake_host import FakeHost, plan, source
from tests.server.http_client import Caller, is_problem

GITHUB_MAPPING = {
    "type": "join('.', ['github', headers.\"x-github-event\"])",
    "id": 'headers."x-github-delivery"',
    "source": "body.repository.html_url",
    "data": "body",
}


def caller(*sources: PlannedSource, types: tuple[str, ...] = ()) -> Caller:
    return Caller(FakeHost(plan(*sources, types=types)))


def signed(body: bytes, secret: str = "s3cret") -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()}


def test_github_payloads_are_delivered_byte_exact() -> None:
    call = caller(source("github", "github", GITHUB_MAPPING, secrets=("new", "s3cret")), types=("github.*",))
    count = 0
    for example in corpus_lines("github-webhooks", "examples.jsonl"):
        body = json.dumps(example["payload"], indent=1).encode()
        call.host.plan = plan(*call.host.plan.sources.values(), types=(f"github.{example['event']}",))  # type: ignore[union-attr]
        headers = {
            "content-type": "application/json",
            "x-github-event": example["event"],
            "x-github-delivery": f"delivery-{count}",
            **signed(body),
        }
        response = call("POST", "/in/github", headers=headers, content=body)
        assert response.status_code == 202, response.text
        event = call.host.accepted[-1]
        assert event.type == f"github.{example['event']}"
        assert event.id == f"delivery-{count}"
        assert event.body == body
        assert event.data == example["payload"]
        repository = example["payload"].get("repository") or {}
        assert event.source == (repository.get("html_url") or "/in/github")
        wrong = call("POST", "/in/github", headers={**headers, **signed(body, "wrong")}, content=body)
        is_problem(wrong, "unverified", 401)
        count += 1
        if count == 60:
            break
    assert count == 60


def test_one_401_for_every_reason() -> None:
    call = caller(source("github", "github", GITHUB_MAPPING, secrets=("s3cret",)))
    answers = [
        call("POST", "/in/github", content=b"{}", headers=headers)
        for headers in ({}, {"x-hub-signature-256": "nonsense"}, signed(b"{}", "wrong"), signed(b"other"))
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].headers["www-authenticate"] == 'Signature realm="events"'
    is_problem(answers[0], "unverified", 401)


def test_what_the_mapping_leaves_open() -> None:
    call = caller(source("x"))
    response = call("POST", "/in/x", json={"total": 1})
    assert response.status_code == 202
    (event,) = call.host.accepted
    assert event.source == "/in/x"
    assert event.id.startswith("sha256-")
    assert event.data == {"total": 1}
    assert event.datacontenttype == "application/json"
    assert call("POST", "/in/x", json={"total": 1}).json()["duplicate"] is True
    assert call("POST", "/in/x", json={"total": 2}).json()["duplicate"] is False


def test_mapping_of_attributes_and_data() -> None:
    mapping = {
        "type": "'note'",
        "id": "body.id",
        "subject": "query.subject",
        "time": "body.created",
        "attempt": "body.attempt",
        "big": "body.id",
        "live": "body.live",
        "data": "{total: body.amount, tags: query.tag}",
    }
    call = caller(source("x", "none", mapping))
    body = {"id": 12345678901, "created": 1770000000, "attempt": 3, "live": True, "amount": 5}
    assert call("POST", "/in/x?subject=s&tag=a&tag=b", json=body).status_code == 202
    (event,) = call.host.accepted
    assert (event.id, event.subject, event.time) == ("12345678901", "s", "2026-02-02T02:40:00Z")
    assert event.extensions == {"attempt": 3, "big": "12345678901", "live": True}
    assert event.data == {"total": 5, "tags": ["a", "b"]}
    assert json.loads(event.body or b"") == event.data


@pytest.mark.parametrize(
    ("created", "time"),
    [(1770000000123, "2026-02-02T02:40:00.123000Z"), ("2026-02-02T02:40:00Z", "2026-02-02T02:40:00Z")],
)
def test_times(created: Any, time: str) -> None:
    call = caller(source("x", "none", {"type": "'note'", "time": "body.t"}))
    assert call("POST", "/in/x", json={"t": created}).status_code == 202
    assert call.host.accepted[0].time == time


@pytest.mark.parametrize(
    ("mapping", "body", "match"),
    [
        ({"type": "body.type"}, {}, "`type`"),
        ({"type": "body.type"}, {"type": ["a"]}, "`type`"),
        ({"type": "'note'", "id": "length(body.n)"}, {"n": 1}, "`id`"),
        ({"type": "'note'", "time": "body.t"}, {"t": 1e30}, "`time`"),
        ({"type": "'note'", "time": "body.t"}, {"t": "yesterday"}, "time"),
        ({"type": "'note'", "subject": "body.s"}, {"s": "a\u0000b"}, "subject"),
        ({"type": "'note'", "source": "body.s"}, {"s": "not a uri"}, "source"),
    ],
)
def test_requests_that_the_mapping_does_not_fit(mapping: dict[str, str], body: dict[str, Any], match: str) -> None:
    call = caller(source("x", "none", mapping))
    assert match in is_problem(call("POST", "/in/x", json=body), "malformed", 400)["detail"]


def test_bodies_that_are_not_json() -> None:
    call = caller(source("x", "none", {"type": "'note'", "subject": "body"}))
    response = call("POST", "/in/x", headers={"content-type": "text/plain"}, content="grüße".encode())
    assert response.status_code == 202
    (event,) = call.host.accepted
    assert (event.subject, event.body, event.data, event.datacontenttype) == (
        "grüße",
        "grüße".encode(),
        None,
        "text/plain",
    )
    is_problem(call("POST", "/in/x", headers={"content-type": "application/json"}, content=b"{"), "malformed", 400)
    assert call("POST", "/in/x").status_code == 202  # no body at all
    assert call.host.accepted[1].body is None


def test_forms() -> None:
    call = caller(source("x", "none", {"type": "'note'", "id": "body.id"}))
    assert call("POST", "/in/x", data={"id": "7", "tag": ["a", "b"]}).status_code == 202
    (event,) = call.host.accepted
    assert event.data == {"id": "7", "tag": ["a", "b"]}
    assert event.datacontenttype == "application/json"
    form = {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"a=%FF", b"a=\xff", b"&".join([b"a=1"] * 2000)):
        is_problem(call("POST", "/in/x", headers=form, content=content), "malformed", 400)


def test_github_forms_carry_the_payload_in_a_field() -> None:
    call = caller(source("github", "github", {"type": "'note'", "id": "body.id"}, secrets=("s3cret",)))
    body = b"payload=%7B%22id%22%3A+%221%22%7D"
    headers = {"content-type": "application/x-www-form-urlencoded", **signed(body)}
    assert call("POST", "/in/github", headers=headers, content=body).status_code == 202
    (event,) = call.host.accepted
    assert (event.body, event.data) == (b'{"id": "1"}', {"id": "1"})


def test_slack_url_verification_is_answered_after_the_signature() -> None:
    call = caller(source("slack", "slack", {"type": "'note'"}, secrets=("key",)))
    body = b'{"type": "url_verification", "token": "t", "challenge": "3eZbrw1aB"}'
    stamp = str(call.host.clock.ms // 1000)
    mac = hmac.new(b"key", b"v0:" + stamp.encode() + b":" + body, "sha256").hexdigest()
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={mac}", "content-type": "application/json"}
    response = call("POST", "/in/slack", headers=headers, content=body)
    assert (response.status_code, response.json()) == (200, {"challenge": "3eZbrw1aB"})
    assert call.host.accepted == []
    is_problem(call("POST", "/in/slack", content=body), "unverified", 401)


def test_methods_paths_and_limits() -> None:
    call = Caller(FakeHost(plan(source("x"))), body_bytes_max=100)
    assert call("GET", "/in/x").status_code == 405
    assert "webhook-allowed-origin" in call("OPTIONS", "/in/x", headers={"webhook-request-origin": "a.example"}).headers
    is_problem(call("POST", "/in/x", json={"x": "x" * 100}), "too-large", 413)
    is_problem(call("POST", "/in/unknown", json={}), "not-found", 404)
    call.host.failure = StoreUnavailableError("closing")
    is_problem(call("POST", "/in/x", json={}), "unavailable", 503)
    call.host.failure = RuntimeError("x")
    is_problem(call("POST", "/in/x", json={}), "internal", 500)
    call.application.drain()
    is_problem(call("POST", "/in/x", json={}), "unavailable", 503)


def test_a_source_cannot_take_a_path_of_ours() -> None:
    import msgspec

    taken = [msgspec.structs.replace(source("x"), path=path) for path in ("/healthz", "/api/v1/events", "/-/reload")]
    call = caller(*taken)
    assert call("GET", "/healthz").json() == {"status": "ok"}
    assert call("POST", "/-/reload").json()["applied"] is True
