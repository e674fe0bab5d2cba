"""A field exists in some of the route's event types only

For events of the others the field is null. An error where the filter can then never hold for a type that the route names: naming it has no effect.
A warning where the type comes from a glob, where its schema allows other fields, or where another branch of the filter may hold.

Write instead: only the types that have the field in `events`; or `type == '...' &&` in front of the part that is about them.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.filter_inference import filter_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT313"
NAME = "filter-not-for-all-types"
SEVERITY = Severity.ERROR

BAD = """\
version: 1
event_types:
  order.paid:
    schema: {type: object, additionalProperties: false, required: [id, country], properties: {id: {type: string}, country: {type: string}}}
  order.created:
    schema: {type: object, additionalProperties: false, required: [id], properties: {id: {type: string}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  german:
    events: [order.paid, order.created]
    filter: data.country == 'DE'
    targets: [crm]
"""
AT = "12:18"

GOOD = """\
version: 1
event_types:
  order.paid:
    schema: {type: object, additionalProperties: false, required: [id, country], properties: {id: {type: string}, country: {type: string}}}
  order.created:
    schema: {type: object, additionalProperties: false, required: [id], properties: {id: {type: string}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  german:
    events: [order.paid, order.created]
    filter: type == 'order.created' || data.country == 'DE'
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what type inference found, see `router.compiler.filter_inference`."""
    yield from filter_findings(context, CODE)
