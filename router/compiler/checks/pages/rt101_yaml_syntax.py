"""The file is not the YAML that the language is written in

Reported where a YAML 1.2 parser cannot go on, and for forms that YAML has but the language does without: several documents in one file,
merge keys (`<<`), keys that are not plain text, control characters, text that is not UTF-8.

A file that cannot be read may define anything, so checks that need to see the whole configuration are silent until it can.

Write instead: most often a bracket or quote is open, an indentation differs, or a value that contains `: ` or ` #` needs quotes.
"""

from router.syntax.diagnostic import Severity

CODE = "RT101"
NAME = "yaml-syntax"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.syntax.loader"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid
    targets: [crm]
"""
AT = "9:12"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    targets: [crm]
"""
