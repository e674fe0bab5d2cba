"""A template gives a filter or an operator what it cannot take

Rendering is strict about types: `fixed` takes a number, a loop a list or an object, `+` adds numbers. Reported where the schema shows that
the value is never of such a type, so that no event could be sent.

Write instead: the field that was meant; `~` to put texts together; `| int` to make a number of a text.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.template_inference import template_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT410"
NAME = "template-type"
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
      payload: {amount: "{{ data.id | fixed(2) }}"}
    targets: [crm]
"""
AT = "16:29"

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
      payload: {amount: "{{ data.total | fixed(2) }}"}
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what the engine found."""
    return template_findings(context, CODE)
