"""The request for a token, and what answers to it mean."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.delivery.request import Answer
from router.delivery.token import LIFETIME_S, Token, TokenError, read_token, token_request
from router.plan.endpoint import PlannedEndpoint, TlsIdentity
from router.plan.oauth2 import ClientCredentials
from router.plan.secret import Secret
from tests.runtime.builders import endpoint

CLIENT = ClientCredentials(
    token_url="https://login.example/token", client_id="router:1", client_secret=Secret("s%&é"), scopes=("a", "b:c")
)
CRM: PlannedEndpoint = msgspec.structs.replace(
    endpoint("crm"), oauth2=CLIENT, tls=TlsIdentity(ca_pem=b"pem"), allow_private=True
)


def _answer(status: int = 200, **document: Any) -> Answer:
    return Answer(status=status, body=json.dumps(document).encode())


def test_the_request_is_that_of_the_specification() -> None:
    request = token_request(CLIENT, CRM)
    assert (request.method, request.url) == ("POST", CLIENT.token_url)
    assert parse_qs(request.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["a b:c"]}
    headers = dict(request.headers)
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    scheme, _, pair = headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair)) == ("Basic", b"router%3A1:s%25%26%C3%A9")  # section 2.3.1 and appendix B
    assert request.allow_private
    assert request.total_timeout_s == CRM.timeout.total_s


def test_no_scope_is_asked_for_when_none_is_written() -> None:
    request = token_request(msgspec.structs.replace(CLIENT, scopes=()), CRM)
    assert request.body == b"grant_type=client_credentials"


def test_the_tls_identity_goes_to_its_own_host_only() -> None:
    assert token_request(CLIENT, CRM).tls is None
    own = msgspec.structs.replace(CLIENT, token_url="https://crm.example/token")
    assert token_request(own, CRM).tls == CRM.tls


@pytest.mark.parametrize(
    ("expires_in", "fresh_s"),
    [(3600, 3540), (100, 90), ("3600", 3540), (0, 0), (-5, 0), (None, LIFETIME_S * 0.9), ("soon", LIFETIME_S * 0.9)],
)
def test_a_token_is_fresh_until_shortly_before_its_end(expires_in: Any, fresh_s: float) -> None:
    token = read_token(_answer(access_token="abc", token_type="Bearer", expires_in=expires_in), now_s=1000)
    assert token.fetched_at_s == 1000
    assert token.fresh_until_s == pytest.approx(1000 + fresh_s)
    assert token.authorization.reveal() == "Bearer abc"
    assert "abc" not in repr(token)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_answer(400, error="invalid_client"), "answered 400 (invalid_client)"),
        (_answer(400, error="the secret was hunter2"), "answered 400"),
        (Answer(status=302, headers=(("location", "http://127.0.0.1/"),)), "answered 302"),
        (Answer(status=503, body=b"<html>"), "answered 503"),
        (Answer(status=200, body=b"[]"), "no `access_token`"),
        (_answer(access_token=""), "no `access_token`"),
        (_answer(access_token=7), "no `access_token`"),
        (_answer(access_token="abc", token_type="mac"), "no bearer token"),
        (_answer(access_token="a\r\nx-evil: 1"), "cannot be sent"),
        (_answer(access_token="a b"), "cannot be sent"),
        (_answer(access_token="a" * 9000), "cannot be sent"),
    ],
)
def test_what_is_no_token_says_why_and_nothing_secret(answer: Answer, said: str) -> None:
    with pytest.raises(TokenError) as caught:
        read_token(answer, now_s=0)
    assert said in caught.value.detail
    assert "hunter2" not in caught.value.detail
    assert "evil" not in caught.value.detail


@given(st.binary(max_size=200), st.integers(100, 599))
def test_no_answer_raises_anything_else(body: bytes, status: int) -> None:
    with contextlib.suppress(TokenError):
        assert isinstance(read_token(Answer(status=status, body=body), now_s=0), Token)


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(allow_nan=True, allow_infinity=True),
        st.integers(),
        st.text(),
        st.lists(st.none()),
    )
)
def test_any_lifetime_is_read(written: Any) -> None:
    token = read_token(_answer(access_token="abc", expires_in=written), now_s=0)
    assert 0 <= token.fresh_until_s <= 365 * 86400
