"""A template wants a clock or chance

`now()`, `random` and the like would make another body of the same event each time. A delivery is rendered once and every attempt sends the
same bytes, but replays, tests and a second router would differ, and nobody could say what was sent.

Write instead: what is in the event: `time` for when it happened, `id` for something unique, a field of `data`.
"""

from router.syntax.diagnostic import Severity

CODE = "RT407"
NAME = "template-nondeterministic"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.transforms.expression"

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
      content_type: application/json
      payload: {sent: "{{ now() }}"}
    targets: [crm]
"""
AT = "11:27"

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
      content_type: application/json
      payload: {happened: "{{ time | default(none) }}"}
    targets: [crm]
"""
