"""An event type's schema is no valid JSON Schema

The schema is checked against the draft that its `$schema` names (2020-12 by default; draft-07, -06, -04 and 2019-09 are known). References
(`$ref`) must lead somewhere, within the file or to another one by relative path; nothing is fetched over the network. The finding stands
inside the schema, in its own file when it has one.

Write instead: what the message says; a misspelt `type` is the usual cause.
"""

from router.syntax.diagnostic import Severity

CODE = "RT206"
NAME = "event-schema-invalid"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.compiler.event_types"

BAD = """\
version: 1
event_types:
  order.paid:
    schema:
      type: object
      properties: {total: {type: numbr}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "6:34"

GOOD = """\
version: 1
event_types:
  order.paid:
    schema:
      type: object
      properties: {total: {type: number}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
