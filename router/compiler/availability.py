"""Availability: parts of the language that this release reads but does not carry out yet (RT210).

The language is larger than the runtime for now. Whoever uses such a part is told at once, in lint and at every start, what will
happen instead; nothing is ignored in silence. A feature leaves this list when it works.
"""

from __future__ import annotations

from router.compiler.findings import Findings
from router.language.documents import Configuration, Endpoint

__all__ = ["check_availability"]


def check_availability(configuration: Configuration, findings: Findings) -> None:
    """Report every use of a part of the language that is not carried out."""
    for name, endpoint in configuration.endpoints.items():
        site = findings.site("endpoints", name)
        for key, instead in _missing(endpoint):
            place = site / key
            findings.warning(
                "RT210",
                place.key() if site.has(key) else site.key(),
                f"`{key}` is not carried out by this release: {instead}",
            )


def _missing(endpoint: Endpoint) -> list[tuple[str, str]]:
    missing = []
    if endpoint.order is not None:
        missing.append(("order", "deliveries of one key may overtake each other"))
    if endpoint.batch is not None:
        missing.append(("batch", "every event is sent in a request of its own"))
    if endpoint.on_failure is not None:
        missing.append(("on_failure", "failures are shown in the API and the metrics, no event is sent"))
    if len(endpoint.urls) > 1:
        missing.append(("urls", "only the first address by priority is used"))
    if endpoint.tls is not None:
        missing.append(("tls", "no client certificate is sent and only public authorities are trusted"))
    if endpoint.auth is not None and endpoint.auth.oauth2 is not None:
        missing.append(("auth", "`oauth2` fetches no token, requests go out without credentials"))
    if endpoint.signing is not None and endpoint.signing.scheme != "standard-webhooks":
        missing.append(("signing", f"scheme `{endpoint.signing.scheme}` is not signed; use `standard-webhooks`"))
    return missing
