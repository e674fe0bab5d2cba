"""Demo report: what the demonstration did, as a table and a verdict."""

from __future__ import annotations

from router.cli.demonstration import DemoDelivery, DemoOutcome
from router.cli.printing import Style, printable
from router.cli.rendering.table import table

__all__ = ["demo_report"]

_HEADINGS = ("EVENT", "ROUTE", "ENDPOINT", "STATE", "ANSWERS", "SIGNATURE")


def demo_report(outcome: DemoOutcome, *, style: Style) -> str:
    """Return the table of deliveries, what is missing from it, and one closing line."""
    rows = [_row(delivery) for delivery in outcome.deliveries]
    lines = [
        "",
        *table(_HEADINGS, rows, style=style, colours=[_colour(delivery) for delivery in outcome.deliveries]),
        "",
    ]
    lines += [f"no route took {printable(name)}" for name in outcome.unrouted]
    lines += [style(f"refused: {printable(name)}: {printable(reason)}", "red") for name, reason in outcome.refused]
    lines.append(f"events: {', '.join(f'{count} {origin}' for origin, count in outcome.origins.items())}")
    delivered = sum(delivery.state == "delivered" for delivery in outcome.deliveries)
    verified = sum(delivery.verified is True for delivery in outcome.deliveries)
    retried = sum(delivery.attempts > 1 for delivery in outcome.deliveries)
    verdict = f"{delivered} of {len(outcome.deliveries)} deliveries delivered, {verified} with a verified signature, {retried} after a retry"
    if outcome.exit_code:
        lines.append(style(f"the router ended with exit code {outcome.exit_code}", "red"))
    lines.append(style(verdict, "green" if outcome.is_complete else "red", "bold"))
    return "\n".join(lines)


def _row(delivery: DemoDelivery) -> tuple[str, ...]:
    answers = " → ".join(str(status) for status in delivery.statuses) or "none"
    signature = {True: "verified", False: "WRONG", None: "not seen"}[delivery.verified]
    return (delivery.event, delivery.route, delivery.endpoint, delivery.state, answers, signature)


def _colour(delivery: DemoDelivery) -> str | None:
    if delivery.state != "delivered" or delivery.verified is not True:
        return "red"
    return "yellow" if delivery.attempts > 1 else None
