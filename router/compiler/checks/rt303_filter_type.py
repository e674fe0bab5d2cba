"""A value is used as a type that it never has

JMESPath compares values of different types without complaint: they are never equal, and only numbers have an order. So `data.total == '10'` and
`data.created_at > '2026-01-01'` never hold. Equally, a string has no fields, an object has no elements, and the list `data.items[*].sku` never
equals a string: the result is always null or false.

The types come from the schemas of the route's event types, narrowed by the conditions before. A comparison with null of something that is never
null is a warning.

Write instead: numbers and booleans in backticks, strings in single quotes; `contains(list, value)` to look into a list; `items[*].sku` for a
field of each element.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.filter_inference import filter_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT303"
NAME = "filter-type"
SEVERITY = Severity.ERROR

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
    filter: data.total == '10'
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
    filter: data.total == `10`
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what type inference found, see `router.compiler.filter_inference`."""
    yield from filter_findings(context, CODE)
