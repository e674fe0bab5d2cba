"""A filter is no JMESPath expression

The caret stands inside the expression, wherever YAML put it. Filters are JMESPath 1.0: numbers, booleans and null are written in
backticks (`` `10` ``), text in single quotes, and comparisons are `==`, `!=`, `<`, `<=`, `>`, `>=`.

Write instead: what the message suggests; habits from other languages (`and`, `=`, double quotes) are recognised.
"""

from router.syntax.diagnostic import Severity

CODE = "RT301"
NAME = "filter-syntax"
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
    filter: data.total >
    targets: [crm]
"""
AT = "9:24"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: data.total > `100`
    targets: [crm]
"""
