"""Text is put into JSON as it is

In a text template under a JSON content type, a quote or a line break in the event's data ends the string that it was put into: the body is
broken JSON, or says something else than was meant. Whoever can choose the data can choose what it says. It is an error where the schema
allows any text there, a warning where it limits the text or is silent; numbers and booleans are fine.

Write instead: a structured payload, whose leaves are encoded, or `{{ data.note | tojson }}` without quotes around it.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.template_inference import template_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT405"
NAME = "template-unescaped-json"
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
      payload: '{"id": "{{ data.id }}"}'
    targets: [crm]
"""
AT = "16:28"

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
      payload: '{"id": {{ data.id | tojson }}, "total": {{ data.total }}}'
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what the engine found."""
    return template_findings(context, CODE)
