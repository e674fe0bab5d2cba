"""Headers: names that are refused, values that are refused, and content types."""

from __future__ import annotations

import pytest

from router.transforms import RenderError, compile_transform
from router.transforms.headers import is_json
from router.transforms.limits import HEADER_CHARS_MAX

EVENT = {
    "id": "e1",
    "type": "t",
    "source": "/s",
    "specversion": "1.0",
    "data": {"country": "DE", "evil": "x\r\nX-Admin: 1"},
}


def render(headers: dict[str, str], data: object = None) -> tuple[tuple[str, str], ...]:
    transform, problems = compile_transform({}, content_type="application/json", headers=headers)
    assert transform is not None, problems
    return transform.render(EVENT if data is None else {**EVENT, "data": data}).headers


def test_headers_are_text_templates() -> None:
    assert render({"X-Region": "{{ data.country }}", "X-Fixed": "on", "ce-type": "{{ type }}.v2"}) == (
        ("X-Region", "DE"),
        ("X-Fixed", "on"),
        ("ce-type", "t.v2"),
    )


def test_white_space_around_a_value_is_dropped() -> None:
    assert render({"X-A": " \t{{ data.country }} "}) == (("X-A", "DE"),)


@pytest.mark.parametrize(
    "value", ["a\r\nb", "a\nb", "a\rb", "a\0b", "€", "a\x7fb", "a\x1bb", "x" * (HEADER_CHARS_MAX + 1)]
)
def test_a_value_that_no_header_holds_is_an_error(value: str) -> None:
    with pytest.raises(RenderError, match=r"headers\.X-A: a header "):
        render({"X-A": "{{ data }}"}, value)


@pytest.mark.parametrize("value", ["", "tab\there", "ü", "x" * HEADER_CHARS_MAX])
def test_a_value_that_a_header_holds_is_sent(value: str) -> None:
    assert render({"X-A": "{{ data }}"}, value) == (("X-A", value),)


@pytest.mark.parametrize(
    "name",
    ["Content-Length", "content-type", "Host", "Transfer-Encoding", "connection", "TE", "Upgrade", "Webhook-Id", "webhook-signature",
    "webhook-anything", "Authorization", "Proxy-Authorization", "Keep-Alive", "Trailer", "Expect", "Content-Encoding", "User-Agent",
    "a b", "", "a:b", "ü", "x\r\ny"],
)  # fmt: skip
def test_reserved_and_impossible_names_are_refused(name: str) -> None:
    transform, problems = compile_transform({}, content_type="application/json", headers={name: "1"})
    assert transform is None
    assert [(problem.code, problem.path) for problem in problems] == [("RT506", ("headers", name))]
    assert problems[0].help


def test_a_name_that_differs_by_case_only_is_refused() -> None:
    _, problems = compile_transform({}, content_type="application/json", headers={"X-A": "1", "x-a": "2"})
    assert [problem.message for problem in problems] == [
        "the header `x-a` is there twice: names of headers have no case"
    ]


def test_problems_inside_a_value_have_its_path() -> None:
    _, problems = compile_transform({}, content_type="application/json", headers={"X-A": "{{ dat.x }}"})
    assert [(problem.code, problem.path, problem.start) for problem in problems] == [("RT402", ("headers", "X-A"), 3)]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/plain; charset=utf-8", 'application/xml;charset="UTF-8"', "a/b;c=d;e=f"]
)
def test_media_types_are_accepted(content_type: str) -> None:
    assert compile_transform("x", content_type=content_type, headers={})[1] == []


@pytest.mark.parametrize(
    "content_type", ["", "json", "text/", "text/plain\r\nX: y", "text/plain; charset=latin-1", "a b/c", "text/plain;"]
)
def test_what_is_no_media_type_is_refused(content_type: str) -> None:
    transform, problems = compile_transform("x", content_type=content_type, headers={})
    assert transform is None
    assert [(problem.code, problem.path) for problem in problems] == [("RT506", ("content_type",))]


def test_a_structured_payload_under_another_type_is_warned_of() -> None:
    transform, problems = compile_transform({"a": 1}, content_type="text/xml", headers={})
    assert transform is not None
    assert [(problem.code, problem.severity) for problem in problems] == [("RT506", "warning")]


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [("application/json", True), ("Application/JSON; charset=utf-8", True), ("application/cloudevents+json", True), ("text/json", True),
    ("text/plain", False), ("application/jsonp", False), ("application/x-ndjson", False)],
)  # fmt: skip
def test_json_types(content_type: str, expected: bool) -> None:
    assert is_json(content_type) is expected
