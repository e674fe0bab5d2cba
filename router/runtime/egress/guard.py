"""The guard: which addresses a request may be sent to.

It stands between resolver and dialler, and the dialler gets literal addresses only from here; so what was judged is what is dialled, and a
name that answers differently the second time (DNS rebinding) gains nothing. If any address of a name is forbidden the whole name is
refused: a mixed answer is an attack or a mistake, and either way not ours to pick from. Proxy settings of the environment are never read.
"""

from __future__ import annotations

from router.delivery.address import Target, forbidden_address, forbidden_target, normal_address
from router.runtime.egress.fault import Fault, endpoint_error
from router.runtime.egress.resolver import Resolver

__all__ = ["Guard"]

_WAY_OUT = "set `allow_private: true` on the endpoint if it is meant to be there"


class Guard:
    """Judges targets with the tables of router.delivery.address."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def addresses(self, target: Target, *, allow_private: bool) -> tuple[str, ...]:
        """Return the literal addresses that may be dialled, at least one, each once, in the resolver's order.

        Raises EndpointError (`blocked-address`, `dns`), and InternalError from the resolver.
        """
        if not allow_private and (why := forbidden_target(target)) is not None:
            raise endpoint_error(Fault.BLOCKED_ADDRESS, f"{why}; {_WAY_OUT}")
        if target.literal is not None:
            return (str(normal_address(target.literal)),)
        found = [normal_address(text) for text in await self._resolver.resolve(target.host, target.port)]
        if not found:
            raise endpoint_error(Fault.DNS, f"the name {target.host} has no address")
        if not allow_private:
            for address in found:
                if (why := forbidden_address(address)) is not None:
                    raise endpoint_error(
                        Fault.BLOCKED_ADDRESS, f"{target.host} resolves to a blocked address: {why}; {_WAY_OUT}"
                    )
        return tuple(dict.fromkeys(str(address) for address in found))
