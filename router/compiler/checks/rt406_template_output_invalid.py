"""A template makes of an example what cannot be sent

Every example of the event types that a route brings to a template is rendered, if the route's filter lets it through. It is reported when
rendering fails, when a body with a JSON content type is not JSON, or one with an XML content type is not well-formed.

Write instead: what the message says; a structured payload is always valid JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from xml.parsers import expat

import orjson

from router.compiler.context import CheckContext
from router.compiler.references import expand_events
from router.compiler.template_inference import Use, infer_templates, transform_uses
from router.event import Event
from router.filters import Filter, FilterError
from router.syntax.diagnostic import Diagnostic, Severity, Span
from router.transforms import CompiledTransform, RenderError

CODE = "RT406"
NAME = "template-output-invalid"
SEVERITY = Severity.ERROR

BAD = """\
version: 1
event_types:
  order.paid:
    schema: {type: object, required: [total], properties: {total: {type: number}}}
    examples: [{total: 10}]
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    transform:
      content_type: application/json
      payload: '{"total": {{ data.total }}'
    targets: [crm]
"""
AT = "13:16"

GOOD = """\
version: 1
event_types:
  order.paid:
    schema: {type: object, required: [total], properties: {total: {type: number}}}
    examples: [{total: 10}]
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    transform:
      content_type: application/json
      payload: '{"total": {{ data.total }}}'
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report templates that fail on an example."""
    planned = {route.name: route for route in context.routes}
    reported = [one.span for found in context.result_of(infer_templates).values() for one in found]
    seen: set[Span] = set()
    for use in context.result_of(transform_uses):
        route = planned.get(use.route.name)
        transform = route.targets[use.target].transform if route is not None else None
        if route is None or transform is None:
            continue
        for event_type in sorted(expand_events(context.configuration, use.route)):
            for number, payload in context.examples(event_type).items():
                fault = context.recall(
                    ("example", event_type, number),
                    partial(_fault, route.filter, transform, event_type, payload),
                    transform,
                    route.filter,
                    payload,
                )
                if fault is None:
                    continue
                span, message = _placed(use, *fault)
                if span not in seen and not any(_overlap(span, other) for other in reported):
                    seen.add(span)
                    yield Diagnostic(
                        code=CODE,
                        severity=SEVERITY,
                        message=f"rendered from example #{number} of `{event_type}`: {message}",
                        span=span,
                    )


def _fault(
    condition: Filter | None, transform: CompiledTransform, event_type: str, payload: Any
) -> tuple[RenderError | None, str] | None:
    document = _Document(Event.from_document({**_ATTRIBUTES, "type": event_type, "data": payload}).document())
    try:
        if condition is not None and not condition.matches(document):
            return None
        rendered = transform.render(document)
    except FilterError:
        return None
    except RenderError as error:
        return error, error.message
    problem = _body_problem(rendered.content_type, rendered.body)
    return None if problem is None else (None, problem)


_ATTRIBUTES = {
    "id": "example",
    "source": "/example",
    "time": "2026-01-01T00:00:00Z",
    "subject": "example",
    "dataschema": "/example",
}
"""What an example does not say, as an event may well have it: a template that uses it is not at fault here."""


class _Document(dict[str, Any]):
    """The root object of an example; it has whatever extension a template asks for."""

    def __missing__(self, name: str) -> str:
        return "example"


def _body_problem(content_type: str, body: bytes) -> str | None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        try:
            orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    elif media_type in ("application/xml", "text/xml") or media_type.endswith("+xml"):
        try:
            expat.ParserCreate().Parse(body, True)
        except expat.ExpatError as error:
            return f"the body is not well-formed XML: {error}"
    return None


def _placed(use: Use, error: RenderError | None, message: str) -> tuple[Span, str]:
    site = use.site
    if error is None or error.expression is None:
        return (site / "payload").value(), message
    for step in error.path:
        site = site / step
    return site.characters(error.start, error.end), f"`{error.expression}` {message}" if message else message


def _overlap(first: Span, second: Span) -> bool:
    if first.file != second.file:
        return False
    return (first.line, first.column) < (second.end_line, second.end_column) and (second.line, second.column) < (
        first.end_line,
        first.end_column,
    )
