"""Nothing in a filter can be looked up in the index

Routes are found by what their filters demand of fields: equality with a constant, membership, prefixes, ranges, truth. A filter without any such
demand is evaluated for every event of the route's types. With few routes that costs nothing; with thousands it is what matching costs.

Write instead: a comparison with a constant, joined to the rest with `&&`.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.filter_inference import filter_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT314"
NAME = "filter-unindexed"
SEVERITY = Severity.INFO

BAD = """\
version: 1
event_types:
  order.paid:
    schema:
      type: object
      required: [id, total, status, items]
      properties:
        id: {type: string, minLength: 1}
        total: {type: number, minimum: 0}
        status: {enum: [new, paid, shipped]}
        discount: {type: integer, minimum: 0, maximum: 100}
        note: {type: string}
        items: {type: array, items: {$ref: '#/$defs/item'}}
      additionalProperties: false
      $defs:
        item:
          type: object
          required: [sku, price]
          properties: {sku: {type: string}, price: {type: number}, parts: {type: array, items: {type: object, properties: {tags: {type: array, items: {type: string}}}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: length(data.items) > `2`
    targets: [crm]
"""
AT = "25:13"

GOOD = """\
version: 1
event_types:
  order.paid:
    schema:
      type: object
      required: [id, total, status, items]
      properties:
        id: {type: string, minLength: 1}
        total: {type: number, minimum: 0}
        status: {enum: [new, paid, shipped]}
        discount: {type: integer, minimum: 0, maximum: 100}
        note: {type: string}
        items: {type: array, items: {$ref: '#/$defs/item'}}
      additionalProperties: false
      $defs:
        item:
          type: object
          required: [sku, price]
          properties: {sku: {type: string}, price: {type: number}, parts: {type: array, items: {type: object, properties: {tags: {type: array, items: {type: string}}}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    filter: data.status == 'paid' && length(data.items) > `2`
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what type inference found, see `router.compiler.filter_inference`."""
    yield from filter_findings(context, CODE)
