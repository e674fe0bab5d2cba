"""A literal without backticks is a field's name

`null`, `true` and `false` are names of fields in JMESPath: `data.note != null` compares with a field `null` of the event, which there is
not, and so happens to work; `data.vip == true` never holds.

Write instead: the literal in backticks: `` data.vip == `true` ``.

Fix: `router lint --fix` puts the backticks.
"""

from router.syntax.diagnostic import Severity

CODE = "RT309"
NAME = "filter-bare-literal"
SEVERITY = Severity.WARNING
EMITTED_BY = "router.filters.checks"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: data.vip == true
    targets: [crm]
"""
AT = "9:25"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: data.vip == `true`
    targets: [crm]
"""
