"""A retry schedule goes beyond the age at which a delivery is given up

No attempt starts after `max_age`, counted from the event's acceptance. Retries that the schedule puts behind it never happen: the endpoint
that was to be tried for two days is given up after one. Only a schedule that is written out is judged; `max_age` alone shortens the
default schedule on purpose.

Write instead: a `max_age` that covers the sum of the schedule, or a shorter schedule.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from router.compiler.context import CheckContext
from router.delivery.schedule import duration
from router.language.documents import DEFAULT_RETRY_S
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT504"
NAME = "retry-budget"
SEVERITY = Severity.WARNING

BAD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm:
    url: https://crm.example.com/hooks
    signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}
    retry:
      schedule: [1m, 1h, 12h, 1d]
      max_age: 1d
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "8:17"

GOOD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm:
    url: https://crm.example.com/hooks
    signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}
    retry:
      schedule: [1m, 1h, 12h, 1d]
      max_age: 3d
routes:
  paid: {events: [order.paid], targets: [crm]}
"""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report schedules that are longer than the age limit."""
    for name, endpoint in context.configuration.endpoints.items():
        retry = endpoint.retry
        due_s = list(accumulate(retry.schedule_s))
        late = sum(1 for moment_s in due_s if moment_s > retry.max_age_s)
        if not late or tuple(retry.schedule_s) == DEFAULT_RETRY_S:
            continue
        place = context.site("endpoints", name)
        for step in ("retry", "schedule"):
            place = place / step if place.has(step) else place
        what = "the last retry" if late == 1 else f"the last {late} of {len(due_s)} retries"
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"{what} of endpoint `{name}` never happen{'s' if late == 1 else ''}: the schedule takes {_rounded(due_s[-1])}, "
            f"deliveries are given up after {duration(retry.max_age_s)}",
            span=place.value(),
            help=f"raise `max_age` to more than {_rounded(due_s[-1])}, or take the retries out",
        )


def _rounded(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds / size:.1f}".removesuffix(".0") + unit
    return duration(seconds)
