"""Source verification: known vectors, and everything near them that must fail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.plan import PlannedVerify, Secret
from router.server.verification import ALGORITHMS, SCHEMES, challenge, is_verified
from tests.corpora import corpus

NOW_S = 1_770_000_000.0


def rule(scheme: str, *secrets: str, **settings: object) -> PlannedVerify:
    return PlannedVerify(scheme=scheme, secrets=tuple(Secret(text) for text in secrets), **settings)  # type: ignore[arg-type]


def verified(one: PlannedVerify, headers: dict[str, str], body: bytes, now_s: float = NOW_S) -> bool:
    return is_verified(one, headers, body, now_s=now_s)


def hexmac(secret: str, message: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), message, algorithm).hexdigest()


def test_github_own_example() -> None:
    # From GitHub's documentation, "Validating webhook deliveries", Testing.
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    one = rule("github", "It's a Secret to Everybody")
    assert verified(one, {"x-hub-signature-256": signature}, b"Hello, World!")
    assert not verified(one, {"x-hub-signature-256": signature}, b"Hello, World")
    assert not verified(one, {"x-hub-signature-256": signature.removeprefix("sha256=")}, b"Hello, World!")
    assert not verified(one, {"x-hub-signature": signature}, b"Hello, World!")
    assert not verified(one, {}, b"Hello, World!")


def test_slack_own_example() -> None:
    # From Slack's documentation, "Verifying requests from Slack".
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    one = rule("slack", "8f742231b10e8888abcd99yyyzzz85a5")
    assert verified(one, headers, body, now_s=1531420618 + 299)
    assert not verified(one, headers, body, now_s=1531420618 + 301)
    assert not verified(one, headers, body, now_s=1531420618 - 301)
    assert not verified(one, {**headers, "x-slack-request-timestamp": "1531420619"}, body, now_s=1531420618)
    assert not verified(one, headers, body + b"x", now_s=1531420618)


def test_stripe() -> None:
    body, stamp = b'{"id": "evt_1"}', int(NOW_S)
    good = hexmac("whsec_test", f"{stamp}.".encode() + body)
    one = rule("stripe", "whsec_test")
    assert verified(one, {"stripe-signature": f"t={stamp},v1={good},v0=ignored"}, body)
    # During a roll Stripe sends one v1 per secret; any place in the list counts.
    assert verified(one, {"stripe-signature": f"t={stamp},v1={'0' * 64},v1={good}"}, body)
    assert verified(rule("stripe", "whsec_new", "whsec_test"), {"stripe-signature": f"t={stamp}, v1={good}"}, body)
    assert not verified(one, {"stripe-signature": f"t={stamp},v0={good}"}, body)
    assert not verified(one, {"stripe-signature": f"t={stamp + 1},v1={good}"}, body)
    assert not verified(one, {"stripe-signature": f"v1={good}"}, body)
    assert not verified(one, {"stripe-signature": f"t={stamp},v1={good}"}, body, now_s=NOW_S + 301)
    assert verified(
        rule("stripe", "whsec_test", tolerance_s=600), {"stripe-signature": f"t={stamp},v1={good}"}, body, NOW_S + 301
    )


def test_shopify() -> None:
    body = b'{"id":1}'
    good = base64.b64encode(hmac.digest(b"shpss", body, "sha256")).decode()
    one = rule("shopify", "old", "shpss")
    assert verified(one, {"x-shopify-hmac-sha256": good}, body)
    assert not verified(one, {"x-shopify-hmac-sha256": good}, b'{"id":2}')
    assert not verified(rule("shopify", "other"), {"x-shopify-hmac-sha256": good}, body)


def test_standard_webhooks_vectors() -> None:
    vectors = json.loads(corpus("standard-webhooks", "vectors.json").read_text())
    checked = 0
    for vector in vectors["sign"]:
        if vector["scheme"] != "v1":
            continue
        headers = {
            "webhook-id": vector["id"],
            "webhook-timestamp": str(vector["timestamp"]),
            "webhook-signature": vector["signature"],
        }
        one = rule("standard-webhooks", vector["secret"])
        body = vector["body"].encode()
        assert verified(one, headers, body, now_s=float(vector["timestamp"]))
        assert not verified(one, headers, body + b" ", now_s=float(vector["timestamp"]))
        assert not verified(one, headers, body, now_s=float(vector["timestamp"]) + 301)
        checked += 1
    assert checked == 2


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("prefix", ["", "sig="])
def test_hmac(algorithm: str, encoding: str, prefix: str) -> None:
    body = b"payload"
    digest = hmac.digest(b"key", body, algorithm)
    text = prefix + (digest.hex() if encoding == "hex" else base64.b64encode(digest).decode())
    one = rule("hmac", "other", "key", header="X-Signature", algorithm=algorithm, encoding=encoding, prefix=prefix)
    assert verified(one, {"x-signature": text}, body)
    assert not verified(one, {"x-signature": text}, b"Payload")
    assert not verified(one, {"x-signature": "x" + text}, body)
    assert not verified(one, {"x-other": text}, body)


def test_basic_and_bearer() -> None:
    one = rule("basic", "old", "päss:word", username="user")
    credentials = base64.b64encode("user:päss:word".encode()).decode()
    assert verified(one, {"authorization": f"Basic {credentials}"}, b"")
    assert verified(one, {"authorization": f"basic  {credentials}"}, b"")
    for wrong in ("user:pass", "other:päss:word", "user:", "user", ":", ""):
        assert not verified(one, {"authorization": f"Basic {base64.b64encode(wrong.encode()).decode()}"}, b"")
    assert not verified(one, {"authorization": f"Bearer {credentials}"}, b"")
    one = rule("bearer", "old", "token")
    assert verified(one, {"authorization": "Bearer token"}, b"")
    for value in ("Bearer tokem", "Bearer", "Bearer ", "token", "Basic token", ""):
        assert not verified(one, {"authorization": value}, b"")


def test_a_rule_without_secret_or_of_unknown_scheme_verifies_nothing() -> None:
    digest = hexmac("", b"x")
    headers = {
        "x-hub-signature-256": f"sha256={digest}",
        "authorization": "Basic Og==",
        "stripe-signature": f"t={int(NOW_S)},v1={digest}",
        "x": digest,
    }
    for scheme in sorted(SCHEMES.keys() - {"none"}):
        assert not verified(rule(scheme, header="X"), headers, b"x")
    assert not verified(rule("telepathy", "s"), headers, b"x")
    assert not verified(rule("hmac", "s", header="X", algorithm="md5"), {"x": hexmac("s", b"x", "md5")}, b"x")
    assert not verified(rule("hmac", "s"), headers, b"x")
    assert verified(rule("none"), {}, b"x")


def test_challenges() -> None:
    assert challenge(rule("basic")).startswith(b"Basic ")
    assert challenge(rule("bearer")).startswith(b"Bearer ")
    assert challenge(rule("github")) == b'Signature realm="events"'


NAMES = [
    "x-hub-signature-256",
    "stripe-signature",
    "x-slack-signature",
    "x-slack-request-timestamp",
    "x-shopify-hmac-sha256",
    "authorization",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-signature",
]
hostile = st.text(st.characters(max_codepoint=255), max_size=40) | st.sampled_from(
    ["sha256=é", "t=1770000000,v1=zz", "v0=", "1770000000", "²", "Basic é", "v1,", "9" * 30, "Bearer \xff", "t=,v1=,v1"]
)


@given(
    scheme=st.sampled_from(sorted(SCHEMES.keys() - {"none"})),
    headers=st.dictionaries(st.sampled_from(NAMES), hostile, max_size=4),
    body=st.binary(max_size=20),
)
def test_hostile_headers_are_refused_and_never_an_error(scheme: str, headers: dict[str, str], body: bytes) -> None:
    secret = "whsec_" + base64.b64encode(hashlib.sha256(b"key").digest()).decode()
    one = rule(scheme, secret, header="X-Signature", username="user")
    assert not verified(one, headers, body)
