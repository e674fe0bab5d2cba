"""What a user hands to `router send` becomes events, or one sentence that says why not."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from router.cli.event_input import Envelope, events_from
from router.cli.exits import CannotRunError


def read(content: bytes, **envelope: Any) -> list[dict[str, Any]]:
    numbers = itertools.count(1)
    return list(events_from(content, "input", Envelope(**envelope), lambda: f"id-{next(numbers)}"))


def test_an_event_is_completed() -> None:
    assert read(b'{"type": "a", "data": 1}') == [
        {"type": "a", "data": 1, "specversion": "1.0", "id": "id-1", "source": "/router/send"}
    ]


def test_what_an_event_says_of_itself_stays() -> None:
    event = {"specversion": "1.0", "type": "a", "id": "7", "source": "/mine", "subject": "s"}
    assert read(b'{"specversion":"1.0","type":"a","id":"7","source":"/mine","subject":"s"}') == [event]


def test_arrays_and_lines() -> None:
    types = [["a", "b"], ["a", "b"], ["a"]]
    contents = [
        b'[{"type": "a"}, {"type": "b"}]',
        b'\xef\xbb\xbf{"type": "a"}\n\n{"type": "b"}\r\n',
        b'\n{"type":\n"a"}\n',
    ]
    assert [[event["type"] for event in read(content)] for content in contents] == types


def test_payloads_get_an_envelope() -> None:
    (event,) = read(
        b'{"type": "its own", "x": 1}',
        type="order.paid",
        source="/s",
        id="i",
        attributes={"subject": "o1", "tenant": "t"},
    )
    assert event == {
        "specversion": "1.0",
        "type": "order.paid",
        "source": "/s",
        "id": "i",
        "subject": "o1",
        "tenant": "t",
        "datacontenttype": "application/json",
        "data": {"type": "its own", "x": 1},
    }


def test_options_overrule_an_event() -> None:
    (event,) = read(b'{"type": "a", "id": "1", "source": "/old"}', source="/new", id="2")
    assert (event["source"], event["id"]) == ("/new", "2")


@pytest.mark.parametrize(
    ("content", "envelope", "sentence"),
    [
        (b"{", {}, "input: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b'{"type":"a"}\n{oops', {}, "input:2: not JSON:"),
        (b"  \n", {}, "input is empty"),
        (b"\xff", {}, "input: not UTF-8 text (byte 0)"),
        (b'{"zen": 1}', {}, "input: not a CloudEvent, because it has no `type`; to send it as a payload, say --type"),
        (b"3", {}, "input: not a CloudEvent"),
        (b'[{"type":"a"},{"type":"a"}]', {"id": "1"}, "input holds 2 events, and --id can name only one"),
    ],
)
def test_bad_input(content: bytes, envelope: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CannotRunError) as caught:
        read(content, **envelope)
    assert str(caught.value).startswith(sentence)
