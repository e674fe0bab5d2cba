"""The reader alone: every split of the same bytes reads the same, rubbish never hangs or grows, and h11 agrees on what is valid."""

from __future__ import annotations

import h11
from hypothesis import example, given, settings
from hypothesis import strategies as st

from router.delivery.request import Answer
from router.errors import EndpointError
from router.runtime.egress.answer import AnswerReader
from router.runtime.egress.limits import EgressLimits
from tests.runtime.egress.rubbish import rubbish

LIMITS = EgressLimits(header_bytes_max=512, header_count_max=8, body_bytes_max=64, wire_bytes_max=2048)

splits = st.lists(st.integers(1, 40), max_size=60)


def cut(octets: bytes, lengths: list[int]) -> list[bytes]:
    pieces, rest = [], octets
    for length in lengths:
        if not rest:
            break
        pieces.append(rest[:length])
        rest = rest[length:]
    return [*pieces, rest] if rest else pieces


def read(pieces: list[bytes], limits: EgressLimits = LIMITS) -> Answer | str:
    """Return the answer, or the kind of fault; `open` when the connection's end left it incomplete."""
    reader = AnswerReader(limits)
    try:
        if any(reader.feed(piece) for piece in pieces) or reader.end():
            return reader.answer()
    except EndpointError as error:
        return error.kind
    return "open"


@given(rubbish, splits)
@settings(max_examples=1500)
@example(
    b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 101 Up\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n", []
)
@example(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n" + b"t: 1\r\n" * 12, [])
def test_any_bytes_end_in_an_answer_or_a_fault_within_bounds(octets: bytes, lengths: list[int]) -> None:
    result = read(cut(octets, lengths))
    if isinstance(result, Answer):
        assert 200 <= result.status <= 999
        assert len(result.body) <= LIMITS.body_bytes_max
        assert len(result.headers) <= LIMITS.header_count_max
        assert not any("\r" in value or "\n" in value for _, value in result.headers)
    else:
        assert result in {"protocol", "too-large", "open"}


@given(rubbish, splits, splits)
@settings(max_examples=1500)
def test_the_split_into_packets_means_nothing(octets: bytes, one: list[int], other: list[int]) -> None:
    wide = EgressLimits()
    assert read(cut(octets, one), wide) == read(cut(octets, other), wide)


names = st.from_regex(r"x-[a-z0-9-]{1,10}", fullmatch=True)
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30)


@given(
    st.integers(200, 599).filter(lambda status: status not in (204, 304)),
    st.lists(st.tuples(names, values), max_size=8),
    st.binary(max_size=3000),
    st.sampled_from(["length", "chunked", "close"]),
    splits,
)
@settings(max_examples=300)
def test_h11_agrees_on_valid_answers(
    status: int, headers: list[tuple[str, str]], body: bytes, framing: str, lengths: list[int]
) -> None:
    sender = h11.Connection(h11.SERVER)
    sender.receive_data(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
    sender.next_event()
    frame = {
        "length": [("content-length", str(len(body)))],
        "chunked": [("transfer-encoding", "chunked")],
        "close": [("connection", "close")],
    }
    octets = sender.send(h11.Response(status_code=status, headers=[*headers, *frame[framing]]))
    if framing == "close":  # h11 would choose chunks
        octets = octets.replace(b"Transfer-Encoding: chunked\r\n", b"") + body
    else:
        octets += (sender.send(h11.Data(data=body)) or b"") + (sender.send(h11.EndOfMessage()) or b"")
    result = read(cut(octets, lengths), EgressLimits())
    assert isinstance(result, Answer)
    assert (result.status, result.body, result.truncated) == (status, body, False)
    assert [pair for pair in result.headers if pair[0].startswith("x-")] == [(name, value) for name, value in headers]


def test_a_truncated_or_unframed_answer_never_leaves_a_reusable_connection() -> None:
    reader = AnswerReader(LIMITS)
    assert reader.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n" + b"x" * 100)
    assert reader.answer().truncated
    assert not reader.is_reusable
    reader = AnswerReader(LIMITS)
    assert not reader.feed(b"HTTP/1.1 200 OK\r\n\r\nok")
    assert reader.end()
    assert not reader.is_reusable


def test_trailers_are_dropped_and_names_are_lower_case() -> None:
    octets = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n0\r\nX-Evil: 2\r\n\r\n"
    result = read([octets])
    assert isinstance(result, Answer)
    assert result.headers == (("transfer-encoding", "chunked"), ("x-a", "1"))
