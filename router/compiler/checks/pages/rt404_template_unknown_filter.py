"""A template filter or test that does not exist, or with wrong arguments

Templates have Jinja's filters that are a function of the value alone, and a few for JSON and text of our own. Those of Jinja that would
break reproducible output (`random`, `pprint`) or bounds are missing on purpose; the message says so and what to use.

Write instead: the suggested filter.

Fix: `router lint --fix` replaces the name when exactly one filter is near.
"""

from router.syntax.diagnostic import Severity

CODE = "RT404"
NAME = "template-unknown-filter"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.transforms.filter_calls"

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
      payload: {total: "{{ data.total | tojsn }}"}
    targets: [crm]
"""
AT = "11:41"

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
