"""The bytes of a request, HTTP/1.1 (RFC 9112). Framing headers are ours alone; nothing with a line break in it gets out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from router.delivery.address import Target
from router.delivery.request import OutboundRequest, header_problem
from router.errors import InternalError

__all__ = ["FRAMING_HEADERS", "encode"]

FRAMING_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te", "trailer", "keep-alive"}
)
"""Headers that a request cannot bring: they would contradict what the engine does. `expect` is among them: bodies are small."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_METHOD = re.compile(r"[A-Z]{3,20}")
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
    # Printable is stricter than needed (no tab, no exotic spaces) but one quick call; what it doubts is looked at closely.
    if not "".join([value for _, value in headers]).isprintable():
        _check(headers)
    text = (
        f"{method} {target.path} HTTP/1.1\r\nhost: {target.authority}\r\n"
        + "".join([f"{name}: {value}\r\n" for name, value in headers])
        + f"content-length: {len(body)}\r\n\r\n"
    )
    return text.encode() + body


def _check(headers: Iterable[tuple[str, str]]) -> None:
    for name, value in headers:
        if (problem := header_problem(name, value)) is not None:
            raise InternalError(f"{problem}; the request was not sent")


def _learn(name: str) -> None:
    if _TOKEN.fullmatch(name) is None:
        raise InternalError(f"header name {name[:40]!r} is no lower-case token; the request was not sent")
    if name in FRAMING_HEADERS:
        raise InternalError(f"header `{name}` is set by the engine; the request was not sent")
    if len(_names_seen) >= _NAMES_SEEN_MAX:
        _names_seen.clear()
    _names_seen.add(name)
