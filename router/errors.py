"""The error tree, split by who is to blame.

Four parties can be at fault: whoever wrote the *configuration*, whoever sent the *event*, whoever runs the *endpoint*, and *us*. The
split decides what happens next: a configuration fault stops a reload, an event fault answers 4xx, an endpoint fault is retried and
counts against that endpoint, a fault of ours answers 503 and counts against nobody else.

Configuration faults are normally not raised but collected as `router.syntax.diagnostic.Diagnostic`; `ConfigurationError` (there too)
carries them where an exception is the only way out. This module imports nothing of the project.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "Blame",
    "EndpointError",
    "EventError",
    "EventFault",
    "InternalError",
    "RouterError",
    "StoreUnavailableError",
]


class Blame(StrEnum):
    """The party whose act or omission a fault is."""

    CONFIGURATION = "configuration"
    EVENT = "event"
    ENDPOINT = "endpoint"
    OURS = "ours"


class RouterError(Exception):
    """Base of every error the project raises on purpose; `blame` says whose fault it is."""

    blame: Blame = Blame.OURS


class EventFault(StrEnum):
    """What is wrong with a request that brought an event; the server maps each to one HTTP status."""

    MALFORMED = "malformed"  # 400: not JSON, not a CloudEvent, an attribute breaks the specification
    UNVERIFIED = "unverified"  # 401: no valid signature or credential
    TOO_LARGE = "too-large"  # 413
    UNSUPPORTED = "unsupported-media-type"  # 415
    INVALID = "invalid"  # 422: well-formed, but the payload breaks its event type's schema
    UNKNOWN_TYPE = "unknown-type"  # 422: no such event type in the configuration


class EventError(RouterError):
    """An event that cannot be accepted.

    `fault` is the class of the fault, `detail` one sentence for the sender (never a secret), `errors` a list of
    `{"pointer": <RFC 6901>, "detail": str}` for schema violations.
    """

    blame = Blame.EVENT

    def __init__(self, fault: EventFault, detail: str, errors: tuple[dict[str, str], ...] = ()) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail
        self.errors = errors


class EndpointError(RouterError):
    """An endpoint that did not answer as HTTP demands; `kind` is a short stable word such as `timeout` or `reset`."""

    blame = Blame.ENDPOINT

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class InternalError(RouterError):
    """A fault of this program or of the machine it runs on."""

    blame = Blame.OURS


class StoreUnavailableError(InternalError):
    """The store cannot commit now (full disk, lost file, closing): nothing was accepted, the caller may try again."""
