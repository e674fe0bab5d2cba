"""Who may use the operators' API, and what a browser may be tricked into.

With an admin token, a request needs `Authorization: Bearer <token>`; nothing else counts. Without one, the API answers this machine only:

- the peer address of the connection is loopback (headers such as X-Forwarded-For are not believed; on the contrary, a request that
  shows it went through a proxy is refused, because then the peer address says nothing about the client);
- the Host header names localhost or an IP address, so that a web page cannot reach us under a name of its own (DNS rebinding);
- a request that changes something does not come from another web site (Origin, Sec-Fetch-Site).

ASGI scope in, a refusal or None out.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress

from starlette.types import Scope

from router.plan.endpoint import Secret
from router.server.replies import Reply, problem

__all__ = ["refusal"]

_PROXY_HEADERS = frozenset(
    {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"}
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def refusal(scope: Scope, admin_token: Secret | None) -> Reply | None:
    """Return why a request may not use the operators' API, None when it may."""
    headers = scope["headers"]
    if admin_token is not None:
        return None if _has_token(headers, admin_token) else _UNAUTHORIZED
    client = scope.get("client")
    if client is None or not _is_loopback(client[0]):
        return _forbidden("it answers clients on this machine only, because no admin token is set (ROUTER_ADMIN_TOKEN)")
    if any(name in _PROXY_HEADERS for name, _ in headers):
        return _forbidden("the request came through a proxy; set an admin token (ROUTER_ADMIN_TOKEN) to allow that")
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1 or not _is_local_name(hosts[0]):
        return _forbidden("the Host header must be localhost or an IP address as long as no admin token is set")
    if scope["method"] not in _SAFE_METHODS and _is_cross_site(headers, hosts[0]):
        return _forbidden("the request comes from another web site")
    return None


def _has_token(headers: list[tuple[bytes, bytes]], token: Secret) -> bool:
    given = [value for name, value in headers if name == b"authorization"]
    if len(given) != 1:
        return False
    scheme, _, credentials = given[0].partition(b" ")
    expected = hashlib.sha256(token.reveal().encode("utf-8")).digest()
    is_equal = hmac.compare_digest(hashlib.sha256(credentials.strip()).digest(), expected)
    return is_equal and scheme.lower() == b"bearer"


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def _is_local_name(host: bytes) -> bool:
    text = host.decode("latin-1").strip().lower()
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return False
    else:
        name, _, port = text.partition(":")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_cross_site(headers: list[tuple[bytes, bytes]], host: bytes) -> bool:
    for name, value in headers:
        if name == b"origin" and value.lower().partition(b"://")[2] != host.lower():
            return True
        if name == b"sec-fetch-site" and value.lower() not in (b"same-origin", b"none"):
            return True
    return False


def _forbidden(detail: str) -> Reply:
    return problem("forbidden", detail)


_UNAUTHORIZED = problem(
    "unauthorized",
    "send `Authorization: Bearer <admin token>`",
    headers=((b"www-authenticate", b'Bearer realm="router"'),),
)
