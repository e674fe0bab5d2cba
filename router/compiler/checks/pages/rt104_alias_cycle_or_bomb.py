"""Aliases repeat themselves without end, or multiply beyond 10,000 nodes

An alias that stands for a mapping which contains it has no finite value; aliases of aliases of aliases turn a small file into gigabytes
("billion laughs"). Both are refused before they take memory.

Write instead: name what is shared, as a transform or under `defaults`, rather than to copy it by alias.
"""

from router.syntax.diagnostic import Severity

CODE = "RT104"
NAME = "alias-cycle-or-bomb"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.syntax.loader"

BAD = """\
version: 1
event_types:
  order.paid:
    examples:
      - &order {total: 10, parent: *order}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:36"

GOOD = """\
version: 1
event_types:
  order.paid:
    examples:
      - &customer {id: c1}
      - {total: 10, customer: *customer}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
