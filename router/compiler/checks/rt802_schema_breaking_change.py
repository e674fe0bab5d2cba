"""A change of an event type breaks those who send it or those who read it

Reported when a configuration is compared with an earlier state of itself (`router lint --base REV`). Senders break when payloads that were
accepted are refused now; readers (filters, templates, the receivers of the payload) when a field that was sure to be there is gone, need
not be there, or may be null. An older payload that is kept under `versions:` with an upgrade is still accepted, so nothing is said of
senders then.

Write instead: keep the field; make new fields optional; or keep the old schema under `versions:` with an upgrade; or give what is a different
event a name of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.compiler.compatibility import Change, Party, breaking_changes
from router.compiler.context import Base, CheckContext
from router.compiler.filter_inference import payload_shapes
from router.compiler.references import expand_events
from router.shapes import SchemaShapes, file_resolver
from router.syntax.diagnostic import Diagnostic, Severity, Span

CODE = "RT802"
NAME = "schema-breaking-change"
SEVERITY = Severity.ERROR

BASE = """\
version: 1
event_types:
  order.paid:
    schema:
      type: object
      required: [order_id, total]
      properties: {order_id: {type: string}, total: {type: number}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], filter: data.total > `10`, targets: [crm]}
"""
BAD = """\
version: 1
event_types:
  order.paid:
    schema:
      type: object
      required: [total]
      properties: {id: {type: string}, total: {type: number}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], filter: data.total > `10`, targets: [crm]}
"""
AT = "5:7"

GOOD = """\
version: 1
event_types:
  order.paid:
    schema:
      type: object
      required: [order_id, total]
      properties: {order_id: {type: string}, total: {type: number}, note: {type: string}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], filter: data.total > `10`, targets: [crm]}
"""

_CHANGES_MAX = 50


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Compare every event type with what it was."""
    base = context.base
    if base is None:
        return
    library = SchemaShapes(file_resolver(base.snapshot.read))
    shapes = context.result_of(payload_shapes)
    for name, old in base.configuration.event_types.items():
        new = context.configuration.event_types.get(name)
        if new is None:
            if context.is_whole:
                yield _finding(
                    _place_of_removed(context, base, name),
                    f"event type `{name}` is gone: its events are no longer known",
                )
            continue
        if name not in base.schemas or name not in context.schemas:
            continue
        before = library.shape(base.schemas[name].document, base.schemas[name].base)
        is_upgraded = bool(set(new.versions) - set(old.versions))
        site = context.site("event_types", name)
        span = (site / "schema").value() if site.has("schema") else site.key()
        for number, change in enumerate(breaking_changes(before, shapes[name])):
            if number >= _CHANGES_MAX:
                break
            if change.party is Party.SENDERS and is_upgraded:
                continue
            yield _finding(span, f"`{name}` breaks {change.party}: {change.message}{_uses(context, name, change)}")


def _finding(span: Span, message: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=message,
        span=span,
        help="keep what was promised, or keep the old schema under `versions:` with an upgrade",
    )


def _uses(context: CheckContext, event_type: str, change: Change) -> str:
    """Return how many filters of routes for this type mention the field."""
    if not change.path or "[]" in change.path:
        return ""
    field = re.compile(r"\bdata\." + re.escape(".".join(change.path)) + r"\b")
    users = [
        name
        for name, route in context.configuration.routes.items()
        if route.filter is not None
        and field.search(route.filter)
        and event_type in expand_events(context.configuration, route)
    ]
    if not users:
        return ""
    return f" (used by the filter of `{users[0]}`" + (f" and {len(users) - 1} more)" if len(users) > 1 else ")")


def _place_of_removed(context: CheckContext, base: Base, name: str) -> Span:
    """Return where an event type that is gone would be: its old document's `event_types`, or that of any."""
    old = base.configuration.origin[("event_types", name)].tree.file
    trees = sorted(context.configuration.trees, key=lambda tree: tree.file != old)
    for tree in trees:
        if ("event_types",) in tree.places:
            return tree.key_span(("event_types",))
    return trees[0].key_span(("version",))
