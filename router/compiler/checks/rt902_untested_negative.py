"""No test shows that a route's filter can keep an event away

Every test with an event of the route's types expects it to fire: a filter that always holds would pass them all. Reported only for routes
that a test expects, so that RT901 comes first.

Write instead: a test with an event that the filter refuses, and without this route in `expect`.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.references import expand_events
from router.language.documents import RouteTest
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT902"
NAME = "untested-negative"
SEVERITY = Severity.INFO

BAD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  large:
    events: [order.paid]
    filter: data.total > `1000`
    targets: [crm]
tests:
  - name: a large order reaches the CRM
    event: {type: order.paid, data: {total: 2000}}
    expect: [{route: large, endpoint: crm}]
"""
AT = "8:13"

GOOD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  large:
    events: [order.paid]
    filter: data.total > `1000`
    targets: [crm]
tests:
  - name: a large order reaches the CRM
    event: {type: order.paid, data: {total: 2000}}
    expect: [{route: large, endpoint: crm}]
  - name: a small one does not
    event: {type: order.paid, data: {total: 1000}}
    expect: []
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report filters that no test sees refuse."""
    configuration = context.configuration
    fires: dict[str, set[int]] = {}
    for number, test in enumerate(configuration.tests):
        for expectation in test.expect:
            fires.setdefault(expectation.route, set()).add(number)
    by_type: dict[str | None, list[int]] = {}
    for number, test in enumerate(configuration.tests):
        by_type.setdefault(_type_of(test), []).append(number)
    if None in by_type:  # a test that reads its event from a file may be the one
        return
    for name, route in configuration.routes.items():
        if route.filter is None or name not in fires or not route.enabled:
            continue
        concerned = (
            number for event_type in expand_events(configuration, route) for number in by_type.get(event_type, ())
        )
        if all(number in fires[name] for number in concerned):
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"no test shows an event that the filter of route `{name}` keeps away",
                span=(context.site("routes", name) / "filter").value(),
                help=f"add a test whose event the filter refuses, without `{name}` in `expect`",
            )


def _type_of(test: RouteTest) -> str | None:
    if test.example is not None:
        return test.example.partition("#")[0]
    found = test.event.get("type") if test.event is not None else None
    return found if isinstance(found, str) else None
