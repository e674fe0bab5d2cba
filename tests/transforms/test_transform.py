"""Transforms as a whole: what comes out, what fails and where, and what may be relied on."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from router.event import Event
from router.transforms import CompiledTransform, RenderError, TransformProblem, compile_transform
from router.transforms.limits import OUTPUT_BYTES_MAX, TREE_DEPTH_MAX

EVENT: dict[str, Any] = {
    "id": "e1",
    "type": "order.paid",
    "source": "/shop",
    "specversion": "1.0",
    "tenant": "acme",
    "data": {
        "id": "o1",
        "total": 12.5,
        "paid": True,
        "note": None,
        "items": [{"sku": "a", "qty": 1}, {"sku": "b", "qty": 2}],
        "keys": "not a method",
        "customer": {"name": "Ann “the boss”", "email": None},
        "quote": '"},{"admin": true',
    },
}


def compiled(
    payload: Any, content_type: str = "application/json", headers: dict[str, str] | None = None
) -> CompiledTransform:
    transform, problems = compile_transform(payload, content_type=content_type, headers=headers or {})
    assert transform is not None, problems
    return transform


def problems_of(
    payload: Any, content_type: str = "application/json", headers: dict[str, str] | None = None
) -> list[TransformProblem]:
    return compile_transform(payload, content_type=content_type, headers=headers or {})[1]


class TestStructured:
    def test_a_leaf_that_is_one_expression_keeps_its_type(self) -> None:
        payload = {
            "string": "{{ data.id }}",
            "number": "{{ data.total }}",
            "boolean": "{{data.paid}}",
            "null": "{{ data.note }}",
            "list": "{{ data.items }}",
            "object": "{{ data.customer }}",
            "computed": "{{ data.total * 2 > 20 }}",
        }
        data = EVENT["data"]
        rendered = compiled(payload).render(EVENT)
        assert rendered.value == {
            "string": "o1",
            "number": 12.5,
            "boolean": True,
            "null": None,
            "list": data["items"],
            "object": data["customer"],
            "computed": True,
        }
        assert orjson.loads(rendered.body) == rendered.value
        assert rendered.content_type == "application/json"

    def test_a_leaf_that_mixes_is_text_and_literals_stay(self) -> None:
        payload = {
            "mixed": "{{ data.id }}!",
            "two": "{{ data.id }}{{ data.total }}",
            "spaced": " {{ data.total }}",
            "literal": "plain } {  text\n",
            "one": 1,
            "nothing": None,
            "nested": [True, [2.5, {"x": "{{ id }}"}]],
        }
        assert compiled(payload).value(EVENT) == {
            "mixed": "o1!",
            "two": "o112.5",
            "spaced": " 12.5",
            "literal": "plain } {  text\n",
            "one": 1,
            "nothing": None,
            "nested": [True, [2.5, {"x": "e1"}]],
        }

    def test_a_block_scalar_with_one_expression_keeps_its_type(self) -> None:
        assert compiled({"a": "{{ data.total }}\n", "b": "{{ data.total\n   * 2 }}\n"}).value(EVENT) == {
            "a": 12.5,
            "b": 25.0,
        }

    def test_names_are_literal_and_said_to_be(self) -> None:
        transform, problems = compile_transform({"{{ id }}": 1}, content_type="application/json", headers={})
        assert transform is not None
        assert transform.value(EVENT) == {"{{ id }}": 1}
        assert [(problem.code, problem.severity) for problem in problems] == [("RT408", "warning")]

    def test_members_that_share_a_name_with_a_method_are_members(self) -> None:
        assert compiled({"a": "{{ data.items | length }}", "b": "{{ data.keys }}"}).value(EVENT) == {
            "a": 2,
            "b": "not a method",
        }

    @pytest.mark.parametrize("payload", [None, True, 7, 2.5, [], {}, [1, "x"]])
    def test_a_payload_without_templates_is_itself(self, payload: Any) -> None:
        assert compiled(payload).render(EVENT).body == orjson.dumps(payload)

    @pytest.mark.parametrize("payload", [float("nan"), float("inf"), 2**64, {1: 2}, {"x": object()}, {"x": b"y"}])
    def test_what_json_cannot_say_is_refused(self, payload: Any) -> None:
        transform, problems = compile_transform({"a": payload}, content_type="application/json", headers={})
        assert transform is None
        assert problems[0].code == "RT408"
        assert problems[0].path[:2] == ("payload", "a")

    def test_every_problem_is_reported_at_its_leaf(self) -> None:
        payload = {"a": "{{ data.x", "b": ["ok", "{{ data | tojsn }}"], "c": {"d": "{{ dta.x }}{{ data.id.upper() }}"}}
        found = [(problem.code, problem.path, problem.start, problem.end) for problem in problems_of(payload)]
        assert found == [
            ("RT401", ("payload", "a"), 8, 9),
            ("RT404", ("payload", "b", 1), 10, 15),
            ("RT402", ("payload", "c", "d"), 3, 6),
            ("RT408", ("payload", "c", "d"), 14, 29),
        ]

    def test_depth_is_bounded(self) -> None:
        payload: Any = "{{ data.id }}"
        for _ in range(TREE_DEPTH_MAX - 1):
            payload = [payload]
        assert compiled(payload).render(EVENT).body
        assert problems_of([[payload]])[0].code == "RT409"

    def test_rendering_leaves_the_event_alone_and_is_repeatable(self) -> None:
        before = orjson.dumps(EVENT)
        payload = {"a": "{{ data.items | sort(attribute='qty', reverse=true) }}", "b": "{{ data.items | reverse }}"}
        transform = compiled(payload)
        bodies = {transform.render(EVENT).body for _ in range(3)}
        assert len(bodies) == 1
        assert orjson.dumps(EVENT) == before

    def test_an_event_s_own_document_renders(self) -> None:
        event = Event(id="1", source="/s", type="t", extensions={"tenant": "acme"}, data={"a": 1})
        assert compiled({"t": "{{ tenant }}", "a": "{{ data.a }}"}).value(event.document()) == {"t": "acme", "a": 1}


class TestText:
    def test_text_renders_with_jinja_s_trailing_newline_rule(self) -> None:
        rendered = compiled("Order {{ data.id }} was paid.\n", "text/plain").render(EVENT)
        assert rendered.body == b"Order o1 was paid."
        assert rendered.value == "Order o1 was paid."

    def test_text_without_markup_is_sent_as_it_stands(self) -> None:
        assert compiled("just text", "text/plain").render(EVENT).body == b"just text"

    def test_one_expression_as_text_is_its_text(self) -> None:
        assert compiled("{{ data.total }}", "text/plain").render(EVENT).value == "12.5"

    def test_values_are_written_as_json_writes_them(self) -> None:
        text = "{{ data.paid }} {{ data.total }} {{ data.items[0] }} {{ [1, 2] }} {{ data.id }}"
        assert compiled(text, "text/plain").render(EVENT).value == 'true 12.5 {"sku":"a","qty":1} [1,2] o1'

    def test_null_has_no_text(self) -> None:
        with pytest.raises(RenderError, match=r"payload: `data.note`: is null, and null has no text: .*default"):
            compiled("Note: {{ data.note }}", "text/plain").render(EVENT)
        assert compiled("Note: {{ data.note | default('-') }}", "text/plain").render(EVENT).value == "Note: -"
        assert compiled("{{ data.note | tojson }}", "text/plain").render(EVENT).value == "null"

    def test_text_under_a_json_type_must_be_json(self) -> None:
        good = compiled('{"id": {{ data.quote | tojson }}, "n": {{ data.total | tojson }}}')
        rendered = good.render(EVENT)
        assert rendered.value == {"id": EVENT["data"]["quote"], "n": 12.5}
        assert rendered.body == b'{"id": "\\"},{\\"admin\\": true", "n": 12.5}'
        bad = compiled('{"id": "{{ data.customer.name }}", }')
        with pytest.raises(
            RenderError, match=r"payload: the template did not render to JSON: .* line 1, column \d+ of the output"
        ):
            bad.render(EVENT)

    def test_unescaped_output_in_json_text_is_warned_of(self) -> None:
        payload = (
            '{"a": "{{ data.id }}", "b": {{ data.id | tojson }}, "n": {{ data.items | length }}'
            '{% for i in data.items %}, "{{ loop.index }}": {{ i.qty }}{{ "," if loop.last else "" }}{% endfor %}}'
        )
        found = [problem for problem in problems_of(payload) if problem.code == "RT405"]
        assert [(payload[problem.start : problem.end], problem.severity) for problem in found] == [
            ("data.id", "warning"),
            ("i.qty", "warning"),
        ]

    def test_one_expression_under_a_json_type_is_its_value(self) -> None:
        assert compiled("{{ data.items }}").render(EVENT).body == orjson.dumps(EVENT["data"]["items"])
        assert compiled("{{ data.items | tojson }}\n").render(EVENT).body == orjson.dumps(EVENT["data"]["items"])
        assert compiled("{{ data.id }}", "application/vnd.x+json").render(EVENT).body == b'"o1"'

    def test_offsets_survive_windows_line_ends(self) -> None:
        text = "a\r\nb\r\n{{ data.id }} {{ dta.x }}\r\n"
        problem = problems_of(text, "text/plain")[0]
        assert text[problem.start : problem.end] == "dta"


class TestFailures:
    @pytest.mark.parametrize(
        ("expression", "message"),
        [
            ("data.nope", "`data` has no `nope`; if it may be missing, write `| default(…)`"),
            ("data.customer.email.domain", "`data.customer.email` is null; if it may be missing, write `| default(…)`"),
            ("data.total.x", "`data.total` is a number, which has no `x`; if it may be missing, write `| default(…)`"),
            (
                "data.items.sku",
                "`data.items` is a list, which has no `sku`; if it may be missing, write `| default(…)`",
            ),
            ("data.items[7].sku", "`data.items` has no item 7; if it may be missing, write `| default(…)`"),
            ("subject", "the event has no `subject`; if it may be missing, write `| default(…)`"),
            ("region", "the event has no `region`; if it may be missing, write `| default(…)`"),
            ("data[data.id]", "there is no such value; say what to use instead with `| default(…)`"),
            ("data.total / 0", "divides by zero"),
            ("data.id + 1", "`+` cannot be applied to a string; put texts together with `~`"),
            ("data.id > 1", "a string and a number have no order"),
            ("data.nope | upper", "`data` has no `nope`; if it may be missing, write `| default(…)`"),
            ("(data.items | first).nope", "an object without `nope`"),
        ],
    )
    def test_a_failure_names_path_expression_and_reason(self, expression: str, message: str) -> None:
        with pytest.raises(RenderError) as caught:
            compiled({"list": [1, {"x": "{{ " + expression + " }}"}]}).render(EVENT)
        error = caught.value
        assert error.path == ("payload", "list", 1, "x")
        assert error.message == message
        assert str(error).startswith("payload.list[1].x: `")
        assert "\n" not in str(error)
        assert error.expression is not None
        assert ("{{ " + expression + " }}")[error.start : error.end] == error.expression

    def test_a_failure_in_a_loop_names_the_item(self) -> None:
        with pytest.raises(RenderError, match=r"`line\.price`: `line` has no `price`"):
            compiled("{% for line in data.items %}{{ line.price }}{% endfor %}", "text/plain").render(EVENT)

    def test_failures_never_quote_the_event(self) -> None:
        event = {**EVENT, "data": {"secret": "hunter2", "n": "hunter2"}}
        for expression in ("data.secret.x", "data.secret + 1", "data.secret | int", "data.n | isodate", "data.n[1.5]"):
            with pytest.raises(RenderError) as caught:
                compiled({"x": "{{ " + expression + " }}"}).render(event)
            assert "hunter2" not in str(caught.value)

    def test_an_output_that_is_too_large_is_refused(self) -> None:
        event = {**EVENT, "data": {"big": "x" * (OUTPUT_BYTES_MAX // 2), "wide": "\u0001" * (OUTPUT_BYTES_MAX // 4)}}
        assert compiled({"a": "{{ data.big }}"}).render(event).body
        for payload in (
            ["{{ data.big }}", "{{ data.big }}"],
            ["{{ data }}", "{{ data }}"],
            "{{ data.big }} {{ data.big }}",
        ):
            with pytest.raises(RenderError, match="the output is larger than 1,048,576 bytes"):
                compiled(payload).render(event)
        with pytest.raises(RenderError, match="the output is larger"):
            compiled({"a": "{{ data.wide }}"}).render(event)

    def test_an_event_nested_too_deeply_for_json_fails_cleanly(self) -> None:
        deep: Any = []
        for _ in range(600):
            deep = [deep]
        with pytest.raises(RenderError):
            compiled({"a": "{{ data }}"}).render({**EVENT, "data": deep})


class TestReferences:
    def test_ways_into_the_event_are_listed_with_their_guards(self) -> None:
        transform = compiled(
            {
                "a": "{{ data.customer.name }}",
                "b": "{{ data.x | default(data.y[0]) }} {{ type }}",
                "c": "{{ data.z is defined }}",
            },
            headers={"X-T": "{{ tenant }}"},
        )
        assert [(reference.path, reference.keys, reference.guarded) for reference in transform.references] == [
            (("payload", "a"), ("data", "customer", "name"), False),
            (("payload", "b"), ("data", "y", 0), False),
            (("payload", "b"), ("data", "x"), True),
            (("payload", "b"), ("type",), False),
            (("payload", "c"), ("data", "z"), True),
            (("headers", "X-T"), ("tenant",), False),
        ]


def test_what_is_remembered_of_a_text_is_reported_every_time_and_at_its_own_place() -> None:
    payload = {"first": "{{ data.id | nothing }}", "second": "{{ data.id | nothing }}"}
    rounds = [compile_transform(payload, content_type="application/json", headers={})[1] for _ in range(2)]
    assert rounds[0] == rounds[1]
    assert [problem.path for problem in rounds[0]] == [("payload", "first"), ("payload", "second")]


def test_transforms_with_texts_in_common_fail_each_at_its_own_place() -> None:
    one, _ = compile_transform(
        {"a": "{{ data.id }}", "b": "{{ data.gone }}"},
        content_type="application/json",
        headers={"X-Id": "{{ data.id }}"},
    )
    two, _ = compile_transform({"b": "{{ data.gone }}"}, content_type="application/json", headers={})
    assert one is not None
    assert two is not None
    assert [reference.path for reference in one.references] == [("payload", "a"), ("payload", "b"), ("headers", "X-Id")]
    assert two.references == one.references[1:2]
    for compiled in (one, two):
        with pytest.raises(RenderError) as caught:
            compiled.render(EVENT)
        assert caught.value.path == ("payload", "b")
