"""Signatures after Standard Webhooks 1.0.0, scheme `v1` (HMAC-SHA256): made for deliveries, checked for sources.

What is signed is `<webhook-id>.<webhook-timestamp>.<body>`, byte for byte as sent; hence neither id nor timestamp may hold a `.`. A header
carries one entry `v1,<base64>` per active secret, separated by one space, and a receiver accepts if any entry matches any of its
secrets: that is how secrets are rotated. Entries of unknown versions (`v1a`, `v2`) are skipped.

Whoever signs often holds `SigningKey` objects, which keep the two hash states of HMAC (RFC 2104) with the key already absorbed.
Time is passed in (`verify` has a default for library users only). It does not know HTTP frameworks: headers are a mapping.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from router.clock import SystemClock
from router.errors import Blame, RouterError

__all__ = [
    "ID_HEADER",
    "SECRET_BYTES_MAX",
    "SECRET_BYTES_MIN",
    "SIGNATURE_HEADER",
    "TIMESTAMP_HEADER",
    "TOLERANCE_S",
    "SignatureError",
    "SigningKey",
    "SigningKeyError",
    "sign",
    "verify",
]

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"

TOLERANCE_S = 300
"""How far a timestamp may be from now, both ways; what the reference libraries allow."""

SECRET_BYTES_MIN = 24
SECRET_BYTES_MAX = 64
"""Length of a decoded secret (Standard Webhooks 1.0.0, "Signature scheme")."""

_SIGNATURES_CHARACTERS_MAX = 8192  # room for 180 entries; a longer header is an attack, not a rotation
_ID_CHARACTERS_MAX = 512
_PREFIX = "whsec_"
_ID = re.compile(r"[!-\-/-~]+")  # visible ASCII without "."
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,11}")  # 12 digits last until the year 33658
_BLOCK_BYTES = 64  # of SHA-256


class SignatureError(RouterError, ValueError):
    """A request whose signature does not hold, for whatever reason; also an id, time or body that cannot be signed."""

    blame = Blame.EVENT


class SigningKeyError(RouterError, ValueError):
    """A secret that is no Standard Webhooks key. The message never holds the secret."""

    blame = Blame.CONFIGURATION


class SigningKey:
    """A secret ready to sign: decoded once, HMAC's inner and outer state prepared.

    Shows nothing of itself in `repr`.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, secret: str) -> None:
        """Decode `whsec_<base64 of 24 to 64 bytes>`; the prefix and the base64 padding may be absent, as in the reference libraries.

        Raises SigningKeyError.
        """
        key = _decoded(secret).ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in key))
        self._outer = hashlib.sha256(bytes(octet ^ 0x5C for octet in key))

    def __repr__(self) -> str:
        return "SigningKey(…)"

    def entry(self, prefix: bytes, body: bytes) -> str:
        """Return `v1,<base64>` over `prefix + body`, where `prefix` is `<id>.<timestamp>.`."""
        inner = self._inner.copy()
        inner.update(prefix)
        inner.update(body)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return "v1," + binascii.b2a_base64(outer.digest(), newline=False).decode("ascii")


Secrets = str | SigningKey | Sequence[str | SigningKey]
"""One secret or several, as text or prepared."""


def sign(secret: Secrets, id: str, timestamp: int, body: bytes | str) -> str:
    """Return the value of `webhook-signature`: one `v1` entry per secret, in the order given, separated by one space.

    `timestamp` is Unix seconds of the attempt. Text bodies are signed as UTF-8. Raises SigningKeyError for a bad secret, SignatureError
    for an id that is empty or holds `.`, spaces or non-ASCII characters, and for a negative or fractional timestamp.
    """
    keys = _keys(secret)
    if isinstance(timestamp, bool) or not isinstance(timestamp, int) or not 0 <= timestamp < 10**12:
        raise SignatureError("a webhook timestamp is whole Unix seconds, for example 1614265330")
    if len(id) > _ID_CHARACTERS_MAX or _ID.fullmatch(id) is None:
        raise SignatureError("a webhook id is visible ASCII text without `.`, for example msg_2b1c")
    prefix = b"%b.%d." % (id.encode("ascii"), timestamp)
    octets = _octets(body)
    if len(keys) == 1:
        return keys[0].entry(prefix, octets)
    return " ".join([key.entry(prefix, octets) for key in keys])


def verify(
    secrets: Secrets,
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    now_s: float | None = None,
    tolerance_s: float = TOLERANCE_S,
) -> str:
    """Check a signed request and return its `webhook-id`, which is what a receiver deduplicates by.

    Header names are compared without regard to case. `now_s` is Unix seconds, by default the machine's clock, which is there for library users;
    code of ours passes it. Every entry is compared with every secret in constant time.
    Raises SignatureError for whatever is wrong with the request, hostile bytes included, and SigningKeyError for a bad secret of our own.
    """
    keys = _keys(secrets)
    id, stamp, given = (
        _header(headers, ID_HEADER),
        _header(headers, TIMESTAMP_HEADER),
        _header(headers, SIGNATURE_HEADER),
    )
    if len(id) > _ID_CHARACTERS_MAX or _ID.fullmatch(id) is None:
        raise SignatureError(f"{ID_HEADER} must be visible ASCII text without `.`")
    if _TIMESTAMP.fullmatch(stamp) is None:
        raise SignatureError(f"{TIMESTAMP_HEADER} must be whole Unix seconds")
    now_s = SystemClock().now_ms() / 1000 if now_s is None else now_s
    if not abs(now_s - int(stamp)) <= tolerance_s:
        raise SignatureError(f"{TIMESTAMP_HEADER} is more than {tolerance_s:g} s away from now")
    if len(given) > _SIGNATURES_CHARACTERS_MAX:
        raise SignatureError(f"{SIGNATURE_HEADER} is longer than {_SIGNATURES_CHARACTERS_MAX} characters")
    prefix = f"{id}.{stamp}.".encode("ascii")
    octets = _octets(body)
    expected = [key.entry(prefix, octets).encode("ascii") for key in keys]
    matches = 0
    for entry in given.split(" "):
        if entry.startswith("v1,"):
            offered = entry.encode("utf-8", "replace")
            for wanted in expected:
                matches += hmac.compare_digest(offered, wanted)
    if not matches:
        raise SignatureError(f"no entry of {SIGNATURE_HEADER} matches")
    return id


def _keys(secret: Secrets) -> Sequence[SigningKey]:
    if isinstance(secret, SigningKey):
        return (secret,)
    if isinstance(secret, str):
        return (SigningKey(secret),)
    keys = [entry if isinstance(entry, SigningKey) else SigningKey(entry) for entry in secret]
    if not keys:
        raise SigningKeyError("no secret given; write at least one `whsec_…`")
    return keys


def _decoded(secret: str) -> bytes:
    if not isinstance(secret, str):
        raise SigningKeyError(f"a signing secret is text, not {type(secret).__name__}")
    text = secret.strip()  # a secret kept in a file often ends with a newline
    if text.startswith(("whsk_", "whpk_")):
        raise SigningKeyError("ed25519 keys (whsk_, whpk_) are not supported; write an HMAC secret, `whsec_…`")
    text = text.removeprefix(_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), validate=True)
    except ValueError:  # binascii.Error and UnicodeEncodeError are both ValueErrors
        raise SigningKeyError(
            "a signing secret is `whsec_` followed by standard base64; this one is not base64"
        ) from None
    if not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise SigningKeyError(
            f"a signing secret decodes to {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes, this one to {len(key)}; "
            "make one with: echo whsec_$(openssl rand -base64 32)"
        )
    return key


def _header(headers: Mapping[str, str], name: str) -> str:
    """Return the one value of a header; two values under names that differ in case only are refused, not chosen from."""
    found = [value for key, value in headers.items() if isinstance(key, str) and key.lower() == name]
    if len(found) != 1:
        raise SignatureError(f"the request has {'no' if not found else 'more than one'} {name}")
    if not isinstance(found[0], str):
        raise SignatureError(f"{name} must be text")
    return found[0]


def _octets(body: bytes | str) -> bytes:
    if isinstance(body, str):
        try:
            return body.encode("utf-8")
        except UnicodeEncodeError:
            raise SignatureError("the body holds a lone surrogate, which has no UTF-8 form") from None
    if not isinstance(body, bytes | bytearray | memoryview):
        raise SignatureError("the body must be bytes or text")
    return body
