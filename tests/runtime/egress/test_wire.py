from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.delivery.address import parse_url
from router.errors import InternalError
from router.runtime.egress.wire import encode
from tests.runtime.egress.peers import request

TARGET = parse_url("http://example.com:8080/a?b")


def test_bytes() -> None:
    octets = encode(request(1, headers=(("x-name", "Grüße\t1"), ("webhook-id", "dlv_1")), body=b"\0\r\n"), TARGET)
    assert octets == (
        b"POST /a?b HTTP/1.1\r\nhost: example.com:8080\r\nx-name: Gr\xc3\xbc\xc3\x9fe\t1\r\nwebhook-id: dlv_1\r\ncontent-length: 3\r\n\r\n\0\r\n"
    )


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=30)), max_size=5), st.binary(max_size=50))
def test_any_headers_are_refused_or_stay_one_line_each(headers: list[tuple[str, str]], body: bytes) -> None:
    try:
        octets = encode(request(1, headers=tuple(headers), body=body), TARGET)
    except InternalError:
        return
    head, _, rest = octets.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert len(lines) == len(headers) + 3
    assert lines[2:-1] == [f"{name}: {value}".encode() for name, value in headers]
    assert rest == body
    assert not set(b"\r\n\0") & set(b"".join(lines))


@pytest.mark.parametrize("name", ["content-length", "transfer-encoding", "host", "connection", "expect", "upgrade"])
def test_framing_is_ours(name: str) -> None:
    with pytest.raises(InternalError, match="set by the engine"):
        encode(request(1, headers=((name, "x"),)), TARGET)
