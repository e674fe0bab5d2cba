"""Header values, after section 3.1.3.2 of the HTTP binding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.errors import EventError
from router.event_headers import encode_header_value
from router.server.attributes import Leniency
from router.server.header_decoding import decode_header_value


def decoded(raw: bytes) -> tuple[str, list[Leniency]]:
    noted: list[Leniency] = []
    return decode_header_value("subject", raw, noted=noted.append), noted


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        # The specification's own examples.
        (b"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        (b'"Euro \\"%E2%82%AC\\" %F0%9F%98%80"', 'Euro "€" 😀'),
        (b"%41", "A"),  # an escape that was not needed
        (b"%e2%82%ac", "€"),  # lower-case digits
        (b"%2541", "%41"),  # one round only
        (b'"a\\\\b"', "a\\b"),
        (b'"a b"', "a b"),
        (b'""', ""),
        (b"plain/value;x=1", "plain/value;x=1"),
        (b"", ""),
        (b"%00", "\x00"),  # the rule for characters is another one's
    ],
)
def test_what_the_binding_says(raw: bytes, text: str) -> None:
    assert decoded(raw) == (text, [])
    assert decode_header_value("subject", raw, strict=True) == text


@pytest.mark.parametrize("raw", [b"%C0%A0", b"%FF", b"%ED%A0%80", b"%E2%82", b'"%C0%A0"', b"a%C3"])
def test_escapes_that_are_not_utf8_are_refused(raw: bytes) -> None:
    with pytest.raises(EventError, match="not UTF-8"):
        decoded(raw)


@pytest.mark.parametrize(
    ("raw", "text", "leniency"),
    [
        (b"a b", "a b", Leniency.RAW_SPACE),
        (b'a "b" c', 'a "b" c', Leniency.RAW_SPACE),
        (b'"', '"', Leniency.RAW_SPACE),
        (b"100%", "100%", Leniency.STRAY_PERCENT),
        (b"%zz", "%zz", Leniency.STRAY_PERCENT),
        ("né".encode("latin-1"), "né", Leniency.RAW_NON_ASCII),
        ("né€".encode(), "né€", Leniency.RAW_NON_ASCII),
    ],
)
def test_deviations_are_forgiven_and_noted_or_refused_when_strict(raw: bytes, text: str, leniency: Leniency) -> None:
    assert decoded(raw) == (text, [leniency])
    with pytest.raises(EventError, match="header ce-subject"):
        decode_header_value("subject", raw, strict=True)


def test_raw_octets_and_escapes_together() -> None:
    assert decoded(b"n\xe9%20%E2%82%AC")[0] == "né €"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_we_encode_is_read_again(text: str) -> None:
    encoded = encode_header_value(text)
    assert encoded.isascii()
    assert " " not in encoded
    assert '"' not in encoded
    assert decode_header_value("subject", encoded.encode("ascii"), strict=True) == text


@given(st.binary())
def test_any_octets_are_text_or_an_event_error(raw: bytes) -> None:
    try:
        text = decode_header_value("subject", raw)
    except EventError:
        return
    text.encode("utf-8")
