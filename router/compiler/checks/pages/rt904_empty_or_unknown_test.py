"""A test names a route, an endpoint, an event type or an example that does not exist

Such a test can never pass, or passes without saying anything about the route that it was written for.

Write instead: the suggested name.
"""

from router.syntax.diagnostic import Severity

CODE = "RT904"
NAME = "empty-or-unknown-test"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.compiler.references"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
tests:
  - name: a paid order reaches the CRM
    event: {type: order.paid, data: {id: o1, total: 10}}
    expect:
      - {route: payed, endpoint: crm}
"""
AT = "12:17"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
tests:
  - name: a paid order reaches the CRM
    event: {type: order.paid, data: {id: o1, total: 10}}
    expect:
      - {route: paid, endpoint: crm}
"""
