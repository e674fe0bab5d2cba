"""Availability: parts of the language that this release reads but does not carry out yet (RT210).

The language is larger than the runtime for now. Whoever uses such a part is told at once, in lint and at every start, what will
happen instead; nothing is ignored in silence. Where going on would send something without the protection that was asked for, it is
an error. A feature leaves this list when it works.
"""

from __future__ import annotations

from router.compiler.findings import Findings
from router.language.documents import Configuration, Endpoint

__all__ = ["check_availability"]


def check_availability(configuration: Configuration, findings: Findings) -> None:
    """Report every use of a part of the language that is not carried out."""
    for name, endpoint in configuration.endpoints.items():
        site = findings.site("endpoints", name)
        for key, instead in _ignored(endpoint):
            place = site / key
            findings.warning(
                "RT210",
                place.key() if site.has(key) else site.key(),
                f"`{key}` is not carried out by this release: {instead}",
            )
        for key, what, help_text in _refused(endpoint):
            place = site / key
            span = place.key() if site.has(key) else site.key()
            findings.error("RT210", span, f"{what} is not carried out by this release", help_text)


def _ignored(endpoint: Endpoint) -> list[tuple[str, str]]:
    ignored = []
    if endpoint.order is not None:
        ignored.append(("order", "deliveries of one key may overtake each other"))
    if endpoint.batch is not None:
        ignored.append(("batch", "every event is sent in a request of its own"))
    return ignored


def _refused(endpoint: Endpoint) -> list[tuple[str, str, str]]:
    refused = []
    if endpoint.signing is not None and endpoint.signing.scheme != "standard-webhooks":
        refused.append(("signing", f"signing scheme `{endpoint.signing.scheme}`", "use `scheme: standard-webhooks`"))
    return refused
