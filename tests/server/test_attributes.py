"""The attribute rules of CloudEvents 1.0.2, one test per MUST."""

from __future__ import annotations

from typing import Any

import pytest

from router.errors import EventError, EventFault
from router.event import Event
from router.server.attributes import Leniency, build_event

BASE = {"specversion": "1.0", "id": "1", "source": "/a", "type": "t"}


def built(strict: bool = False, **changes: Any) -> Event:
    return build_event({**BASE, **changes}, data=None, body=None, strict=strict)


def refused(match: str, strict: bool = False, **changes: Any) -> None:
    with pytest.raises(EventError, match=match) as caught:
        built(strict, **changes)
    assert caught.value.fault is EventFault.MALFORMED


def test_the_required_attributes_are_all_named_when_missing() -> None:
    with pytest.raises(EventError, match="`specversion`, `id`, `source`, `type` are missing, says the hint"):
        build_event({}, data=None, body=None, hint=", says the hint")
    for name in BASE:
        refused(f"`{name}` is missing", **{name: None})


@pytest.mark.parametrize("version", ["0.3", "1.1", "1", 1.0, "", True])
def test_other_specversions_are_refused(version: Any) -> None:
    refused("specversion", specversion=version)


@pytest.mark.parametrize("name", ["id", "source", "type", "subject", "dataschema", "datacontenttype"])
def test_named_attributes_are_non_empty_strings(name: str) -> None:
    refused(f"`{name}` is empty", **{name: ""})
    for value in (1, True, 1.5, ["x"], {"a": 1}):
        refused(f"`{name}` must be a string", **{name: value})


def test_null_is_absent() -> None:
    event = built(subject=None, time=None, x=None)
    assert (event.subject, event.time, event.extensions) == (None, None, {})


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\x1f",
        "\n",
        "\x7f",
        "\x80",
        "\x9f",
        "\ufdd0",
        "\ufdef",
        "\ufffe",
        "\uffff",
        "\U0001fffe",
        "\U0010ffff",
        "\ud800",
    ],
)
def test_forbidden_characters(character: str) -> None:
    for name in ("id", "type", "subject", "x"):
        refused(f"U\\+{ord(character):04X}", **{name: f"a{character}"})


def test_allowed_characters() -> None:
    text = "né \u00a0 € 😀 \ufdcf \ue000 \u200b"
    assert built(subject=text, x=text).extensions == {"x": text}


@pytest.mark.parametrize(
    "uri",
    [
        "/a",
        "a",
        "https://example.com/x?y=z#f",
        "urn:event:x",
        "mailto:a@example.com",
        "//host/p",
        "#",
        "?q",
        "/%C3%A9",
        "http://[::1]/",
    ],
)
def test_sources(uri: str) -> None:
    assert built(strict=True, source=uri).source == uri


@pytest.mark.parametrize("uri", ["a b", "/a\\b", "<a>", '"a"', "/a|b", "/%zz", "/%4", "a^b", "a`b", "{a}", "a#b#c"])
def test_what_is_no_uri_reference(uri: str) -> None:
    refused("not a URI-reference", source=uri)
    refused("not a URI-reference", dataschema=f"https:{uri}")


def test_iris_and_relative_schemas_are_forgiven_and_noted() -> None:
    noted: list[Leniency] = []
    attributes = {**BASE, "source": "/né", "dataschema": "schemas/x"}
    build_event(attributes, data=None, body=None, noted=noted.append)
    assert noted == [Leniency.IRI, Leniency.RELATIVE_DATASCHEMA]
    refused("outside ASCII", strict=True, source="/né")
    refused("absolute URI", strict=True, dataschema="schemas/x")


@pytest.mark.parametrize(
    "time",
    [
        "2018-04-05T17:31:00Z",
        "2018-04-05t17:31:00z",
        "2018-04-05T17:31:00.123456789+02:00",
        "2018-04-05T17:31:60Z",
        "2024-02-29T00:00:00-00:00",
        "2000-02-29T00:00:00Z",
    ],
)
def test_times(time: str) -> None:
    assert built(time=time).time == time


@pytest.mark.parametrize(
    "time",
    [
        "2018-04-05",
        "2018-04-05 17:31:00Z",
        "2018-04-05T17:31:00",
        "2018-04-05T17:31Z",
        "2018-04-05T24:00:00Z",
        "2018-04-05T17:60:00Z",
        "2018-04-05T17:31:61Z",
        "2018-13-05T17:31:00Z",
        "2018-00-05T17:31:00Z",
        "2018-04-31T17:31:00Z",
        "2018-02-30T17:31:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2018-04-05T17:31:00+2:00",
        "2018-04-05T17:31:00.Z",
        "18-04-05T17:31:00Z",
        "٢٠١٨-04-05T17:31:00Z",
        "yesterday",
        "",
        1522949460,
    ],
)
def test_what_is_no_time(time: Any) -> None:
    refused("time", time=time)


@pytest.mark.parametrize(
    "value", ["application/json", "text/plain; charset=utf-8", "application/vnd.x+json", "image/svg+xml"]
)
def test_content_types(value: str) -> None:
    assert built(datacontenttype=value).datacontenttype == value


@pytest.mark.parametrize("value", ["json", "application/", "/json", "a b/c", "application/json charset=utf-8"])
def test_what_is_no_content_type(value: str) -> None:
    refused("not a media type", datacontenttype=value)


@pytest.mark.parametrize("value", ["", "text", True, False, 0, -(2**31), 2**31 - 1])
def test_extension_values(value: Any) -> None:
    assert built(x=value).extensions == {"x": value}
    assert type(built(x=value).extensions["x"]) is type(value)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 10**40, 1.5, 1.0, [], {}, ["a"], {"a": 1}])
def test_what_no_extension_holds(value: Any) -> None:
    refused("`x`", x=value)


@pytest.mark.parametrize("name", ["a", "abc123", "0", "averyveryverylongnameofmorethantwenty"])
def test_extension_names(name: str) -> None:
    assert built(**{name: "v"}).extensions == {name: "v"}


@pytest.mark.parametrize("name", ["A", "a-b", "a_b", "é", "", "a.b", "a b", "data"])
def test_what_is_no_extension_name(name: str) -> None:
    refused("name", **{name: "v"})
