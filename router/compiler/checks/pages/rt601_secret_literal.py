"""A secret is written out in the configuration

What is in git is known to everybody who ever reads the repository, its backups and its logs. The value itself is never shown.

Write instead: a reference, `{env: NAME}` or `{file: /run/secrets/name}`; and change the secret, it has been seen.
"""

from router.syntax.diagnostic import Severity

CODE = "RT601"
NAME = "secret-literal"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.language.explanation"

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "https://crm.example.com/hooks", auth: {bearer: swordfish}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:62"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: "https://crm.example.com/hooks", auth: {bearer: {env: CRM_TOKEN}}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
