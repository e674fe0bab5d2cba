"""Cursors come back as they went, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.store.cursor import decode_cursor, encode_cursor

INTEGERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@given(what=st.sampled_from(["event", "delivery"]), at_ms=INTEGERS, seq=INTEGERS)
def test_a_cursor_comes_back_as_it_went(what: str, at_ms: int, seq: int) -> None:
    cursor = encode_cursor(what, at_ms, seq)
    assert decode_cursor(what, cursor) == (at_ms, seq)
    assert cursor.replace("-", "").replace("_", "").isalnum()  # stands in an URL as it is
    with pytest.raises(ValueError, match="not a cursor"):
        decode_cursor("event" if what == "delivery" else "delivery", cursor)


@given(st.text() | st.binary().map(lambda octets: octets.decode("latin-1")))
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        decode_cursor("event", text)
