"""The resolver seam: from a host name to all its addresses.

`SystemResolver` asks the operating system, and so follows /etc/hosts and nsswitch like every program beside it. Tests pass a table.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Protocol

from router.errors import EndpointError, InternalError
from router.runtime.egress.fault import Fault, endpoint_error

__all__ = ["Resolver", "SystemResolver", "lookup_error"]

_ABSENT = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class Resolver(Protocol):
    """Whoever knows addresses."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return all addresses of `host` as text, in the order to try them.

        Raises EndpointError (`dns`) when the name has none, InternalError when nobody could be asked.
        """
        ...


class SystemResolver:
    """getaddrinfo, on the loop's thread pool."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses that getaddrinfo gives, which orders them by RFC 6724."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except socket.gaierror as error:
            raise lookup_error(host, error) from None
        except UnicodeError:
            raise endpoint_error(Fault.DNS, f"the name {host} cannot be asked for") from None
        return [str(entry[4][0]) for entry in found]


def lookup_error(host: str, error: socket.gaierror) -> EndpointError | InternalError:
    """Return our error for one of getaddrinfo's.

    EAI_AGAIN and the rest mean that a name server did not answer. It may be the endpoint's own; but when ours is down every endpoint looks like
    this, and none of them is to blame.
    """
    if error.errno in _ABSENT:
        return endpoint_error(Fault.DNS, f"the name {host} does not exist or has no address")
    return InternalError(f"cannot resolve {host}: {error.strerror or error}")
