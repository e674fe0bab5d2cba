"""Bytes that look a little like answers."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n", b"HTTP/1.1 101 Up\r\n", b"HTTP/1.1 204 No\r\n", b"HTTP/2.0 200 OK\r\n",
    b"HTTP/1.1 999 \r\n", b"http/1.1 200 ok\r\n", b"HTTP/1.1 200", b"content-length: 3\r\n", b"content-length: 99999999999999999999\r\n",
    b"Content-Length: 0\r\n", b"content-length: 0x3\r\n", b"transfer-encoding: chunked\r\n", b"transfer-encoding: gzip, chunked\r\n",
    b"transfer-encoding: identity\r\n", b"connection: close\r\n", b"connection: upgrade\r\nupgrade: h2c\r\n", b"x: y\r\n", b" folded\r\n", b"x\r\n", b": y\r\n",
    b"\r\n", b"\n", b"\r", b"abc", b"3\r\nabc\r\n", b"0\r\n\r\n", b"0\r\n", b"ffffffffffffffffff\r\n", b"-1\r\n", b"1;" + b"e" * 300 + b"\r\na\r\n", b"\0", b"\xff",
    b"y" * 700, b"t: 1\r\n" * 12,
]  # fmt: skip

rubbish = st.binary(max_size=400) | st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join)
