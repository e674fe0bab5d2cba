"""A comparison asks for a number that the schema excludes

`minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum` and `type: integer` bound a number, `maxLength` and `maxItems` bound a `length()`. Outside of the
bounds the comparison never holds.

Write instead: a number within the bounds, or correct the schema.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.filter_inference import filter_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT305"
NAME = "filter-range"
SEVERITY = Severity.WARNING

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
    filter: data.discount > `100`
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
    filter: data.discount > `50`
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what type inference found, see `router.compiler.filter_inference`."""
    yield from filter_findings(context, CODE)
