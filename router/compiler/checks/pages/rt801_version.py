"""A document does not say a version that this release reads

Every document starts with `version: 1`, so that a later release knows what an old file means, and an old release refuses a new one rather
than to misread it.

Write instead: `version: 1`.
"""

from router.syntax.diagnostic import Severity

CODE = "RT801"
NAME = "version"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.language.reader"

BAD = """\
version: 2
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "1:10"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
