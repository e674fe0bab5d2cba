"""router: a declarative event-routing configuration engine.

YAML in git is compiled to an immutable Plan; events that come in over HTTP are matched against it, rendered, stored durably and
delivered as signed webhooks. The names below are the library's public surface; everything else may change.

    plan = router.compile("routes/")
    for match in plan.match({"type": "order.paid", "data": {"total": 2000}}):
        print(match.route, match.endpoint, match.payload, match.headers)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from router.compiler import compile_path as compile
    from router.delivery.signature import SignatureError, sign, verify
    from router.event import Event
    from router.filters import Filter, FilterError, FilterSyntaxError
    from router.plan import Match, Plan
    from router.syntax.diagnostic import ConfigurationError, Diagnostic, Severity, Span

__version__ = "0.1.0"

__all__ = [
    "ConfigurationError",
    "Diagnostic",
    "Event",
    "Filter",
    "FilterError",
    "FilterSyntaxError",
    "Match",
    "Plan",
    "Severity",
    "SignatureError",
    "Span",
    "__version__",
    "compile",
    "sign",
    "verify",
]

_HOMES = {
    "ConfigurationError": ("router.syntax.diagnostic", "ConfigurationError"),
    "Diagnostic": ("router.syntax.diagnostic", "Diagnostic"),
    "Event": ("router.event", "Event"),
    "Filter": ("router.filters", "Filter"),
    "FilterError": ("router.filters", "FilterError"),
    "FilterSyntaxError": ("router.filters", "FilterSyntaxError"),
    "Match": ("router.plan", "Match"),
    "Plan": ("router.plan", "Plan"),
    "Severity": ("router.syntax.diagnostic", "Severity"),
    "SignatureError": ("router.delivery.signature", "SignatureError"),
    "Span": ("router.syntax.diagnostic", "Span"),
    "compile": ("router.compiler", "compile_path"),
    "sign": ("router.delivery.signature", "sign"),
    "verify": ("router.delivery.signature", "verify"),
}


def __getattr__(name: str) -> Any:
    # Names are looked up late so that `import router`, and with it every command, starts without the compiler.
    if name not in _HOMES:
        raise AttributeError(f"module 'router' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
