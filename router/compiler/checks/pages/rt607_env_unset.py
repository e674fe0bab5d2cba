"""An environment variable that a value needs is not set

Reported for `${NAME}` without a default when the variable is absent, and for references that are not complete. An empty address or name
would be worse than none.

Write instead: set it, or give a default, `${NAME:-default}`. A literal `${` is written `$${`.
"""

from router.syntax.diagnostic import Severity

CODE = "RT607"
NAME = "env-unset"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.language.substitution"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "https://${CRM_HOST}/hooks", signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:23"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "https://${CRM_HOST:-crm.example.com}/hooks", signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
