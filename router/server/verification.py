"""Does a request come from the source it names? One function per scheme, one answer: yes or no.

The raw request goes in (headers by lower-case name, exact body octets), a bool comes out; why a request failed is told to nobody but the test.
Every secret of a source is tried, and all comparisons take the same time wherever they differ. Malformed headers are a no, never an error.

Formats, each after its platform's own documentation:

    github    X-Hub-Signature-256: sha256=<hex>                 HMAC-SHA256 of the body
    stripe    Stripe-Signature: t=<s>,v1=<hex>[,v1=<hex>…]      HMAC-SHA256 of "<t>.<body>", t within the tolerance
    slack     X-Slack-Signature: v0=<hex>, X-Slack-Request-Timestamp: <s>   HMAC-SHA256 of "v0:<t>:<body>", t within the tolerance
    shopify   X-Shopify-Hmac-Sha256: <base64>                   HMAC-SHA256 of the body
    standard-webhooks   webhook-id, webhook-timestamp, webhook-signature    router.delivery.signature
    hmac      <header>: <prefix><hex or base64>                 HMAC of the body with the declared algorithm
    basic     Authorization: Basic …                            RFC 7617
    bearer    Authorization: Bearer …                           RFC 6750
    none      everyone
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping

from router.delivery.signature import SignatureError, SigningKeyError, verify
from router.plan import PlannedVerify

__all__ = ["ALGORITHMS", "SCHEMES", "challenge", "is_verified"]

ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""Hash algorithms that the scheme `hmac` takes."""

Headers = Mapping[str, str]


def is_verified(rule: PlannedVerify, headers: Headers, body: bytes, *, now_s: float) -> bool:
    """Say whether a request proves to be from the source with this rule. `headers` have lower-case names; `now_s` is Unix seconds."""
    scheme = SCHEMES.get(rule.scheme)
    return scheme is not None and scheme(rule, headers, body, now_s)


def challenge(rule: PlannedVerify) -> bytes:
    """Return the WWW-Authenticate value that goes with a 401 (RFC 9110, section 11.6.1)."""
    return {"basic": b'Basic realm="events", charset="UTF-8"', "bearer": b'Bearer realm="events"'}.get(
        rule.scheme, b'Signature realm="events"'
    )


def _github(rule: PlannedVerify, headers: Headers, body: bytes, _now_s: float) -> bool:
    return _any_match(rule, "sha256", body, [_hex(headers.get("x-hub-signature-256", ""), "sha256=")])


def _shopify(rule: PlannedVerify, headers: Headers, body: bytes, _now_s: float) -> bool:
    return _any_match(rule, "sha256", body, [_base64(headers.get("x-shopify-hmac-sha256", ""), "")])


def _stripe(rule: PlannedVerify, headers: Headers, body: bytes, now_s: float) -> bool:
    stamp, given = "", []
    for part in headers.get("stripe-signature", "")[:8192].split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            stamp = value
        elif name == "v1":
            given.append(_hex(value, ""))
    if not _is_recent(stamp, now_s, rule.tolerance_s):
        return False
    return _any_match(rule, "sha256", stamp.encode() + b"." + body, given)


def _slack(rule: PlannedVerify, headers: Headers, body: bytes, now_s: float) -> bool:
    stamp = headers.get("x-slack-request-timestamp", "")
    if not _is_recent(stamp, now_s, rule.tolerance_s):
        return False
    given = [_hex(headers.get("x-slack-signature", ""), "v0=")]
    return _any_match(rule, "sha256", b"v0:" + stamp.encode() + b":" + body, given)


def _standard_webhooks(rule: PlannedVerify, headers: Headers, body: bytes, now_s: float) -> bool:
    if not rule.secrets:
        return False
    try:
        verify([secret.reveal() for secret in rule.secrets], headers, body, now_s=now_s, tolerance_s=rule.tolerance_s)
    except (SignatureError, SigningKeyError):
        return False
    return True


def _hmac(rule: PlannedVerify, headers: Headers, body: bytes, _now_s: float) -> bool:
    if rule.header is None or rule.algorithm not in ALGORITHMS:
        return False
    decode = _base64 if rule.encoding == "base64" else _hex
    return _any_match(rule, rule.algorithm, body, [decode(headers.get(rule.header.lower(), ""), rule.prefix)])


def _basic(rule: PlannedVerify, headers: Headers, _body: bytes, _now_s: float) -> bool:
    given = _base64(_credentials(headers, "basic"), "") or b""
    user = (rule.username or "").encode()
    matches = [hmac.compare_digest(_digest(given), _digest(user + b":" + _octets(s.reveal()))) for s in rule.secrets]
    return any(matches)


def _bearer(rule: PlannedVerify, headers: Headers, _body: bytes, _now_s: float) -> bool:
    given = _octets(_credentials(headers, "bearer"))
    matches = [hmac.compare_digest(_digest(given), _digest(_octets(secret.reveal()))) for secret in rule.secrets]
    return bool(given) and any(matches)


def _none(_rule: PlannedVerify, _headers: Headers, _body: bytes, _now_s: float) -> bool:
    return True


SCHEMES: Mapping[str, Callable[[PlannedVerify, Headers, bytes, float], bool]] = {
    "github": _github,
    "stripe": _stripe,
    "slack": _slack,
    "shopify": _shopify,
    "standard-webhooks": _standard_webhooks,
    "hmac": _hmac,
    "basic": _basic,
    "bearer": _bearer,
    "none": _none,
}
"""Every scheme of `sources.<name>.verify.scheme`."""


def _any_match(rule: PlannedVerify, algorithm: str, message: bytes, given: list[bytes | None]) -> bool:
    """Compare every given digest with that of every secret; all comparisons are made, whatever the first ones said."""
    expected = [hmac.digest(_octets(secret.reveal()), message, algorithm) for secret in rule.secrets]
    matches = [
        hmac.compare_digest(digest, candidate) for digest in expected for candidate in given if candidate is not None
    ]
    return any(matches)


def _is_recent(stamp: str, now_s: float, tolerance_s: float) -> bool:
    return stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and abs(now_s - int(stamp)) <= tolerance_s


def _hex(text: str, prefix: str) -> bytes | None:
    if not text.startswith(prefix):
        return None
    try:
        return binascii.unhexlify(_octets(text[len(prefix) :].strip()))
    except ValueError:
        return None


def _base64(text: str, prefix: str) -> bytes | None:
    if not text.startswith(prefix):
        return None
    try:
        return base64.b64decode(_octets(text[len(prefix) :].strip()), validate=True)
    except ValueError:
        return None


def _credentials(headers: Headers, scheme: str) -> str:
    given, _, credentials = headers.get("authorization", "").partition(" ")
    return credentials.strip() if given.lower() == scheme else ""


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _digest(octets: bytes) -> bytes:
    # Equal lengths, so that the comparison does not tell how long the secret is.
    return hashlib.sha256(octets).digest()
