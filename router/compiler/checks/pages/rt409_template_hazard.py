"""A template could take memory or time without bound

Powers, repetition of strings, huge ranges and paddings turn a few characters into gigabytes; sandboxes of Jinja bound neither memory nor
time. What can be seen in the template is refused here, everything else is bounded while rendering.

Write instead: literal text, or numbers within the limit that the message names.
"""

from router.syntax.diagnostic import Severity

CODE = "RT409"
NAME = "template-hazard"
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
      content_type: text/plain
      payload: "{{ data.total ** 100000 }}"
    targets: [crm]
"""
AT = "11:20"

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
      content_type: text/plain
      payload: "{{ data.total * 100 }}"
    targets: [crm]
"""
