"""No test expects a delivery of a route

Tests in the configuration are run by `router test` and before every reload: a route that none of them expects can be broken by the next
change without anybody noticing. A configuration without any test is reported once.

Write instead: a test with an event that the route takes, and the deliveries that it causes.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT901"
NAME = "untested-route"
SEVERITY = Severity.INFO

BAD = """\
version: 1
event_types: {order.paid: {}, order.refunded: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
  refunded: {events: [order.refunded], targets: [crm]}
tests:
  - name: a paid order reaches the CRM
    event: {type: order.paid, data: {}}
    expect: [{route: paid, endpoint: crm}]
"""
AT = "7:3"

GOOD = """\
version: 1
event_types: {order.paid: {}, order.refunded: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
  refunded: {events: [order.refunded], targets: [crm]}
tests:
  - name: a paid order reaches the CRM
    event: {type: order.paid, data: {}}
    expect: [{route: paid, endpoint: crm}]
  - name: a refund reaches the CRM
    event: {type: order.refunded, data: {}}
    expect: [{route: refunded, endpoint: crm}]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report routes that no test expects."""
    configuration = context.configuration
    if not context.is_whole:
        return
    tested = {expectation.route for test in configuration.tests for expectation in test.expect}
    untested = [name for name, route in configuration.routes.items() if name not in tested and route.enabled]
    if not configuration.tests and len(untested) > 1:
        yield _finding(context, untested[0], f"no test shows what the {len(untested)} routes of this configuration do")
        return
    for name in untested:
        yield _finding(context, name, f"no test expects a delivery of route `{name}`")


def _finding(context: CheckContext, route: str, message: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=message,
        span=context.site("routes", route).key(),
        help="add one under `tests:`: an event, and the deliveries to expect",
    )
