"""An endpoint or a transform that nothing uses

It is loaded, its secret must exist, and readers take it for something that is sent to. Reported only when the whole configuration could be
read; a name that an undefined one seems to mean is not reported as well.

Write instead: remove it, or name it in a route.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.language.documents import Configuration
from router.syntax.diagnostic import Diagnostic, Severity
from router.syntax.nearest import nearest

CODE = "RT205"
NAME = "unused-definition"
SEVERITY = Severity.WARNING

BAD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
  old-erp: {url: https://erp.example.com/in, signing: {scheme: standard-webhooks, secrets: [{env: ERP_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "5:3"

GOOD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report endpoints and transforms without a user."""
    if not context.is_whole:
        return
    configuration = context.configuration
    for section, used in (
        ("endpoints", _used_endpoints(configuration)),
        ("transforms", _used_transforms(configuration)),
    ):
        defined = getattr(configuration, section)
        meant = {nearest(name, defined) for name in used if name not in defined}
        for name in defined:
            if name not in used and name not in meant:
                yield Diagnostic(
                    code=CODE,
                    severity=SEVERITY,
                    message=f"{section[:-1]} `{name}` is used by no route",
                    span=context.site(section, name).key(),
                    help="remove it, or route something to it"
                    if section == "endpoints"
                    else "remove it, or use it in a route",
                )


def _used_endpoints(configuration: Configuration) -> set[str]:
    used = {target.endpoint for route in configuration.routes.values() for target in route.targets}
    return used | {one.on_failure for one in configuration.endpoints.values() if one.on_failure is not None}


def _used_transforms(configuration: Configuration) -> set[str]:
    written = [
        transform
        for route in configuration.routes.values()
        for transform in (route.transform, *(t.transform for t in route.targets))
    ]
    return {transform for transform in written if isinstance(transform, str)}
