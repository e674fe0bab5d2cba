"""A route without a filter takes nearly every type of event

An audit trail is meant to; a route that was written for a few types and says `**` is not, and every type that is added later goes there
as well. Reported from eight event types on, when a route takes nine of ten of them.

Write instead: the types that are meant; or keep it, this is only worth knowing.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.compiler.references import expand_events
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT706"
NAME = "broad-catch-all"
SEVERITY = Severity.INFO

BAD = """\
version: 1
event_types: {a.a: {}, a.b: {}, a.c: {}, a.d: {}, a.e: {}, a.f: {}, a.g: {}, a.h: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  everything:
    events: ["**"]
    targets: [crm]
"""
AT = "7:13"

GOOD = """\
version: 1
event_types: {a.a: {}, a.b: {}, a.c: {}, a.d: {}, a.e: {}, a.f: {}, a.g: {}, a.h: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  most:
    events: ["**"]
    filter: data.total > `100`
    targets: [crm]
"""

_TYPES_MIN = 8
_SHARE = 0.9


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report routes that take nearly everything."""
    count = len(context.configuration.event_types)
    if count < _TYPES_MIN or not context.is_whole:
        return
    for name, route in context.configuration.routes.items():
        taken = len(expand_events(context.configuration, route))
        if route.filter is None and not route.unmatched and taken >= _SHARE * count:
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"route `{name}` takes {taken} of {count} types of events, all of each",
                span=(context.site("routes", name) / "events").value(),
                help="name the types that are meant, or add a filter; keep it if it is an audit trail",
            )
