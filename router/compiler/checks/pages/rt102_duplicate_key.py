"""A key stands twice in one mapping

YAML libraries keep the last of the two without a word, so the first one is lost: a route's filter, or a whole section. The finding
shows both places.

Write instead: keep one of the two, or join their contents under one key.
"""

from router.syntax.diagnostic import Severity

CODE = "RT102"
NAME = "duplicate-key"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.syntax.loader"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: total > `10`
    targets: [crm]
    filter: data.total > `10`
"""
AT = "11:5"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: data.total > `10`
    targets: [crm]
"""
