"""The request that an attempt sends, and the answer it gets: a delivery (fixed bytes) meets an endpoint (settings of today).

`outbound` is the only place where the two are joined. Body and rendered headers come from the delivery and are the same in every attempt;
address, credentials, signature and timeouts come from the endpoint of the revision in force. Nothing that was rendered from an event can
set a header that is ours: identity, signature, credentials, message framing.

It sends nothing; `router.runtime.sender` does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

import msgspec

from router.delivery.record import Delivery
from router.delivery.signature import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, SigningKey, sign
from router.errors import InternalError
from router.language.documents import Url
from router.plan.endpoint import PlannedEndpoint, Secret, TlsIdentity

__all__ = [
    "ANSWER_BYTES_MAX",
    "RESERVED_HEADERS",
    "USER_AGENT",
    "Answer",
    "OutboundRequest",
    "TlsIdentity",
    "authorized",
    "choose_url",
    "header_problem",
    "outbound",
]

ANSWER_BYTES_MAX = 16 * 1024
"""How much of an answer's body is read; behind it the connection is closed. An acknowledgement needs none of it."""

try:
    USER_AGENT = f"router/{version('event-router')}"
except PackageNotFoundError:  # run from a tree that was never installed
    USER_AGENT = "router/0"

RESERVED_HEADERS = frozenset(
    {
        ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER, "user-agent",
        # message framing and connection handling: RFC 9110, 7.6.1 and 10.1; RFC 9112, 6 and 9
        "accept-encoding", "connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that no event, transform or template can set; lower case."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # token, RFC 9110, 5.6.2
_BAD_VALUE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]"
)  # control characters but tab; lone surrogates have no UTF-8 form
_VALUE_BYTES_MAX = 8192


class OutboundRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, complete but for what its framing adds (`host`, `content-length`, `connection`).

    `headers` have lower-case names. `allow_private` is the endpoint's own consent to private addresses. Timeouts are seconds.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "POST"
    connect_timeout_s: float = 5
    total_timeout_s: float = 15
    allow_private: bool = False
    tls: TlsIdentity | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint answered: any status at all, so it is no error.

    `headers` have lower-case names. `body` is the first ANSWER_BYTES_MAX as sent, never decompressed; `truncated` tells that there was more.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False

    def header(self, name: str) -> str | None:
        """Return the first value of a header, given in lower case."""
        return next((value for key, value in self.headers if key == name), None)


def header_problem(name: str, value: str) -> str | None:
    """Return what makes a header unfit to send, or None. Line breaks would let a value forge further headers."""
    if _NAME.fullmatch(name) is None:
        return f"header name {name[:40]!r} is no token (RFC 9110): use letters, digits and hyphens"
    if _BAD_VALUE.search(value) is not None:
        return f"header `{name}` has a control character in its value"
    if len(value) > _VALUE_BYTES_MAX:
        return f"header `{name}` is longer than {_VALUE_BYTES_MAX} characters"
    return None


def choose_url(urls: Sequence[Url], *, attempt: int, chance: float) -> str:
    """Return the address for an attempt: the group of lowest priority first, the next group after each failure, round again at the end.

    `attempt` counts from 0. Within a group `chance`, in [0, 1), picks by weight.
    """
    if len(urls) == 1:
        return urls[0].url
    priorities = sorted({url.priority for url in urls})
    priority = priorities[attempt % len(priorities)]
    group = [url for url in urls if url.priority == priority]
    point = chance * sum(url.weight for url in group)
    for url in group:
        point -= url.weight
        if point < 0:
            return url.url
    return group[-1].url


def outbound(
    delivery: Delivery,
    endpoint: PlannedEndpoint,
    *,
    now_s: float,
    chance: float = 0.0,
    urls: Sequence[Url] | None = None,
) -> OutboundRequest:
    """Return the request of one attempt of `delivery` at `now_s` (Unix seconds).

    Adds `webhook-id` (the delivery's id, the same in every attempt), `webhook-timestamp` (this attempt's), `webhook-signature` when the
    endpoint has keys, `user-agent` and the endpoint's credentials. `chance` picks among several addresses, those of the
    endpoint unless `urls` are given. Raises InternalError when the
    endpoint asks for a signing scheme that this program lacks; the compiler keeps such a plan from existing.
    """
    timestamp = int(now_s)
    credentials = endpoint.headers
    headers = [
        (name, value)
        for key, value in delivery.headers
        if (name := key.lower()) not in RESERVED_HEADERS and name not in credentials
    ]
    headers.append(("user-agent", USER_AGENT))
    headers.append(("accept-encoding", "identity"))
    headers.append((ID_HEADER, delivery.id))
    headers.append((TIMESTAMP_HEADER, str(timestamp)))
    if endpoint.signing_keys:
        if endpoint.signing_scheme not in (None, "standard-webhooks"):
            raise InternalError(f"endpoint {endpoint.name}: signing scheme {endpoint.signing_scheme!r} cannot be made")
        keys = [_signing_key(secret) for secret in endpoint.signing_keys]
        headers.append((SIGNATURE_HEADER, sign(keys, id=delivery.id, timestamp=timestamp, body=delivery.body)))
    for name, secret in credentials.items():
        headers.append((name.lower(), secret.reveal()))
    return OutboundRequest(
        url=choose_url(urls or endpoint.urls, attempt=delivery.attempts, chance=chance),
        headers=tuple(headers),
        body=delivery.body,
        connect_timeout_s=endpoint.timeout.connect_s,
        total_timeout_s=endpoint.timeout.total_s,
        allow_private=endpoint.allow_private,
        tls=endpoint.tls,
    )


def authorized(request: OutboundRequest, authorization: Secret) -> OutboundRequest:
    """Return a request with this `authorization` in place of any other."""
    headers = tuple(pair for pair in request.headers if pair[0] != "authorization")
    return msgspec.structs.replace(request, headers=(*headers, ("authorization", authorization.reveal())))


@lru_cache(maxsize=1024)
def _signing_key(secret: Secret) -> SigningKey:
    return SigningKey(secret.reveal())
