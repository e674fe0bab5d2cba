"""The CloudEvents codec: every mode, both directions, outside material first."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from router.errors import EventError, EventFault
from router.event import Event
from router.event_headers import binary_headers
from router.server.attributes import Leniency
from router.server.cloudevents import (
    BATCH_EVENTS_MAX,
    ContentMode,
    content_mode,
    decode,
    decode_structured,
)
from router.server.cloudevents_encoding import (
    BATCH_CONTENT_TYPE,
    STRUCTURED_CONTENT_TYPE,
    encode_batch,
    encode_binary,
    encode_structured,
)
from tests.corpora import corpus, corpus_lines
from tests.server.test_json_decoding import parser_case_octets

ESSENTIAL = {"specversion": "1.0", "id": "1", "source": "/a", "type": "t"}
STRUCTURED = [(b"content-type", b"application/cloudevents+json")]


def fields(headers: dict[str, str] | list[list[str]]) -> list[tuple[bytes, bytes]]:
    pairs = headers.items() if isinstance(headers, dict) else headers
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs]


def binary(body: bytes = b"", content_type: str | None = "application/json", **attributes: str) -> Event:
    headers = {f"ce-{name}": value for name, value in {**ESSENTIAL, **attributes}.items()}
    if content_type is not None:
        headers["content-type"] = content_type
    (event,) = decode(fields(headers), body)
    return event


def structured(**members: Any) -> Event:
    return decode_structured(json.dumps({**ESSENTIAL, **members}).encode())


def refused(fault: EventFault, headers: list[tuple[bytes, bytes]], body: bytes, match: str | None = None) -> EventError:
    with pytest.raises(EventError, match=match) as caught:
        decode(headers, body)
    assert caught.value.fault is fault
    return caught.value


# Outside material


def test_both_sdks_give_identical_attributes() -> None:
    seen: dict[str, list[dict[str, Any]]] = {}
    count = 0
    for request in corpus_lines("cloudevents", "recorded-sdk-requests.jsonl"):
        count += 1
        (event,) = decode(fields(request["headers"]), request["body"].encode())
        document = event.document()
        document.pop("data")
        assert document["type"] == "com.example.order.created"
        assert document["source"] == "/shop/a"
        assert document["specversion"] == "1.0"
        seen.setdefault(request["sdk"], []).append(document)
    assert count == 17
    for sdk, documents in seen.items():
        subjects = {document["subject"] for document in documents}
        assert subjects == {"né %" if sdk.startswith("python") else "né"}
    # Within one SDK, binary and structured mode of one event agree in everything but what the sender chose anew.
    python = seen["python-sdk-2.2.0"]
    for in_binary, in_structured in zip(python[0::2], python[1::2], strict=True):
        assert in_binary == in_structured


def test_conformance_feature() -> None:
    text = corpus("cloudevents", "http-protocol-binding.feature.txt").read_text()
    outlines = text.split("Scenario Outline:")[1:]
    assert len(outlines) == 2
    checked = 0
    for outline in outlines:
        request, expected_data = re.findall(r'"""\n(.*?)\n\s*"""', outline, re.DOTALL)
        head, _, body = request.partition("\n\n")
        table = dict(
            re.findall(
                r"\|\s+(\w+)\s+\|\s(\S.*?)\s+\|\n", outline.partition("attributes are:")[2].partition("And the data")[0]
            )
        )
        table.pop("key")
        for content_type in re.findall(r"\|\s+(application/\S.*?)\s+\|", outline.partition("Examples:")[2]):
            lines = [line.strip().replace("<contentType>", content_type) for line in head.splitlines()[1:]]
            (event,) = decode(fields([line.split(": ", 1) for line in lines]), body.encode())
            attributes = {key: value.replace("<contentType>", content_type) for key, value in table.items()}
            assert {key: value for key, value in event.document().items() if key != "data"} == attributes
            assert event.data == json.loads(expected_data)
            checked += 1
    assert checked == 4


def test_conformance_events_survive_both_modes() -> None:
    documents = []
    for name in ("conformance-v1-minimum.yaml", "conformance-v1.yaml"):
        documents += list(yaml.load_all(corpus("cloudevents", name).read_text(), yaml.BaseLoader))
    assert len(documents) >= 6
    for document in documents:
        attributes = dict(document["ContextAttributes"])
        extensions = {name: value.strip() for name, value in attributes.pop("Extensions", {}).items()}
        headers = {
            f"ce-{name}": value for name, value in {**attributes, **extensions}.items() if name != "datacontenttype"
        }
        headers["content-type"] = attributes.get("datacontenttype", "application/json")
        (event,) = decode(fields(headers), document["Data"].encode())
        assert event.body == document["Data"].encode()
        assert event.extensions == extensions
        assert decode(STRUCTURED, encode_structured(event))[0].document() == event.document()
        out, body = encode_binary(event)
        assert decode(fields(out), body) == (event,)


def test_every_parser_case_as_data_is_a_value_or_a_400() -> None:
    decided = 0
    for case in corpus_lines("json-parsing", "cases.jsonl"):
        octets = parser_case_octets(case)
        if not octets:
            continue  # no body is no data
        got = []
        for attempt in (
            lambda octets=octets: binary(octets),
            lambda octets=octets: decode_structured(
                b'{"specversion":"1.0","id":"1","source":"/a","type":"t","data":' + octets + b"}"
            ),
        ):
            try:
                event = attempt()
            except EventError as error:
                got.append(error.fault)
            else:
                got.append("accept")
                assert event.body is not None
                assert event.body.strip(b" \t\r\n") == octets.strip(b" \t\r\n")
        if case["expect"] == "either":
            continue
        decided += 1
        in_binary, in_structured = got
        assert in_binary == ("accept" if case["expect"] == "accept" else EventFault.MALFORMED), case["name"]
        # Octets pasted into a document may close it or begin another member; then they are a different, possibly valid document.
        if case["expect"] == "accept":
            assert in_structured == "accept", case["name"]
    assert decided >= 280


def test_naughty_strings_round_trip_exactly() -> None:
    strings = json.loads(corpus("strings", "blns.json").read_text())
    assert len(strings) == 515
    for text in strings:
        data = json.dumps({"text": text}).encode()
        event = binary(data)
        assert event.data == {"text": text}
        (again,) = decode(STRUCTURED, encode_structured(event))
        assert (again.data, again.body) == (event.data, data)
        try:
            event = structured(subject=text, x=text, data=text)
        except EventError as error:
            # Only what CloudEvents forbids in strings may be refused: nothing, or control characters and noncharacters.
            assert not text or re.search("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]", text), (text, error.detail)  # noqa: PT017
            continue
        headers, body = encode_binary(event)
        (again,) = decode(fields(headers), body, strict=True)
        assert (again.subject, again.extensions, again.data) == (text, {"x": text}, text)


# Modes (HTTP binding, section 3)


@pytest.mark.parametrize(
    ("content_type", "mode"),
    [
        ("application/cloudevents+json", ContentMode.STRUCTURED),
        ("Application/CloudEvents+JSON; charset=UTF-8", ContentMode.STRUCTURED),
        ("application/cloudevents+avro", ContentMode.STRUCTURED),
        ("application/cloudevents-batch+json", ContentMode.BATCH),
        ("APPLICATION/CLOUDEVENTS-BATCH+JSON", ContentMode.BATCH),
        ("application/json", ContentMode.BINARY),
        ("text/plain", ContentMode.BINARY),
        ("", ContentMode.BINARY),
    ],
)
def test_the_content_type_alone_tells_the_mode(content_type: str, mode: ContentMode) -> None:
    assert content_mode(content_type) is mode


def test_in_structured_mode_the_body_rules_over_repeated_headers() -> None:
    headers = [*STRUCTURED, (b"ce-id", b"other"), (b"ce-type", b"other"), (b"ce-bad-name", b"%C0")]
    (event,) = decode(headers, json.dumps(ESSENTIAL).encode())
    assert (event.id, event.type) == ("1", "t")


def test_other_event_formats_are_unsupported() -> None:
    for content_type in (
        b"application/cloudevents+avro",
        b"application/cloudevents",
        b"application/cloudevents-batch+xml",
    ):
        refused(EventFault.UNSUPPORTED, [(b"content-type", content_type)], b"{}", "send application/cloudevents")
    latin = [(b"content-type", b"application/cloudevents+json; charset=iso-8859-1")]
    refused(EventFault.UNSUPPORTED, latin, b"{}", "UTF-8")


# Binary mode


def test_binary_attributes_and_data() -> None:
    event = binary(
        b'{"a": 1.50}', time="2026-01-02T03:04:05Z", subject="n%C3%A9%20%25", traceparent="00-x", flag="true"
    )
    assert event.body == b'{"a": 1.50}'
    assert event.data == {"a": 1.5}
    assert event.datacontenttype == "application/json"
    assert event.subject == "né %"
    assert event.extensions == {"traceparent": "00-x", "flag": "true"}


def test_header_names_have_no_case_and_repeat_at_most_once() -> None:
    headers = [*fields({f"ce-{name}": value for name, value in ESSENTIAL.items()}), (b"ce-id", b"2")]
    refused(EventFault.MALFORMED, headers, b"", "ce-id occurs twice")


@pytest.mark.parametrize("name", ["ce-datacontenttype", "ce-data", "ce-bad-name", "ce-bad_name", "ce-"])
def test_headers_that_are_no_attributes(name: str) -> None:
    headers = {f"ce-{key}": value for key, value in ESSENTIAL.items()} | {name: "text/plain"}
    refused(EventFault.MALFORMED, fields(headers), b"")


def test_binary_data_of_other_types_is_kept_and_not_decoded() -> None:
    event = binary(b"\x00\xff", "application/octet-stream")
    assert (event.body, event.data) == (b"\x00\xff", None)
    assert binary(b"{", "text/plain").body == b"{"
    assert binary(b"{", None).datacontenttype is None


def test_an_empty_body_is_no_data() -> None:
    event = binary(b"")
    assert (event.body, event.data) == (None, None)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("utf-8", "utf-8"), ("UTF-8", "utf-8"), ('"us-ascii"', "ascii"), ("iso-8859-1", "latin-1"), ("utf-16", "utf-16")],
)
def test_declared_charsets_are_read(charset: str, encoding: str) -> None:
    octets = '{"a": "e"}'.encode(encoding)
    event = binary(octets, f"application/json; charset={charset}")
    assert (event.data, event.body) == ({"a": "e"}, octets)
    assert decode(STRUCTURED, encode_structured(event))[0] == event


@pytest.mark.parametrize(
    "charset", ["punycode", "zlib", "rot13", "idna", "nonsense", "undefined", "unicode_escape", "\x00"]
)
def test_other_charsets_are_unsupported(charset: str) -> None:
    with pytest.raises(EventError, match="charset") as caught:
        binary(b'"a"', f"application/json; charset={charset}")
    assert caught.value.fault is EventFault.UNSUPPORTED


def test_octets_that_are_not_the_declared_charset() -> None:
    with pytest.raises(EventError, match="utf-16"):
        binary(b'"ab', "application/json; charset=utf-16")


def test_strict_and_lenient() -> None:
    headers = fields({**{f"ce-{name}": value for name, value in ESSENTIAL.items()}, "ce-subject": "50 %"})
    noted: list[Leniency] = []
    assert decode(headers, b"", noted=noted.append)[0].subject == "50 %"
    assert noted == [Leniency.RAW_SPACE, Leniency.STRAY_PERCENT]
    with pytest.raises(EventError, match="percent-encode"):
        decode(headers, b"", strict=True)


# JSON format


@pytest.mark.parametrize("value", [None, 0, False, "", "text", "{}", [], {}, {"a": [1, None]}])
def test_any_json_value_is_data_and_the_implied_type_is_made_explicit(value: Any) -> None:
    event = structured(data=value)
    assert event.data == value
    assert event.body == json.dumps(value).encode()
    assert event.datacontenttype == "application/json"
    assert b'"datacontenttype":"application/json"' in encode_structured(event)


def test_data_keeps_its_octets() -> None:
    document = (
        b'{"specversion":"1.0","id":"1","source":"/a","type":"t","data" : {"b" : 1.00, "a":"\\u00e9", "n": 1e2} }'
    )
    event = decode_structured(document)
    assert event.body == b'{"b" : 1.00, "a":"\\u00e9", "n": 1e2}'
    assert event.body in encode_structured(event)


def test_a_json_string_is_not_parsed_again() -> None:
    event = structured(data='{"a": 1}', datacontenttype="application/json")
    assert event.data == '{"a": 1}'


def test_absent_data_is_no_data_and_implies_no_type() -> None:
    event = structured()
    assert (event.data, event.body, event.datacontenttype) == (None, None, None)


def test_text_data() -> None:
    event = structured(data="né", datacontenttype="text/plain")
    assert (event.body, event.data) == ("né".encode(), None)
    assert structured(data="né", datacontenttype="text/plain; charset=iso-8859-1").body == b"n\xe9"
    with pytest.raises(EventError, match="charset"):
        structured(data="€", datacontenttype="text/plain; charset=iso-8859-1")
    for value in ({"a": 1}, 1, None):
        with pytest.raises(EventError, match="must be a string"):
            structured(data=value, datacontenttype="application/xml")


def test_base64_data() -> None:
    event = structured(data_base64="AP8=", datacontenttype="application/octet-stream")
    assert (event.body, event.data) == (b"\x00\xff", None)
    assert structured(data_base64="AP8=").datacontenttype is None
    event = structured(data_base64=base64.b64encode(b'{"a": 1}').decode(), datacontenttype="application/json")
    assert (event.body, event.data) == (b'{"a": 1}', {"a": 1})


@pytest.mark.parametrize("value", ["AP8", "A", "*", "AP8=\n", "AP8 =", "é", 1, {}, ["AP8="], "AP8=AP8="])
def test_what_is_no_base64(value: Any) -> None:
    with pytest.raises(EventError, match="data_base64"):
        structured(data_base64=value)


def test_data_and_base64_exclude_each_other() -> None:
    with pytest.raises(EventError, match="exclude each other"):
        structured(data={}, data_base64="AP8=")
    assert structured(data={"a": 1}, data_base64=None).data == {"a": 1}


def test_extension_types_survive() -> None:
    event = structured(text="a", yes=True, count=3, gone=None)
    assert event.extensions == {"text": "a", "yes": True, "count": 3}
    assert decode_structured(encode_structured(event)).extensions == event.extensions
    assert binary_headers(event)["ce-yes"] == "true"
    assert binary_headers(event)["ce-count"] == "3"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'"x"', b'{"id": }', b'{"specversion":"1.0"} {}', b"\xff", b"[" * 10_000]
)
def test_what_is_no_event_document(body: bytes) -> None:
    refused(EventFault.MALFORMED, STRUCTURED, body)


# Batches

BATCH = [(b"content-type", b"application/cloudevents-batch+json")]


def test_batches() -> None:
    assert decode(BATCH, b"[]") == ()
    events = (structured(id="1", data={"a": 1}), structured(id="2", data_base64="AP8="), structured(id="3"))
    assert decode([(b"content-type", BATCH_CONTENT_TYPE.encode())], encode_batch(events)) == events


def test_one_bad_event_makes_the_batch_bad() -> None:
    body = json.dumps([ESSENTIAL, {**ESSENTIAL, "type": ""}]).encode()
    error = refused(EventFault.MALFORMED, BATCH, body, "event 1 of the batch: `type` is empty")
    assert error.errors == ({"pointer": "/1", "detail": "`type` is empty"},)
    for body in (b"{}", b"[1]", b"[[]]", b"", b"[{}]", b"[null]"):
        refused(EventFault.MALFORMED, BATCH, body)


def test_batches_are_bounded() -> None:
    body = b"[" + b",".join([b"{}"] * (BATCH_EVENTS_MAX + 1)) + b"]"
    refused(EventFault.TOO_LARGE, BATCH, body, str(BATCH_EVENTS_MAX))


# Out


def test_binary_headers_out() -> None:
    event = Event(
        id="é 1",
        source="/a",
        type="t",
        time="2026-01-02T03:04:05Z",
        subject='50% "x"',
        dataschema="urn:x",
        extensions={"n": 1},
        body=b"x",
    )
    assert binary_headers(event) == {
        "ce-specversion": "1.0",
        "ce-id": "%C3%A9%201",
        "ce-source": "/a",
        "ce-type": "t",
        "ce-time": "2026-01-02T03:04:05Z",
        "ce-subject": "50%25%20%22x%22",
        "ce-dataschema": "urn:x",
        "ce-n": "1",
        "content-type": "application/octet-stream",
    }
    assert "content-type" not in binary_headers(Event(id="1", source="/a", type="t"))
    assert "ce-datacontenttype" not in binary_headers(
        Event(id="1", source="/a", type="t", datacontenttype="text/plain")
    )


attribute_text = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    id=attribute_text,
    type=attribute_text,
    subject=st.none() | attribute_text,
    extensions=st.dictionaries(st.from_regex(r"x[a-z0-9]{0,6}", fullmatch=True), attribute_text, max_size=3),
    data=json_values,
)
def test_every_mode_carries_every_event(
    id: str, type: str, subject: str | None, extensions: dict[str, str], data: Any
) -> None:
    event = structured(id=id, type=type, subject=subject, data=data, **extensions)
    headers, body = encode_binary(event)
    assert decode(fields(headers), body, strict=True) == (event,)
    assert decode([(b"content-type", STRUCTURED_CONTENT_TYPE.encode())], encode_structured(event)) == (event,)
    assert decode([(b"content-type", BATCH_CONTENT_TYPE.encode())], encode_batch([event, event])) == (event, event)


@given(
    content_type=st.sampled_from(
        [
            "application/cloudevents+json",
            "application/cloudevents-batch+json",
            "application/json",
            "text/plain",
            "application/json; charset=utf-16",
            "",
        ]
    ),
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"ce-id", b"ce-type", b"ce-source", b"ce-specversion", b"ce-time", b"ce-x", b"ce-"]),
            st.binary(max_size=20),
        ),
        max_size=6,
    ),
    body=st.binary(max_size=80)
    | st.builds(lambda v: json.dumps(v).encode(), json_values)
    | st.just(json.dumps(ESSENTIAL).encode()),
)
def test_whatever_arrives_is_an_event_or_an_event_error(
    content_type: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    try:
        decode([(b"content-type", content_type.encode()), *headers], body)
    except EventError as error:
        assert error.fault in (EventFault.MALFORMED, EventFault.UNSUPPORTED, EventFault.TOO_LARGE)  # noqa: PT017
