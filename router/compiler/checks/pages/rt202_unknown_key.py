"""A key that the language does not have

Nothing is ignored in silence: an unknown key is most often a known one with a slip of the finger, and what it was meant to say would not
happen. The nearest known key is suggested.

Write instead: the suggested key, or remove it.

Fix: `router lint --fix` renames it when exactly one known key is near.
"""

from router.syntax.diagnostic import Severity

CODE = "RT202"
NAME = "unknown-key"
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
    events: [order.paid]
    targetz: [crm]
    targets: [crm]
"""
AT = "9:5"

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
