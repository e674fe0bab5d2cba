"""Standard Webhooks signatures: outside vectors, an independent implementation as oracle, and hostile requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from router.clock import SystemClock
from router.delivery.signature import SignatureError, SigningKey, SigningKeyError, sign, verify
from tests.corpora import corpus

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOW = 1614265330

secrets = st.binary(min_size=24, max_size=64).map(lambda key: "whsec_" + base64.b64encode(key).decode())
ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="."), min_size=1, max_size=60)


def headers(
    secret: Any = SECRET, *, id: str = "msg_1", timestamp: int = NOW, body: bytes | str = b"{}"
) -> dict[str, str]:
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, id=id, timestamp=timestamp, body=body),
    }


def vectors() -> Any:
    return json.loads(corpus("standard-webhooks", "vectors.json").read_text())


def test_outside_vectors_reproduce() -> None:
    made = [vector for vector in vectors()["sign"] if vector["scheme"] == "v1"]
    assert made
    for vector in made:
        kept = {key: vector[key] for key in ("id", "timestamp", "body")}
        assert sign(vector["secret"], **kept) == vector["signature"]
        assert sign(vector["secret"].removeprefix("whsec_"), **kept) == vector["signature"]


def test_refused_secrets_are_refused_by_both_directions() -> None:
    for secret in vectors()["invalid_secrets"]:
        with pytest.raises(SigningKeyError):
            sign(secret, id="msg_1", timestamp=NOW, body=b"")
        with pytest.raises(SigningKeyError):
            verify(secret, headers(), b"{}", now_s=NOW)


@pytest.mark.parametrize("length", [0, 1, 23, 65, 100])
def test_keys_outside_24_to_64_bytes_are_refused(length: int) -> None:
    with pytest.raises(SigningKeyError):
        SigningKey("whsec_" + base64.b64encode(b"k" * length).decode())


@pytest.mark.parametrize(
    "secret", ["whsec_ümlaut" * 6, "whsec_" + "!" * 40, "whsec_" + "A" * 33, "whsec_" + "AA AA" * 10]
)
def test_text_that_is_not_base64_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(SigningKeyError) as caught:
        SigningKey(secret)
    assert secret not in str(caught.value)


def test_unpadded_secret_and_trailing_newline_are_accepted() -> None:
    padded = "whsec_" + base64.b64encode(b"k" * 25).decode()
    assert padded.endswith("=")
    wanted = sign(padded, id="m", timestamp=1, body=b"x")
    assert sign(padded.rstrip("="), id="m", timestamp=1, body=b"x") == wanted
    assert sign(padded + "\n", id="m", timestamp=1, body=b"x") == wanted


def test_no_secret_at_all_is_refused() -> None:
    with pytest.raises(SigningKeyError):
        verify([], headers(), b"{}", now_s=NOW)


def test_a_key_shows_nothing() -> None:
    assert "MfKQ" not in repr(SigningKey(SECRET))


@given(secrets, ids, st.integers(0, 10**11), st.binary(max_size=300))
def test_signature_is_hmac_sha256_of_id_time_body(secret: str, id: str, timestamp: int, body: bytes) -> None:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    assert sign(secret, id=id, timestamp=timestamp, body=body) == "v1," + base64.b64encode(digest).decode()


@given(secrets, ids, st.integers(0, 2**32), st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_the_reference_library_makes_the_same_signature(secret: str, id: str, timestamp: int, body: str) -> None:
    theirs = Webhook(secret).sign(id, datetime.fromtimestamp(timestamp, tz=UTC), body)
    assert sign(secret, id=id, timestamp=timestamp, body=body) == theirs


@given(st.lists(secrets, min_size=1, max_size=4, unique=True), ids, st.binary(max_size=50), st.data())
def test_any_secret_verifies_what_any_secret_signed(made: list[str], id: str, body: bytes, data: st.DataObject) -> None:
    signed = headers(made, id=id, body=body)
    assert len(signed["webhook-signature"].split(" ")) == len(made)
    known = data.draw(st.sampled_from(made))
    assert verify([OTHER, known], signed, body, now_s=NOW) == id
    assert verify(known, signed, body, now_s=NOW) == id
    assert verify(SigningKey(known), signed, body, now_s=NOW) == id


def test_decoys_and_unknown_versions_are_skipped() -> None:
    signed = headers()
    signed["webhook-signature"] = " ".join(
        [*vectors()["decoy_signatures"], "v1a,AAAA", "nonsense", "", signed["webhook-signature"]]
    )
    assert verify(SECRET, signed, "{}", now_s=NOW) == "msg_1"


def test_decoys_alone_are_refused() -> None:
    for decoy in [*vectors()["decoy_signatures"], "", " ", "v1", "v1,,", "v1,ü", "v1,\ud800", "v1,====", "," * 100]:
        with pytest.raises(SignatureError):
            verify(SECRET, headers() | {"webhook-signature": decoy}, b"{}", now_s=NOW)


@pytest.mark.parametrize("cut", [1, 2, 10, 43])
def test_truncated_signature_is_refused(cut: int) -> None:
    signed = headers()
    signed["webhook-signature"] = signed["webhook-signature"][:-cut]
    with pytest.raises(SignatureError):
        verify(SECRET, signed, b"{}", now_s=NOW)


def test_a_right_mac_under_another_version_is_refused() -> None:
    signed = headers()
    signed["webhook-signature"] = signed["webhook-signature"].replace("v1,", "v2,")
    with pytest.raises(SignatureError):
        verify(SECRET, signed, b"{}", now_s=NOW)


def test_refused_timestamps_are_refused() -> None:
    extra = [
        "1614265330.5",
        "1_614_265_330",
        "+1614265330",
        "٣",
        "1e9",
        "nan",
        "9" * 5000,
        " 1614265330",
        "01614265330",
    ]
    for stamp in [*vectors()["invalid_timestamps"], *extra]:
        with pytest.raises(SignatureError):
            verify(SECRET, headers() | {"webhook-timestamp": stamp}, b"{}", now_s=NOW)


@pytest.mark.parametrize(("shift", "holds"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_tolerance_is_300_seconds_both_ways(shift: int, holds: bool) -> None:
    if holds:
        assert verify(SECRET, headers(), b"{}", now_s=NOW + shift)
    else:
        with pytest.raises(SignatureError, match="300 s"):
            verify(SECRET, headers(), b"{}", now_s=NOW + shift)


def test_tolerance_can_be_set_and_nan_never_passes() -> None:
    assert verify(SECRET, headers(), b"{}", now_s=NOW + 900, tolerance_s=1000)
    with pytest.raises(SignatureError):
        verify(SECRET, headers(), b"{}", now_s=float("nan"))


def test_without_a_time_the_machines_clock_counts() -> None:
    now = SystemClock().now_ms() // 1000
    assert verify(SECRET, headers(timestamp=now), b"{}") == "msg_1"
    with pytest.raises(SignatureError, match="300 s"):
        verify(SECRET, headers(), b"{}")


def test_header_names_are_case_insensitive_but_never_ambiguous() -> None:
    signed = {name.title(): value for name, value in headers().items()}
    assert verify(SECRET, signed, b"{}", now_s=NOW) == "msg_1"
    with pytest.raises(SignatureError, match="more than one"):
        verify(SECRET, signed | {"webhook-id": "msg_2"}, b"{}", now_s=NOW)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_required(missing: str) -> None:
    signed = headers()
    del signed[missing]
    with pytest.raises(SignatureError, match=missing):
        verify(SECRET, signed, b"{}", now_s=NOW)


@pytest.mark.parametrize("id", ["", "a.b", "a b", "ä", "a\n", "x" * 600])
def test_ids_that_could_shift_the_signed_text_are_refused(id: str) -> None:
    with pytest.raises(SignatureError):
        sign(SECRET, id=id, timestamp=NOW, body=b"")
    with pytest.raises(SignatureError):
        verify(SECRET, headers() | {"webhook-id": id}, b"{}", now_s=NOW)


@pytest.mark.parametrize("timestamp", [-1, 1.5, True, "1", 10**12])
def test_only_whole_seconds_can_be_signed(timestamp: Any) -> None:
    with pytest.raises(SignatureError):
        sign(SECRET, id="msg_1", timestamp=timestamp, body=b"")


def test_text_bodies_are_utf8_and_lone_surrogates_are_refused() -> None:
    assert sign(SECRET, id="m", timestamp=1, body="ü") == sign(SECRET, id="m", timestamp=1, body="ü".encode())
    with pytest.raises(SignatureError):
        verify(SECRET, headers(), "\ud800", now_s=NOW)


@given(
    st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=5), st.text(max_size=40), st.text(), st.text()
)
@example({}, "msg_1", str(NOW), "v1," + "A" * 44)
def test_hostile_requests_raise_one_error(extra: dict[str, str], id: str, stamp: str, given_: str) -> None:
    hostile = extra | {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": given_}
    with pytest.raises(SignatureError):
        verify(SECRET, hostile, b"{}", now_s=NOW)


@given(st.binary(max_size=40), st.integers(0, 39), st.integers(0, 7))
def test_one_flipped_bit_of_the_body_is_noticed(body: bytes, position: int, bit: int) -> None:
    signed = headers(body=body)
    changed = bytearray(body or b"\0")
    changed[position % len(changed)] ^= 1 << bit
    with pytest.raises(SignatureError):
        verify(SECRET, signed, bytes(changed), now_s=NOW)
