"""Strict JSON, against the outside parser cases."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.errors import EventError, EventFault
from router.server.json_decoding import (
    JSON_DEPTH_MAX,
    decode_json,
    decode_members,
    decode_values,
    is_json_media_type,
    media_type_parameters,
)
from tests.corpora import corpus_lines


def parser_case_octets(case: dict[str, Any]) -> bytes:
    if "base64" in case:
        return base64.b64decode(case["base64"])
    text, times, end = case["repeat"]
    return (text * times + end).encode()


def refusal(decode: Callable[[bytes, str], Any], octets: bytes) -> EventError | None:
    try:
        decode(octets, "the body")
    except EventError as error:
        return error
    return None


def verdict(octets: bytes) -> str:
    error = refusal(decode_json, octets)
    if error is None:
        return "accept"
    assert error.fault is EventFault.MALFORMED
    assert error.detail.startswith("the body")
    return "reject"


def test_every_decided_parser_case_is_right() -> None:
    decided = 0
    for case in corpus_lines("json-parsing", "cases.jsonl"):
        got = verdict(parser_case_octets(case))
        if case["expect"] != "either":
            decided += 1
            assert got == case["expect"], case["name"]
    assert decided == 283


def test_depth_is_limited_but_breadth_is_not() -> None:
    assert verdict(b"[" * JSON_DEPTH_MAX + b"]" * JSON_DEPTH_MAX) == "accept"
    assert verdict(b"[" * (JSON_DEPTH_MAX + 1) + b"]" * (JSON_DEPTH_MAX + 1)) == "reject"
    assert verdict(b'{"a":' * (JSON_DEPTH_MAX + 1) + b"1" + b"}" * (JSON_DEPTH_MAX + 1)) == "reject"
    assert verdict(b"[" + b",".join([b"[{}]"] * 10_000) + b"]") == "accept"
    assert verdict(b'["' + b"[" * 10_000 + b'"]') == "accept"


@pytest.mark.parametrize(
    "octets",
    [
        b"[NaN]",
        b"[Infinity]",
        b"[1e999]",
        b'["\\ud800"]',
        b'["\xff"]',
        b"\xef\xbb\xbf[]",
        b"[1,]",
        b"[] x",
        b"",
        b"[01]",
    ],
)
def test_refused_by_name(octets: bytes) -> None:
    assert verdict(octets) == "reject"


def test_the_last_of_repeated_keys_counts_in_values_and_in_members_alike() -> None:
    octets = b'{"a": 1, "a": 2}'
    assert decode_json(octets, "x") == {"a": 2}
    assert decode_members(octets, "x") == {"a": b"2"}


def test_members_and_values_keep_their_octets() -> None:
    assert decode_members(b'{"a" : [1.50, "\\u00e9" ] ,"b":null}', "x") == {"a": b'[1.50, "\\u00e9" ]', "b": b"null"}
    assert decode_values(b' [ {"a": 1} , 2.0 ] ', "x") == [b'{"a": 1}', b"2.0"]


@pytest.mark.parametrize("octets", [b"[1]", b"1", b"null", b"", b"{", b'{"\xff": 1}', b'{"a":' + b"[" * 100_000])
def test_members_of_what_is_no_object_are_refused(octets: bytes) -> None:
    with pytest.raises(EventError, match="the body"):
        decode_members(octets, "the body")


@pytest.mark.parametrize("octets", [b"{}", b"1", b"", b"[", b"[" * 100_000])
def test_values_of_what_is_no_array_are_refused(octets: bytes) -> None:
    with pytest.raises(EventError, match="the body"):
        decode_values(octets, "the body")


@given(st.binary(max_size=60))
def test_any_octets_are_a_value_or_an_event_error(octets: bytes) -> None:
    verdict(octets)
    for decode in (decode_members, decode_values):
        error = refusal(decode, octets)
        assert error is None or error.fault is EventFault.MALFORMED


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/json", True),
        ("application/vnd.x+json", True),
        ("application/json-seq", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_json_media_types(content_type: str, expected: bool) -> None:
    assert is_json_media_type(content_type) is expected


def test_media_type_parameters_are_normalised() -> None:
    assert media_type_parameters('text/plain; Charset="UTF-8" ; x=Y') == {"charset": "utf-8", "x": "y"}
    assert media_type_parameters("text/plain") == {}
