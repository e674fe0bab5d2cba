"""A filter's value is neither true nor false

JMESPath holds null, false and what is empty for false, and everything else for true, the number 0 too. A filter that ends in a string, a number, a
list or an object is decided by that rule, which is seldom what is meant. A projection with a condition (`items[?price > ...]`) is taken to ask
whether there is such an element, and is not reported; neither is a boolean that may be null.

Write instead: a comparison.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.filter_inference import filter_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT310"
NAME = "filter-non-boolean"
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
    filter: data.note
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
    filter: data.note == 'gift'
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what type inference found, see `router.compiler.filter_inference`."""
    yield from filter_findings(context, CODE)
