"""A plain scalar is read differently by YAML 1.1 tools

Scalars follow the YAML 1.2 core schema here: `NO` is text, `014` the number 14, `12:30:00` text. Tools of YAML 1.1 (PyYAML, older Ruby
and Go libraries, many editors' helpers) read false, 12 and 45000. Whoever processes the same file with such a tool gets another value.

Write instead: quotes around text, a plain decimal for a number.

Fix: `router lint --fix` puts the quotes.
"""

from router.syntax.diagnostic import Severity

CODE = "RT103"
NAME = "ambiguous-scalar"
SEVERITY = Severity.WARNING
EMITTED_BY = "router.syntax.loader"

BAD = """\
version: 1
event_types:
  order.paid:
    examples:
      - {country: NO}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:19"

GOOD = """\
version: 1
event_types:
  order.paid:
    examples:
      - {country: 'NO'}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
