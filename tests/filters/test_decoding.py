"""Decoding only what filters look at gives the answers that decoding everything gives."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.filters import Filter, RouteEntry, RouteIndex
from router.filters.decoding import decode_whole
from tests.corpora import corpus
from tests.filters.expressions import Expressions, document
from tests.filters.test_index import table


def index_of(*filters: str) -> RouteIndex:
    return RouteIndex.build([RouteEntry(position=n, filter=Filter(text)) for n, text in enumerate(filters)])


def outcome(answer: Callable[[bytes], Any], body: bytes) -> Any:
    """Return the answer, or that there is none."""
    try:
        return answer(body)
    except ValueError:
        return "refused"


def check(index: RouteIndex, body: bytes) -> None:
    assert outcome(index.match_bytes, body) == outcome(lambda text: index.match(decode_whole(text)), body), body


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_it_changes_no_answer(rnd: random.Random, size: int) -> None:
    index = RouteIndex.build(table(rnd, size))
    for _ in range(5):
        check(index, json.dumps(document(rnd)).encode())


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_it_changes_no_answer_of_any_expression(rnd: random.Random, size: int) -> None:
    expressions = Expressions(rnd)
    index = index_of(*(expressions.value() for _ in range(size)))
    for _ in range(5):
        check(index, json.dumps(document(rnd)).encode())


OUT_OF_RANGE = {
    "number_huge_exp.json",
    "number_neg_int_huge_exp.json",
    "number_pos_double_huge_exp.json",
    "number_real_neg_overflow.json",
    "number_real_pos_overflow.json",
}
"""Numbers no double can hold: refused by orjson, and the documented exception where no filter looks."""

PIECES = [
    b'"', b"\\", b"\\u", b"\\ud800", b"\\ud834\\udd1e", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\x00", b"\x01", b"{", b"}", b"[",
    b"]", b",", b":", b"null", b"tru", b"NaN", b"-", b"01", b"1.", b"1e5", b"1e-400", b"9" * 19, b"9" * 20, b"-" + b"9" * 25, b"  ",
    b'"a":1,', b'"data":{"a":2},', b'"a":{"a":null},', b'"data":null,', b"[[[[[[1]]]]]]", b'{"a":{"a":{"a":{"a":1}}}}', b"\xef\xbb\xbf",
]  # fmt: skip


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_it_changes_no_answer_on_damaged_text(rnd: random.Random) -> None:
    expressions = Expressions(rnd)
    index = index_of(*(expressions.filter() for _ in range(3)))
    for _ in range(10):
        body = bytearray(json.dumps(document(rnd), ensure_ascii=rnd.random() < 0.5).encode())
        for _ in range(rnd.choice([1, 1, 1, 2, 4])):
            at = rnd.randrange(len(body) + 1)
            body[at : at + rnd.choice([0, 0, 1, 3])] = rnd.choice(PIECES)
        check(index, bytes(body))


def test_it_changes_no_answer_on_the_parsing_suite() -> None:
    """Each text of the suite stands alone, where a filter looks, and where none does."""
    index = index_of("a == `1`", "b.c == 'x'", "items[?a == `1`]", "type(a) == 'number'", "!d")
    cases = [json.loads(line) for line in corpus("json-parsing", "cases.jsonl").read_text().splitlines()]
    texts = {case["name"]: base64.b64decode(case["base64"]) for case in cases if "base64" in case}
    assert len(texts) > 300
    for name, text in texts.items():
        check(index, text)
        check(index, b'{"a":' + text + b"}")
        check(index, b'{"items":' + text + b',"a":1}')
        if name.removeprefix("i_") not in OUT_OF_RANGE:
            check(index, b'{"unread":' + text + b',"a":1}')


@pytest.mark.parametrize(
    ("filters", "body"),
    [
        (["a == `18446744073709551617`"], b'{"a": 18446744073709551616}'),
        (["a == `18446744073709551615`"], b'{"a": 18446744073709551615}'),
        (["a.b == `1` || a"], b'{"a": {}}'),
        (["a.b", "!a"], b'{"a": {"c": 1}}'),
        (["a.b == `null`"], b'{"a": null}'),
        (["a.b == 'x'"], b'{"a": {"b": "x"}, "a": {"c": 1}}'),
        (["a.b == 'x'"], b'{"a": [{"b": "x"}]}'),
        (["a[*].b", "a[?b == 'x'].c", "a[0].d == `1`"], b'{"a": [null, 1, {"b": "x", "c": {"z": 1}}, {"b": null}]}'),
        (["a[?b == 'x']"], b'{"a": [{"b": "x", "c": "unread"}]}'),
        (["a[]", "a[][]", "a.*", "length(@) > `2`"], b'{"a": [[1], [[2]]], "b": 1}'),
        (['to_string(a) == \'{"b":1,"c":2}\''], b'{"a": {"b": 1, "c": 2}}'),
        (["a == `[[[[[[1]]]]]]`", "a[0][0][0][0][0][0] == `1`"], b'{"a": [[[[[[1]]]]]]}'),
        (["length(a.b) == `1`"], b'{"a": {"b": 5}}'),
        (["['x', a.b] | [1] == 'y'", "{k: a}.k.b == 'y'"], b'{"a": {"b": "y"}}'),
        (['"odd-name"."" == \'x\''], b'{"odd-name": {"": "x"}}'),
        (["a == 'x'"], b"[]"),
        (["a == 'x'"], b"null"),
        (["a == 'x'"], b""),
        (["a == 'x'"], b'{"u": "\xff", "a": "x"}'),
        (["a == 'x'"], b'{"u": ' + b"[" * 5000 + b"]" * 5000 + b', "a": "x"}'),
        (["a == 'x'"], b'{"u": ' + b"[" * 1000 + b"]" * 1000 + b', "a": "x"}'),
        (["a == 'x'"], b'{"\\u0061": "x"}'),
    ],
)
def test_it_changes_no_answer_in_corner_cases(filters: list[str], body: bytes) -> None:
    check(index_of(*filters), body)


def test_it_leaves_out_what_no_filter_looks_at() -> None:
    index = index_of("data.a == 'x' && data.items[?sku == 'A']", "data.b.c > `1`")
    body = {
        "type": "t",
        "data": {"a": 1, "z": 2, "items": [{"sku": "A", "z": 1}, 3, None], "b": {"c": 1, "d": 2}},
        "z": {},
    }
    assert index.decoder()(orjson.dumps(body)) == {
        "type": "t",
        "data": {"a": 1, "items": [{"sku": "A"}, 3, None], "b": {"c": 1}},
    }


@pytest.mark.parametrize("filters", [["@"], ["keys(@)"], [f"f{n} == 'x'" for n in range(200)]])
def test_it_decodes_everything_where_that_is_needed_or_quicker(filters: list[str]) -> None:
    assert index_of(*filters).decoder() is decode_whole


def test_a_number_out_of_range_goes_unnoticed_where_nothing_looks() -> None:
    """The documented exception."""
    index = index_of("a == 'x'")
    assert index.match_bytes(b'{"a": "x", "u": 1e999}').positions == [0]
    with pytest.raises(ValueError, match="number"):
        index.match_bytes(b'{"a": 1e999}')


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="an event is a JSON object, this is list"):
        index_of("a").match_bytes(b"[1]")


def test_names_of_random_tables_are_really_left_out() -> None:
    """Guards the properties above: a decoder that always decodes everything would pass them."""
    left_out = 0
    for seed in range(40):
        rnd = random.Random(seed)
        read = index_of(Expressions(rnd).filter()).decoder()
        event = document(rnd)
        left_out += len(event) > len(read(json.dumps(event).encode()))
    assert left_out > 20
