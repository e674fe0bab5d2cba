"""An endpoint's address cannot be called

An address is `http://` or `https://`, a host, and optionally port, path and query. Credentials in it (`https://user:password@…`) end up in
logs and are refused.

Write instead: credentials under `auth`.
"""

from router.syntax.diagnostic import Severity

CODE = "RT501"
NAME = "url"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.compiler.endpoints"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "https://me:pw@crm.example.com/hooks", signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:14"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "https://crm.example.com/hooks", auth: {bearer: {env: CRM_TOKEN}}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
