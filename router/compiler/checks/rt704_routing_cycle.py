"""An endpoint is this router's own entrance

The address is on this machine and its path is `/events` or that of a source: what is delivered there comes in as an event again. A route
that takes that event delivers it once more, and so on without end. An address elsewhere with the path of a source that starts with `/in/`
is reported too: it is hardly anybody else's.

Write instead: the address of the service that is meant. To derive one event from another, let the service that knows it publish it.
"""

from __future__ import annotations

from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.delivery.address import Target, UrlError, parse_url
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT704"
NAME = "routing-cycle"
SEVERITY = Severity.WARNING

BAD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  again: {url: "http://127.0.0.1:8080/events", allow_private: true}
routes:
  paid: {events: [order.paid], targets: [again]}
"""
AT = "4:16"

GOOD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  ledger: {url: "http://127.0.0.1:9000/ledger", allow_private: true}
routes:
  paid: {events: [order.paid], targets: [ledger]}
"""

_INGEST = "/events"
_LOCAL_NAMES = ("localhost",)


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report addresses that lead back in."""
    paths = {source.path: name for name, source in context.configuration.sources.items()}
    for name, endpoint in context.configuration.endpoints.items():
        site = context.site("endpoints", name)
        for index, url in enumerate(endpoint.urls):
            try:
                target = parse_url(url.url)
            except UrlError:
                continue
            entrance = _entrance(target, paths)
            if entrance is not None:
                place = site / "url" if site.has("url") else site / "urls" / index / "url"
                yield Diagnostic(
                    code=CODE,
                    severity=SEVERITY,
                    message=f"endpoint `{name}` is {entrance} of this router: what is sent there comes in again, without end",
                    span=place.value(),
                    help="name the service that is meant; routes cannot feed each other",
                )


def _entrance(target: Target, paths: dict[str, str]) -> str | None:
    path = target.path.partition("?")[0]
    path = path.rstrip("/") or "/"
    if path in paths and (_is_here(target) or path.startswith("/in/")):
        return f"the source `{paths[path]}`"
    return "the entrance `/events`" if path == _INGEST and _is_here(target) else None


def _is_here(target: Target) -> bool:
    if target.literal is not None:
        return target.literal.is_loopback or target.literal.is_unspecified
    return target.host in _LOCAL_NAMES or target.host.endswith(".localhost")
