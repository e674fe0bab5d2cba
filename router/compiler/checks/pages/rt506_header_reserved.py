"""A transform's header or content type cannot be sent as it is

Header names are tokens of RFC 9110, and some belong to the router: `host`, `content-length`, `webhook-signature` and the like. A transform
that could set those could forge a signature or break the request.

Write instead: a header name of your own, such as `X-Shop-Country`.
"""

from router.syntax.diagnostic import Severity

CODE = "RT506"
NAME = "header-reserved"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.transforms.transform"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    transform:
      payload: {total: "{{ data.total }}"}
      headers: {Webhook-Signature: "{{ data.id }}"}
    targets: [crm]
"""
AT = "11:37"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    transform:
      payload: {total: "{{ data.total }}"}
      headers: {X-Order: "{{ data.id }}"}
    targets: [crm]
"""
