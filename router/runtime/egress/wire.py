"""The bytes of a request, HTTP/1.1 (RFC 9112). Framing headers are ours alone; nothing with a line break in it gets out."""

from __future__ import annotations

import re

from router.delivery.address import Target
from router.delivery.request import OutboundRequest
from router.errors import InternalError

__all__ = ["FRAMING_HEADERS", "encode"]

FRAMING_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te", "trailer", "keep-alive"}
)
"""Headers that a request cannot bring: they would contradict what the engine does. `expect` is among them: bodies are small."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_METHOD = re.compile(r"[A-Z]{3,20}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_METHODS_WITHOUT_ANSWER_BODY = frozenset({"HEAD", "CONNECT"})

_names_seen: set[str] = set()  # header names found fit; the set is small because names come from configurations
_NAMES_SEEN_MAX = 4096


def encode(request: OutboundRequest, target: Target) -> bytes:
    """Return head and body as one piece.

    Values outside ASCII go out as UTF-8 (obs-text, RFC 9110, 5.5). Raises InternalError for anything that would break the message apart: by
    then it should have been refused, so it is a defect of ours.
    """
    method, body, headers = request.method, request.body, request.headers
    if method != "POST" and (_METHOD.fullmatch(method) is None or method in _METHODS_WITHOUT_ANSWER_BODY):
        raise InternalError(f"method {method!r} cannot be sent")
    for name, _ in headers:
        if name not in _names_seen:
            _learn(name)
    text = (
        f"{method} {target.path} HTTP/1.1\r\nhost: {target.authority}\r\n"
        + "".join([f"{name}: {value}\r\n" for name, value in headers])
        + f"content-length: {len(body)}\r\n\r\n"
    )
    lines = len(headers) + 4
    if text.count("\n") != lines or text.count("\r") != lines or _CONTROL.search(text) is not None:
        raise InternalError("a header holds a line break or another control character; the request was not sent")
    try:
        return text.encode() + body
    except UnicodeEncodeError:
        raise InternalError("a header holds a lone surrogate; the request was not sent") from None


def _learn(name: str) -> None:
    if _TOKEN.fullmatch(name) is None:
        raise InternalError(f"header name {name[:40]!r} is no lower-case token; the request was not sent")
    if name in FRAMING_HEADERS:
        raise InternalError(f"header `{name}` is set by the engine; the request was not sent")
    if len(_names_seen) >= _NAMES_SEEN_MAX:
        _names_seen.clear()
    _names_seen.add(name)
