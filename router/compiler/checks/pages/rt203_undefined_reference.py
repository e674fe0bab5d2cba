"""A name that nothing defines, or a file that cannot be read

Routes name event types, transforms and endpoints; event types name schema and example files. Each must exist. Paths are relative to the
file they are written in. The nearest defined name is suggested, with the place of its definition.

Write instead: the right name, or define it under its section.

Fix: `router lint --fix` replaces the name when exactly one defined name is near.
"""

from router.syntax.diagnostic import Severity

CODE = "RT203"
NAME = "undefined-reference"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.compiler.references"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    targets: [cmr]
"""
AT = "9:15"

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
