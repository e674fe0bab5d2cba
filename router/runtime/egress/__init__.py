"""Egress: the only way out of this program. Guarded, bounded HTTP/1.1 (see docs/decisions/0040-own-egress-engine.md)."""

from router.runtime.egress.dialler import Dialler, SystemDialler
from router.runtime.egress.engine import EgressEngine
from router.runtime.egress.fault import Fault
from router.runtime.egress.limits import DEFAULT_LIMITS, EgressLimits
from router.runtime.egress.resolver import Resolver, SystemResolver
from router.runtime.egress.transport import EgressTransport

__all__ = [
    "DEFAULT_LIMITS",
    "Dialler",
    "EgressEngine",
    "EgressLimits",
    "EgressTransport",
    "Fault",
    "Resolver",
    "SystemDialler",
    "SystemResolver",
]
