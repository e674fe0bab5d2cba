"""A name is defined twice over all documents, or two sources listen on one path

Documents of a configuration merge by name, so that teams keep their own files. Which of two definitions were to hold could only depend
on the order of files, and that never matters.

Write instead: give one of them another name, or remove it. The finding shows the other place.
"""

from router.syntax.diagnostic import Severity

CODE = "RT204"
NAME = "duplicate-definition"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.language.reader"

BAD = {
    "a.yaml": """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
""",
    "b.yaml": """\
version: 1
routes:
  paid: {events: [order.paid], filter: data.total > `100`, targets: [crm]}
""",
}
AT = "b.yaml:3:3"

GOOD = {
    "a.yaml": """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
""",
    "b.yaml": """\
version: 1
endpoints:
  erp: {url: https://erp.example.com/, signing: {scheme: standard-webhooks, secrets: [{env: ERP_KEY}]}}
routes:
  large: {events: [order.paid], filter: data.total > `100`, targets: [erp]}
""",
}
