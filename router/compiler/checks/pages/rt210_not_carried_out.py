"""A part of the language that this release reads but does not carry out

The language is larger than this release. Nothing is ignored in silence: what happens instead is said. Where going on would send something
without the protection that was asked for, the finding is an error.

Write instead: what the message names, or accept what happens until a release carries it out.
"""

from router.syntax.diagnostic import Severity

CODE = "RT210"
NAME = "not-carried-out"
SEVERITY = Severity.WARNING
EMITTED_BY = "router.compiler.availability"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm:
    url: https://crm.example.com/hooks
    signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}
    batch: {max_events: 100, max_wait: 2s}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "8:5"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm:
    url: https://crm.example.com/hooks
    signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
