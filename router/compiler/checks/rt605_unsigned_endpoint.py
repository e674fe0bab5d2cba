"""Deliveries go to an endpoint without a signature and without credentials

The receiver cannot know that a request comes from here: whoever learns the address can send it orders that nobody placed. Endpoints with
`auth`, those in the own network (`allow_private: true`) and addresses that carry a token of their own, as the incoming webhooks of chats
do, are not reported.

Write instead: `signing: {scheme: standard-webhooks, secrets: [{env: NAME}]}`, and let the receiver verify it; or `auth`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.compiler.context import CheckContext
from router.delivery.address import UrlError, parse_url
from router.syntax.diagnostic import Diagnostic, Severity

CODE = "RT605"
NAME = "unsigned-endpoint"
SEVERITY = Severity.WARNING

BAD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
AT = "4:3"

GOOD = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
  chat: {url: https://chat.example.com/services/T024BE7LD/B01HXK7/pTq9vXw3ZkL2mR8sYbN4cJ6d}
routes:
  paid: {events: [order.paid], targets: [crm, chat]}
"""

_TOKEN = re.compile(r"(?=[A-Za-z0-9_-]*[0-9])(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{20,}")
"""A part of a path or query that nobody guesses: twenty characters or more, letters and digits mixed."""


def check(context: CheckContext) -> Iterator[Diagnostic]:
    """Report endpoints whose receivers cannot tell who is calling."""
    for name, endpoint in context.configuration.endpoints.items():
        if (
            endpoint.signing is not None
            or endpoint.auth is not None
            or endpoint.tls is not None
            or endpoint.allow_private
        ):
            continue
        if all(_has_token(url.url) for url in endpoint.urls):
            continue
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"deliveries to endpoint `{name}` are not signed: its receiver cannot tell them from anybody's",
            span=context.site("endpoints", name).key(),
            help="add `signing: {scheme: standard-webhooks, secrets: [{env: NAME}]}`, or `auth`",
        )


def _has_token(url: str) -> bool:
    try:
        return _TOKEN.search(parse_url(url).path) is not None
    except UrlError:
        return True
