"""A template names something that events do not have

The names of a template are those of the event: `id`, `source`, `type`, `subject`, `time`, extensions, and `data`. Fields inside `data` are
held against the schemas of the event types that routes bring to the template. Rendering is strict: an event without the field could not be
sent. Where a schema allows fields that it does not name (no `additionalProperties: false`), the finding is a warning; where it says
`additionalProperties: true`, only names near to a known one are reported.

Write instead: the suggested name; `data.total` for a field of the payload; or name the field in the schema.

Fix: `router lint --fix` replaces the name when exactly one is near.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.template_inference import template_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT402"
NAME = "template-unknown-variable"
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
      payload: {amount: "{{ data.totl }}"}
    targets: [crm]
"""
AT = "16:34"

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
      payload: {amount: "{{ data.total }}"}
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what the engine found."""
    return template_findings(context, CODE)
