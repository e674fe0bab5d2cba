"""A function that does not exist, or that takes another number of arguments

jmespath accepts such a call when it compiles the expression and raises on the first event. The nearest function is suggested.

Write instead: the suggested function, with the arguments that the message lists.

Fix: `router lint --fix` replaces the name when exactly one function is near.
"""

from router.syntax.diagnostic import Severity

CODE = "RT306"
NAME = "filter-function"
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
    filter: start_with(data.id, 'ord')
    targets: [crm]
"""
AT = "9:13"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: starts_with(data.id, 'ord')
    targets: [crm]
"""
