"""A function does not exist, or does not take these arguments

jmespath accepts such a call when it compiles the expression and raises on the first event: an unknown name, a wrong number of arguments, or an
argument of a type that the function never takes, such as `sum()` of strings. Types come from the schemas of the route's event types. The
nearest function is suggested. A function of ours that takes anything but is about strings only, such as `prefix()`, is reported when its argument
is never one.

Write instead: the suggested function, with the arguments that the message lists.

Fix: `router lint --fix` replaces the name when exactly one function is near.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.filter_inference import filter_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT306"
NAME = "filter-function"
SEVERITY = Severity.ERROR

BAD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: start_with(data.id, 'ord')
    targets: [crm]
"""
AT = "9:13"

GOOD = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: starts_with(data.id, 'ord')
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report arguments that never fit; what needs no schema is reported where filters are compiled, see `router.filters.checks`."""
    yield from filter_findings(context, CODE)
