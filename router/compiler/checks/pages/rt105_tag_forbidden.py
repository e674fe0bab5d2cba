"""A tag that the language does not know

Tags such as `!!python/object` make other YAML libraries build objects and even run code. Only the tags of the core schema are known
here (`!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!map`, `!!seq`), and the value must fit them.

Write instead: the value alone; in quotes where it shall be text.
"""

from router.syntax.diagnostic import Severity

CODE = "RT105"
NAME = "tag-forbidden"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.syntax.loader"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: !env CRM_URL, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:14"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "${CRM_URL:-https://crm.example.com/hooks}", signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
