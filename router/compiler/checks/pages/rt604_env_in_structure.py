"""An environment variable stands in a key

`${NAME}` is put into string values only, after the YAML is parsed, so that no variable can add, remove or rename anything: what a
configuration consists of is in git and the same wherever it runs.

Write instead: the key written out.
"""

from router.syntax.diagnostic import Severity

CODE = "RT604"
NAME = "env-in-structure"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.language.substitution"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm-${STAGE:-test}: {url: https://crm.example.com/hooks}
routes:
  paid: {events: [order.paid], targets: [crm-test]}
"""
AT = "5:3"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "https://crm-${STAGE:-test}.example.com/hooks", signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
