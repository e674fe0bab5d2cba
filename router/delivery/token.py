"""OAuth 2.0 client credentials (RFC 6749, section 4.4): the request for a token, and what the answer to it means.

Pure: `router.runtime.tokens` sends, keeps and renews. Nothing here puts a secret, or any text of the token server's but its error code,
into a message.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from router.delivery.request import USER_AGENT, Answer, OutboundRequest
from router.errors import EndpointError
from router.plan.endpoint import PlannedEndpoint
from router.plan.oauth2 import ClientCredentials
from router.plan.secret import Secret

__all__ = ["LIFETIME_S", "MARGIN_MAX_S", "MARGIN_SHARE", "Token", "TokenError", "read_token", "token_request"]

LIFETIME_S = 300.0
"""How long a token is used whose answer does not say: section 5.1 asks servers to say so by other means, which we cannot read."""

MARGIN_MAX_S = 60.0
MARGIN_SHARE = 0.1
"""How long before its end a token is renewed: a tenth of its life, a minute at most. It must last until the endpoint has looked at it."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")  # the error codes of section 5.2 and of its registry


class TokenError(EndpointError):
    """No token could be had, so the endpoint was not even called; it says nothing about the endpoint."""

    def __init__(self, detail: str) -> None:
        super().__init__("token", detail)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token as the value of `authorization`. Times are seconds of a monotonic clock."""

    authorization: Secret
    fetched_at_s: float
    fresh_until_s: float


def token_request(credentials: ClientCredentials, endpoint: PlannedEndpoint) -> OutboundRequest:
    """Return the request for a token for an endpoint: a form, the client named by HTTP Basic (section 2.3.1).

    It is as guarded and as patient as the endpoint's deliveries. The endpoint's TLS identity goes along only to a host that it is for.
    """
    form = {"grant_type": "client_credentials"}
    if credentials.scopes:
        form["scope"] = " ".join(credentials.scopes)
    pair = f"{quote_plus(credentials.client_id)}:{quote_plus(credentials.client_secret.reveal())}"
    host = urlsplit(credentials.token_url).hostname
    return OutboundRequest(
        url=credentials.token_url,
        headers=(
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
            ("accept-encoding", "identity"),
            ("user-agent", USER_AGENT),
            ("authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"),
        ),
        body=urlencode(form).encode(),
        connect_timeout_s=endpoint.timeout.connect_s,
        total_timeout_s=endpoint.timeout.total_s,
        allow_private=endpoint.allow_private,
        tls=endpoint.tls if any(urlsplit(url.url).hostname == host for url in endpoint.urls) else None,
    )


def read_token(answer: Answer, *, now_s: float) -> Token:
    """Return the token of an answer (section 5.1). Raises TokenError with what is wrong and the server's error code (section 5.2)."""
    document = _document(answer)
    if not 200 <= answer.status < 300:
        code = document.get("error")
        known = f" ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else ""
        raise TokenError(f"the token server answered {answer.status}{known}")
    value, kind = document.get("access_token"), document.get("token_type", "bearer")
    if not isinstance(value, str) or not value:
        raise TokenError(f"the token server's answer {answer.status} has no `access_token`")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise TokenError("the token server gave a token that is no bearer token")
    if _TOKEN.fullmatch(value) is None or len(value) > 8000:
        raise TokenError("the token server gave a token that cannot be sent in a header")
    lifetime_s = _lifetime_s(document.get("expires_in"))
    margin_s = min(MARGIN_MAX_S, lifetime_s * MARGIN_SHARE)
    return Token(
        authorization=Secret(f"Bearer {value}"), fetched_at_s=now_s, fresh_until_s=now_s + lifetime_s - margin_s
    )


def _document(answer: Answer) -> Mapping[str, Any]:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _lifetime_s(written: Any) -> float:
    """Return the life of a token; some servers write the number as text."""
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        return LIFETIME_S
    try:
        seconds = float(written)
    except (ValueError, OverflowError):
        return LIFETIME_S
    return min(max(seconds, 0.0), 365 * 86400.0) if not math.isnan(seconds) else LIFETIME_S
