"""The application as a whole: whatever arrives, nobody gets a 500."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from router.server.application import Application, is_reserved
from router.server.settings import ServerSettings
from tests.server.fake_host import FakeHost, plan, source

MAPPING = {
    "type": "body.type || 'note'",
    "id": 'headers."x-id" || body.id',
    "source": "body.source",
    "subject": "query.subject",
    "time": "body.time",
    "ext": "body.ext",
}
SOURCES = (
    source("open", "none", MAPPING),
    source("sum", "none", {"type": "'note'", "data": "{n: to_number(body.n), m: body.m}"}),
    source("github", "github", MAPPING, secrets=("s",)),
    source("slack", "slack", MAPPING, secrets=("s",)),
    source("stripe", "stripe", MAPPING, secrets=("s",)),
    source("basic", "basic", MAPPING, secrets=("s",), username="u"),
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text | st.sampled_from(["9" * 30, "NaN", "1e400"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
documents = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        (
            "specversion",
            "id",
            "source",
            "type",
            "time",
            "subject",
            "data",
            "data_base64",
            "datacontenttype",
            "ext",
            "n",
            "m",
        ),
        values | text,
    ),
)
bodies = (
    st.binary(max_size=60)
    | documents.map(lambda value: json.dumps(value).encode())
    | st.lists(documents, max_size=3).map(lambda value: json.dumps(value).encode())
    | st.sampled_from([b"a=1&a=2&type=note", b"payload=%7B%7D", b"%", b"[" * 5000, b'{"n": "' + b"9" * 40 + b'"}'])
)
content_types = st.sampled_from(
    [
        b"application/cloudevents+json",
        b"application/cloudevents-batch+json",
        b"application/cloudevents+xml",
        b"application/json",
        b"application/json; charset=utf-16",
        b"application/json; charset=x",
        b"application/x-www-form-urlencoded",
        b"text/plain",
        b"\xff",
        b"",
    ]
)
header_names = st.sampled_from(
    [b"ce-id", b"ce-type", b"ce-source", b"ce-specversion", b"ce-time", b"ce-subject", b"ce-x", b"x-id", b"authorization", b"host",
     b"stripe-signature", b"x-hub-signature-256", b"x-slack-signature", b"idempotency-key", b"if-match", b"origin", b"content-encoding"]
)  # fmt: skip
header_values = st.binary(max_size=16) | st.sampled_from(
    [b"1.0", b"/a", b"note", b"localhost", b"Basic eA==", b"t=1,v1=00"]
)
paths = st.sampled_from(
    ["/events", "/in/open", "/in/sum", "/in/github", "/in/slack", "/in/stripe", "/in/basic", "/api/v1/events", "/api/v1/deliveries",
     "/api/v1/deliveries/x", "/api/v1/endpoints/x/hold", "/-/rollback/x", "/-/reload", "/readyz", "/metrics", "/", "/\ufffd"]
)  # fmt: skip
queries = st.sampled_from(
    [b"", b"type=note", b"type=%FF", b"type=note&id=", b"limit=0&cursor=x", b"cursor=%FF", b"since=x"]
) | st.binary(max_size=12)


async def answer(application: Application, scope: dict[str, Any], body: bytes) -> int:
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    await application(scope, receive, send)
    return status


@given(
    method=st.sampled_from(["POST", "POST", "POST", "GET", "OPTIONS", "HEAD", "DELETE", "BREW"]),
    path=paths,
    query=queries,
    content_type=content_types,
    headers=st.lists(st.tuples(header_names, header_values), max_size=6),
    body=bodies,
)
def test_whatever_arrives_nobody_gets_a_500(
    method: str, path: str, query: bytes, content_type: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    host = FakeHost(plan(*SOURCES))
    fields = [*headers, (b"content-type", content_type)]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": fields,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "scheme": "http",
        "http_version": "1.1",
    }

    async def go() -> int:
        await host.store.open()
        return await answer(Application(host, ServerSettings()), scope, body)

    status = asyncio.run(go())
    assert 200 <= status < 500, (status, method, path)


def test_numbers_that_json_cannot_hold() -> None:
    host = FakeHost(plan(*SOURCES))

    async def go() -> list[int]:
        await host.store.open()
        application = Application(host, ServerSettings())
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/in/sum",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
        }
        return [await answer(application, scope, b'{"n": "%b"}' % number) for number in (b"9" * 40, b"NaN", b"17")]

    assert asyncio.run(go()) == [400, 202, 202]
    assert [event.data for event in host.accepted] == [{"n": None, "m": None}, {"n": 17, "m": None}]


def test_other_protocols_are_ignored() -> None:
    application = Application(FakeHost(plan()), ServerSettings())
    assert asyncio.run(answer(application, {"type": "lifespan"}, b"")) == 0


def test_reserved_paths() -> None:
    assert all(is_reserved(path) for path in ("/events", "/healthz", "/api/v1/x", "/-/reload", "/metrics"))
    assert not any(is_reserved(path) for path in ("/events2", "/in/x", "/apis", "/api", "/"))
