"""An endpoint's address is in a private, local or reserved network

Configuration that names `169.254.169.254` or `localhost` makes the router speak to services that trust its network (server-side request
forgery). Addresses are checked again after every name resolution, when a request is sent.

Write instead: a public address; or `allow_private: true` on the one endpoint that is meant to be in your own network.
"""

from router.syntax.diagnostic import Severity

CODE = "RT502"
NAME = "private-address"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.compiler.endpoints"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "http://169.254.169.254/latest", signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:14"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "http://10.0.0.5/hooks", allow_private: true, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
