"""A secret has no value

Reported where deliveries are about to be made (`router run`, a reload), not by `router lint`: in CI secrets may be absent. Going on would
send unsigned or unauthenticated requests.

Write instead: set the variable, or put the file where the router's user may read it.
"""

from router.syntax.diagnostic import Severity

CODE = "RT602"
NAME = "secret-unresolvable"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.compiler.secret_values"
REQUIRE_SECRETS = True

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:92"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: http://10.0.0.5/hooks, allow_private: true}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
