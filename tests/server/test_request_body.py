"""Bodies: one bounded, all together bounded, and nothing left counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from router.errors import EventError, EventFault
from router.server.request_body import ClientGoneError, Inflow, OverloadedError, require_identity_coding
from tests.server.fake_host import FakeHost, plan
from tests.server.http_client import Caller, is_problem


def read(inflow: Inflow, *chunks: bytes, headers: tuple[tuple[bytes, bytes], ...] = (), is_gone: bool = False) -> bytes:
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if is_gone:
        messages.append({"type": "http.disconnect"})
    else:
        messages[-1]["more_body"] = False

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    return asyncio.run(inflow.read(headers, receive))


def test_bodies_are_counted_until_released() -> None:
    inflow = Inflow(body_bytes_max=10, held_bytes_max=15)
    first = read(inflow, b"1234", b"56789", b"0")
    assert first == b"1234567890"
    assert inflow.held_bytes == 10
    with pytest.raises(OverloadedError):
        read(inflow, b"12345", b"6")
    with pytest.raises(OverloadedError):
        read(inflow, b"123456")
    assert inflow.held_bytes == 10
    assert read(inflow, b"12345") == b"12345"
    inflow.release(first)
    inflow.release(b"12345")
    assert inflow.held_bytes == 0


@pytest.mark.parametrize("chunks", [(b"x" * 11,), (b"x" * 6, b"x" * 5), (b"", b"x" * 11)])
def test_too_large(chunks: tuple[bytes, ...]) -> None:
    inflow = Inflow(body_bytes_max=10, held_bytes_max=100)
    with pytest.raises(EventError) as caught:
        read(inflow, *chunks)
    assert caught.value.fault is EventFault.TOO_LARGE
    assert inflow.held_bytes == 0


@pytest.mark.parametrize("length", [b"11", b"9" * 40])
def test_an_announced_length_is_refused_before_anything_is_read(length: bytes) -> None:
    with pytest.raises(EventError):
        read(Inflow(body_bytes_max=10, held_bytes_max=100), headers=((b"content-length", length),), is_gone=True)


@pytest.mark.parametrize("chunks", [(), (b"abc",), (b"a", b"b")])
def test_a_client_that_leaves(chunks: tuple[bytes, ...]) -> None:
    inflow = Inflow(body_bytes_max=10, held_bytes_max=100)
    with pytest.raises(ClientGoneError):
        read(inflow, *chunks, is_gone=True)
    assert inflow.held_bytes == 0


def test_identity_coding() -> None:
    require_identity_coding([(b"content-encoding", b"Identity"), (b"accept-encoding", b"gzip")])
    with pytest.raises(EventError, match="Content-Encoding"):
        require_identity_coding([(b"content-encoding", b"gzip")])


def test_overload_answers_503_and_ends() -> None:
    call = Caller(FakeHost(plan()), held_bytes_max=200)
    response = call.post_event(data={"total": 1, "x": "x" * 300})
    is_problem(response, "unavailable", 503)
    assert "retry-after" in response.headers
    assert [call.post_event(id=str(number)).status_code for number in range(5)] == [202] * 5
