"""ServerSettings: every bound and choice of the HTTP side, in one place.

They are deployment settings (flags and `ROUTER_*` variables), never part of a configuration.
"""

from __future__ import annotations

import msgspec

from router.plan.endpoint import Secret

__all__ = ["ServerSettings"]


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the server listens and what it puts up with.

    - `host`, `port`: where to listen; port 0 takes any free one.
    - `admin_token`: demanded as a bearer token by everything but events in, /healthz and /readyz. None: those answer loopback clients only.
    - `body_bytes_max`: largest request body; CloudEvents intermediaries must take 64 KiB at least.
    - `held_bytes_max`: all request bodies together that are being read or accepted; beyond it 503.
    - `header_bytes_max`: largest request line and header fields together.
    - `header_timeout_s`: from the first byte of a request (or the connection's start) to the end of its headers.
    - `body_timeout_s`: from there to the end of its body.
    - `idle_timeout_s`: between requests on one connection.
    - `write_timeout_s`: how long a client may leave an answer unread.
    - `connections_max`: open connections; new ones wait while there are so many. Never more than the process's limit of open files allows.
    - `retry_after_s`: what a 503 tells the sender.
    - `strict_cloudevents`: refuse the deviations of real senders that are otherwise forgiven and counted.
    - `webhook_origins`: origins that may be granted by the CloudEvents handshake; None grants every origin.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    admin_token: Secret | None = None
    body_bytes_max: int = 1024 * 1024
    held_bytes_max: int = 256 * 1024 * 1024
    header_bytes_max: int = 64 * 1024
    header_timeout_s: float = 10
    body_timeout_s: float = 30
    idle_timeout_s: float = 75
    write_timeout_s: float = 30
    connections_max: int = 8192
    retry_after_s: int = 5
    strict_cloudevents: bool = False
    webhook_origins: frozenset[str] | None = None
