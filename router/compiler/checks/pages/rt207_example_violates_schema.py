"""An example of an event type breaks the type's own schema

Examples are documentation, test data and what templates are tried on. One that the schema refuses shows that either is wrong, and an
event like it would be answered 422.

Write instead: correct the example, or the schema.
"""

from router.syntax.diagnostic import Severity

CODE = "RT207"
NAME = "example-violates-schema"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.compiler.event_types"

BAD = """\
version: 1
event_types:
  order.paid:
    schema: {type: object, required: [total], properties: {total: {type: number, minimum: 0}}}
    examples:
      - {total: -5}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "6:9"

GOOD = """\
version: 1
event_types:
  order.paid:
    schema: {type: object, required: [total], properties: {total: {type: number, minimum: 0}}}
    examples:
      - {total: 5}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
