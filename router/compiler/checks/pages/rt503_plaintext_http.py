"""An endpoint outside the own network is called without TLS

Payload, credentials and signature can be read, and the payload replaced, by everybody on the way.

Write instead: `https://`.
"""

from router.syntax.diagnostic import Severity

CODE = "RT503"
NAME = "plaintext-http"
SEVERITY = Severity.WARNING
EMITTED_BY = "router.compiler.endpoints"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "http://crm.example.com/hooks", signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:14"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "https://crm.example.com/hooks", signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
