"""A route's pattern matches no event type

The route can never fire. In patterns the segments of a name are separated by `.`, and `*` stands for exactly one of them: `order.*` takes
`order.paid`, but neither `order` nor `order.paid.eu`.

Write instead: a pattern that matches what is defined under `event_types`.
"""

from router.syntax.diagnostic import Severity

CODE = "RT701"
NAME = "unreachable-route"
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
    events: [order.paid, orders.*]
    targets: [crm]
"""
AT = "8:26"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.*]
    targets: [crm]
"""
