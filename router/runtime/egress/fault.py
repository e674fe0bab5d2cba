"""Faults of the wire, named: which words an EndpointError of the egress engine can carry, and which system errors they come from.

Blame is decided here. What the far side did or failed to do is an EndpointError; a machine out of sockets, ports or memory, or without a
resolver, is an InternalError and counts against no endpoint (invariant 7).
"""

from __future__ import annotations

import errno
import ssl
from enum import StrEnum

from router.errors import EndpointError, InternalError

__all__ = ["Fault", "dial_error", "endpoint_error"]


class Fault(StrEnum):
    """The kinds of EndpointError; operators see them in the attempt log and in metrics, so they never change meaning."""

    BAD_URL = "bad-url"  # the address is no URL that can be called
    BLOCKED_ADDRESS = "blocked-address"  # it leads to a private or special network and the endpoint does not allow that
    DNS = "dns"  # the name does not exist or has no address
    REFUSED = "refused"  # nothing listens there
    UNREACHABLE = "unreachable"  # no route
    CONNECT_TIMEOUT = "connect-timeout"  # no connection (name, TCP and TLS together) in time
    TIMEOUT = "timeout"  # no complete answer in time
    TLS = "tls"  # handshake or certificate
    RESET = "reset"  # the connection ended before the answer did
    PROTOCOL = "protocol"  # what came back is not HTTP/1.x
    TOO_LARGE = "too-large"  # headers beyond the limits


def endpoint_error(fault: Fault, detail: str) -> EndpointError:
    """Return the error for a fault; `detail` is one line for operators."""
    return EndpointError(fault.value, detail)


_OURS = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM}
)
_KINDS = {
    errno.ECONNREFUSED: Fault.REFUSED,
    errno.ECONNRESET: Fault.RESET,
    errno.ECONNABORTED: Fault.RESET,
    errno.EPIPE: Fault.RESET,
    errno.ETIMEDOUT: Fault.CONNECT_TIMEOUT,
}


def dial_error(error: OSError, where: str) -> EndpointError | InternalError:
    """Return our error for one that a dial or a TLS handshake with `where` raised (ssl.SSLError is an OSError too)."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return endpoint_error(
            Fault.TLS, f"the certificate of {where} is not valid: {getattr(error, 'verify_message', error)}"
        )
    if isinstance(error, ssl.SSLError):
        return endpoint_error(Fault.TLS, f"TLS with {where} failed: {getattr(error, 'reason', None) or error}")
    if error.errno in _OURS:
        return InternalError(f"cannot open a connection to {where}: {error.strerror or error}")
    fault = _KINDS.get(error.errno or 0)
    if fault is None and isinstance(error, ConnectionError):
        fault = Fault.RESET
    return endpoint_error(fault or Fault.UNREACHABLE, f"cannot connect to {where}: {error.strerror or error}")
