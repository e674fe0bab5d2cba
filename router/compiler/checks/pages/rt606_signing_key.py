"""A signing secret is no Standard Webhooks key

The environment variable or file has a value, but not one that receivers could verify with: a key is `whsec_` and the base64 of 24 to 64
random bytes. The value is never shown.

Write instead: a key of that form; `openssl rand -base64 32` makes the second half.
"""

from router.syntax.diagnostic import Severity

CODE = "RT606"
NAME = "signing-key"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.compiler.endpoints"
REQUIRE_SECRETS = True
ENVIRON = {"CRM_KEY": "swordfish"}

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:92"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
