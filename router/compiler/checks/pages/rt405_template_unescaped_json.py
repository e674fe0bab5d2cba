"""Text is put into JSON as it is

In a text template under a JSON content type, a quote or a line break in the event's data ends the string that it was put into: the body is
broken JSON, or says something else than was meant. Whoever can choose the data can choose what it says.

Write instead: a structured payload, whose leaves are encoded, or `{{ data.note | tojson }}` without quotes around it.
"""

from router.syntax.diagnostic import Severity

CODE = "RT405"
NAME = "template-unescaped-json"
SEVERITY = Severity.WARNING
EMITTED_BY = "router.transforms.tree"

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
      payload: '{"id": "{{ data.id }}"}'
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
      payload: {id: "{{ data.id }}"}
    targets: [crm]
"""
