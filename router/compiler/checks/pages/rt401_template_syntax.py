"""A template is no Jinja

The place is inside the template, wherever YAML put it. An unclosed `{% if %}` or `{{` is the usual cause; habits from JMESPath and
JavaScript (`&&`, `?:`, backticks) are recognised.

Write instead: what the message suggests.
"""

from router.syntax.diagnostic import Severity

CODE = "RT401"
NAME = "template-syntax"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.transforms.template"

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
      payload: "{% if data.total > 100 %}large"
    targets: [crm]
"""
AT = "11:42"

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
      payload: "{% if data.total > 100 %}large{% endif %}"
    targets: [crm]
"""
