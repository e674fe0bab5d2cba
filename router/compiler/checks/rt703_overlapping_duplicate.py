"""An endpoint receives an event twice

Either a route names the same target twice (an error), or two routes send the same payload to the same endpoint, and every event that one
of them takes is taken by the other too: their filters are equal, or one demands everything that the other does and more. Routes are
independent, so both fire.

Write instead: one of the two routes; or filters that exclude each other; or a transform that makes the two payloads different.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import msgspec

from router.compiler.context import CheckContext
from router.compiler.references import expand_events
from router.compiler.terms import filter_terms
from router.language.documents import Configuration, Route, Target
from router.syntax.diagnostic import Diagnostic, Note, Severity

CODE = "RT703"
NAME = "overlapping-duplicate"
SEVERITY = Severity.WARNING

BAD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  large:
    events: [order.paid]
    filter: data.total > `1000`
    targets: [crm]
  large-german:
    events: [order.*]
    filter: data.country == 'DE' && data.total > `1000`
    targets: [crm]
"""
AT = "13:15"

GOOD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  large:
    events: [order.paid]
    filter: data.country != 'DE' && data.total > `1000`
    targets: [crm]
  large-german:
    events: [order.*]
    filter: data.country == 'DE' && data.total > `100`
    targets: [crm]
"""

_TERMS_MAX = 8
"""Filters of more terms are compared with equal ones only: their subsets are too many."""


class _Sending(msgspec.Struct, frozen=True):
    route: str
    target: int
    terms: frozenset[str]


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report pairs of routes of which one sends what the other sends as well."""
    groups: dict[tuple[str, str, str], list[_Sending]] = {}
    for name, route in context.configuration.routes.items():
        if route.unmatched or not route.enabled:
            continue
        terms = frozenset() if route.filter is None else filter_terms(route.filter)
        if terms is None:
            continue
        for index, target in enumerate(route.targets):
            transform = _transform_key(context.configuration, route, target)
            for event_type in expand_events(context.configuration, route):
                groups.setdefault((target.endpoint, transform, event_type), []).append(_Sending(name, index, terms))
    reported: set[tuple[str, str, str]] = set()
    for (endpoint, _, event_type), sendings in sorted(groups.items()):
        for wide, narrow in _overlaps(sendings):
            pair = (endpoint, min(wide.route, narrow.route), max(wide.route, narrow.route))
            if pair not in reported:
                reported.add(pair)
                yield _finding(context, endpoint, event_type, wide, narrow)


def _overlaps(sendings: list[_Sending]) -> Iterator[tuple[_Sending, _Sending]]:
    if len(sendings) < 2:
        return
    by_terms: dict[frozenset[str], _Sending] = {}
    for sending in sendings:
        first = by_terms.setdefault(sending.terms, sending)
        if first.route != sending.route:
            yield first, sending
    sizes = sorted({len(terms) for terms in by_terms})
    for terms, narrow in by_terms.items():
        if len(terms) > _TERMS_MAX:
            continue
        wider = (frozenset(part) for size in sizes if size < len(terms) for part in combinations(sorted(terms), size))
        found = next((by_terms[part] for part in wider if part in by_terms), None)
        if found is not None and found.route != narrow.route:
            yield found, narrow


def _transform_key(configuration: Configuration, route: Route, target: Target) -> str:
    written = target.transform if target.transform is not None else route.transform
    if written is None:
        return ""
    transform = configuration.transforms.get(written) if isinstance(written, str) else written
    if transform is None:
        return f"name {written}"
    return repr((transform.payload, transform.content_type, sorted(transform.headers.items())))


def _finding(context: CheckContext, endpoint: str, event_type: str, wide: _Sending, narrow: _Sending) -> Diagnostic:
    site = context.site("routes", narrow.route) / "targets" / narrow.target
    first = context.site("routes", wide.route)
    what = "the same events" if wide.terms == narrow.terms else "all of these events"
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{endpoint}` receives `{event_type}` twice: route `{wide.route}` sends {what} there, with the same payload",
        span=site.value(),
        help="remove one of the two, or make their filters exclude each other",
        notes=(Note(f"route `{wide.route}`", first.key()),),
    )
