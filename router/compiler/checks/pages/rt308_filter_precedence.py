"""An operator binds otherwise than it reads

`!data.vip` is `(!data).vip` in JMESPath: the negation takes `data` only, the result has no field `vip`, and the filter never holds.

Write instead: `!(data.vip)`.

Fix: `router lint --fix` adds the parentheses.
"""

from router.syntax.diagnostic import Severity

CODE = "RT308"
NAME = "filter-precedence"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.filters.checks"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: "!data.vip"
    targets: [crm]
"""
AT = "9:14"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: "!(data.vip)"
    targets: [crm]
"""
