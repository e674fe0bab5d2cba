"""A filter reads a field that the event type's schema does not have

A missing field is null, so a misspelt one makes the filter quietly never hold. The field is sought in the schema of each of the route's event
types, through `$ref`, `allOf`, `oneOf`, `anyOf`, pattern properties and array elements; the nearest name is suggested.

An error where the schema allows no other fields (`additionalProperties: false`). A warning where it allows others but names none of that name;
where the schema says `additionalProperties: true` in so many words and no name is near, it is only an information. Fields of an object of which
the schema names none are never reported. At the root, a name of the payload without `data.` is reported as well: names of lower-case letters
and digits could be extensions of CloudEvents, so that is a warning.

Write instead: the name that is suggested; or add the field to the schema.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.filter_inference import filter_findings
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT302"
NAME = "filter-unknown-field"
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
    filter: data.totl > `100`
    targets: [crm]
"""
AT = "25:18"

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
    filter: data.total > `100`
    targets: [crm]
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report what type inference found, see `router.compiler.filter_inference`."""
    yield from filter_findings(context, CODE)
