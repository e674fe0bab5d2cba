"""A template names something that events do not have

The names of a template are those of the event: `id`, `source`, `type`, `subject`, `time`, extensions, and `data`. The nearest known name is
suggested. Unknown fields inside `data` are reported too, against the schemas of the event types that routes bring to the template: always
where a schema is closed (`additionalProperties: false`), else only where a known field is so near that a slip is likely.

Write instead: the suggested name; `data.total` for a field of the payload.

Fix: `router lint --fix` replaces the name when exactly one is near.
"""

from router.syntax.diagnostic import Severity

CODE = "RT402"
NAME = "template-unknown-variable"
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
      payload: {total: "{{ date.total }}"}
    targets: [crm]
"""
AT = "11:28"

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
      payload: {total: "{{ data.total }}"}
    targets: [crm]
"""
