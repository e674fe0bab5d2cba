"""A construct of Jinja that templates of routes do without

Macros, imports, inheritance, calls, assignments to attributes and the like are refused: a template is a function from one event to one
body, bounded in time and size, and the same event renders to the same bytes for ever.

Write instead: what the message names. `if`, `for`, `set`, filters and tests are there.
"""

from router.syntax.diagnostic import Severity

CODE = "RT408"
NAME = "template-construct"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.transforms.statement"

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
      payload: "{% include 'header' %} {{ data.total }}"
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
      payload: "Shop: {{ data.total }}"
    targets: [crm]
"""
