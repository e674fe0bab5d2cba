"""A template needs a field that events need not have

The schema does not require the field, or allows null where the template goes on to a member of it. Rendering is strict, so an event
without it could not be sent: its delivery would be dead on arrival. What the route's filter demands counts as asked for, and so does what
`{% if … is defined %}` asks. It is a warning only for members of objects that require nothing at all (their schema may just not say), for
items of lists that may be empty, and for attributes of events that are optional.

Write instead: `{{ data.note | default('-') }}` (for null too), a condition around it, or the field under `required` in the schema.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.template_inference import template_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT403"
NAME = "template-optional-unguarded"
SEVERITY = Severity.ERROR

BAD = """\
version: 1
event_types:
  order.paid:
    schema:
      type: object
      required: [id, total]
      additionalProperties: false
      properties: {id: {type: string}, total: {type: number}, note: {type: string}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    transform:
      content_type: application/json
      payload: {note: "{{ data.note }}"}
    targets: [crm]
"""
AT = "16:27"

GOOD = """\
version: 1
event_types:
  order.paid:
    schema:
      type: object
      required: [id, total]
      additionalProperties: false
      properties: {id: {type: string}, total: {type: number}, note: {type: string}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    transform:
      content_type: application/json
      payload: {note: "{{ data.note | default('-') }}"}
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what the engine found."""
    return template_findings(context, CODE)
