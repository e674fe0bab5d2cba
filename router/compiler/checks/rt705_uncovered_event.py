"""Events of a type are taken by no route

They are accepted and stored, and nobody hears of them. The finding shows an event that its type's schema allows and that no route takes.
Reported only when the whole configuration could be read.

Write instead: a route for the type, or one with `unmatched: true` that takes what no other does; or remove the event type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from router.compiler.context import CheckContext
from router.compiler.references import expand_events
from router.compiler.witness import NOTHING, witness
from router.syntax.diagnostic import Diagnostic, Note, Severity

CODE = "RT705"
NAME = "uncovered-event"
SEVERITY = Severity.WARNING

BAD = """\
version: 1
event_types:
  order.paid: {}
  order.refunded: {schema: {type: object, required: [total], properties: {total: {type: number, minimum: 1}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "4:3"

GOOD = """\
version: 1
event_types:
  order.paid: {}
  order.refunded: {schema: {type: object, required: [total], properties: {total: {type: number, minimum: 1}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.*], targets: [crm]}
"""

_SHOWN_CHARACTERS_MAX = 300


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report event types without a route."""
    configuration = context.configuration
    if (
        not context.is_whole
        or not configuration.routes
        or any(route.unmatched for route in configuration.routes.values())
    ):
        return
    covered = frozenset().union(*(expand_events(configuration, route) for route in configuration.routes.values()))
    for name in configuration.event_types:
        if name in covered:
            continue
        payload = _example_of(context, name)
        notes: tuple[Note, ...] = ()
        if payload is not NOTHING:
            shown = json.dumps({"type": name, "data": payload}, ensure_ascii=False)
            if len(shown) <= _SHOWN_CHARACTERS_MAX:
                notes = (Note(f"such as {shown}"),)
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"events of type `{name}` are taken by no route",
            span=context.site("event_types", name).key(),
            help="add a route for it, or one with `unmatched: true`",
            notes=notes,
        )


def _example_of(context: CheckContext, name: str) -> Any:
    schema, planned = context.schemas.get(name), context.event_types.get(name)
    if schema is None or planned is None or planned.schema is None:
        return {}
    return witness(schema.document, base=schema.base, read=context.snapshot.read, is_valid=planned.schema.is_valid)
