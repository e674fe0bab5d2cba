from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from router.delivery.request import OutboundRequest
from router.errors import EndpointError, InternalError
from router.runtime.egress import EgressTransport, Fault
from router.runtime.sender import Sender
from tests.runtime.egress.peers import OK, answering, engine, peer, request, run

REQUEST = OutboundRequest(
    url="https://crm.example.com/hooks", headers=(("webhook-id", "dlv_1"), ("x-name", "Grüße")), body=b"{}"
)


def send(handler: Any, sent: OutboundRequest = REQUEST) -> Any:
    async def main() -> Any:
        return await Sender(httpx.MockTransport(handler)).send(sent)

    return run(main())


def test_over_the_engine_directly_or_in_its_transport() -> None:
    async def main() -> None:
        async with peer(answering(OK)) as target, engine() as out:
            for way in (out, EgressTransport(out)):
                assert (await Sender(way).send(request(target.port))).body == b"ok"
            await Sender(out).aclose()

    run(main())


def test_over_any_httpx_transport() -> None:
    def handler(received: httpx.Request) -> httpx.Response:
        assert received.method == "POST"
        assert str(received.url) == REQUEST.url
        assert received.headers["webhook-id"] == "dlv_1"
        assert dict(received.headers.raw)[b"x-name"] == "Grüße".encode()
        assert received.content == b"{}"
        return httpx.Response(429, headers={"Retry-After": "7"}, content=b"slow down")

    answer = send(handler)
    assert (answer.status, answer.body, answer.truncated) == (429, b"slow down", False)
    assert answer.header("retry-after") == "7"


def test_redirects_are_not_followed() -> None:
    calls = []

    def handler(received: httpx.Request) -> httpx.Response:
        calls.append(received)
        return httpx.Response(302, headers={"location": "http://127.0.0.1/"})

    assert send(handler).status == 302
    assert len(calls) == 1


def test_answers_are_cut() -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 1000

    answer = send(lambda _: httpx.Response(200, stream=Endless()))
    assert (len(answer.body), answer.truncated) == (16384, True)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (httpx.ConnectTimeout("x"), Fault.CONNECT_TIMEOUT),
        (httpx.ReadTimeout("x"), Fault.TIMEOUT),
        (httpx.ConnectError("x"), Fault.UNREACHABLE),
        (httpx.ReadError(""), Fault.RESET),
        (httpx.RemoteProtocolError("x"), Fault.PROTOCOL),
    ],
)
def test_httpx_errors_have_kinds(error: Exception, fault: Fault) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(EndpointError) as caught:
        send(handler)
    assert caught.value.kind == fault


@pytest.mark.parametrize("error", [httpx.ProxyError("x"), httpx.LocalProtocolError("x")])
def test_what_is_ours_stays_ours(error: Exception) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(InternalError):
        send(handler)


def test_the_total_deadline_holds_over_any_transport() -> None:
    async def handler(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(EndpointError) as caught:
        send(handler, request(1, url=REQUEST.url, total_timeout_s=0.05))
    assert caught.value.kind == Fault.TIMEOUT


@pytest.mark.parametrize(
    ("url", "fault"),
    [("http://127.0.0.1/", Fault.BLOCKED_ADDRESS), ("http://crm/", Fault.BLOCKED_ADDRESS), ("nonsense", Fault.BAD_URL)],
)
def test_forbidden_looks_are_refused_over_any_transport(url: str, fault: Fault) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise AssertionError("sent")

    with pytest.raises(EndpointError) as caught:
        send(handler, request(1, url=url, allow_private=False))
    assert caught.value.kind == fault
    assert send(lambda _: httpx.Response(200), request(1, url="http://127.0.0.1/")).status == 200
