"""A definition is not built as the language says

A value has the wrong kind, a required key is missing, a text has the wrong form (a duration, a rate, a URL), or two keys exclude each
other. `router schema` prints the language's JSON Schema; editors that know it complete and check while typing.

Write instead: what the message says was expected there.
"""

from router.syntax.diagnostic import Severity

CODE = "RT201"
NAME = "schema"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.language.explanation"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: order.paid
    targets: [crm]
"""
AT = "8:13"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    targets: [crm]
"""
