"""The typed models of the routing language, version 1: what a configuration says, without where it says it.

They mirror `schemas/config/v1/config.schema.json` one to one. `router.language.reader` makes them from validated trees; by then durations
are seconds, rates per second and sizes bytes, names are merged over all documents, and defaults are applied. References (names of
endpoints, paths of schemas, secrets) are still text: the compiler resolves them. Paths into the source ride beside the models in
`Configuration.origin`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from router.syntax.tree import Path, Tree

__all__ = [
    "DEFAULT_RETRY_S",
    "Auth",
    "Batch",
    "Configuration",
    "Endpoint",
    "EventType",
    "EventVersion",
    "Expectation",
    "Limits",
    "OAuth2",
    "OnInvalid",
    "Order",
    "Origin",
    "Retry",
    "Route",
    "RouteTest",
    "SecretRef",
    "Signing",
    "Source",
    "Target",
    "Timeout",
    "Tls",
    "Transform",
    "Url",
    "Verify",
]

DEFAULT_RETRY_S: tuple[float, ...] = (5, 300, 1800, 7200, 18000, 36000, 36000)
"""Standard Webhooks 1.0.0's sample schedule up to 10 h, as Svix runs it: 7 retries over about 28 hours after the first attempt."""


class SecretRef(msgspec.Struct, frozen=True, kw_only=True):
    """Where a secret's value is found when the configuration is loaded: one of an environment variable or a file.

    `file` is as the snapshot reads it: a relative path has been resolved against the document it is written in.
    """

    env: str | None = None
    file: str | None = None

    def __str__(self) -> str:
        return f"env {self.env}" if self.env is not None else f"file {self.file}"


class Verify(msgspec.Struct, frozen=True, kw_only=True):
    """How a source proves that a request is its own. Fields other than `scheme` matter to some schemes only."""

    scheme: str
    secrets: tuple[SecretRef, ...] = ()
    header: str | None = None
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    tolerance_s: float = 300
    username: str | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """An entry for senders that do not speak CloudEvents. `event` maps CloudEvents attributes (and `data`) to JMESPath over the request."""

    name: str
    path: str
    verify: Verify
    event: Mapping[str, str]


class OnInvalid(StrEnum):
    """What happens to an event whose payload breaks its schema."""

    REJECT = "reject"
    QUARANTINE = "quarantine"


class EventVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An older payload that is still accepted: its schema, and the tree of templates that turns it into the current one."""

    schema: str | Mapping[str, Any] | bool
    upgrade: Any


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """A type of event. `schema` is a path, an inline JSON Schema, or None (anything goes); `examples` are paths or inline payloads."""

    name: str
    description: str | None = None
    schema: str | Mapping[str, Any] | bool | None = None
    examples: tuple[Any, ...] = ()
    versions: Mapping[str, EventVersion] = {}
    on_invalid: OnInvalid = OnInvalid.REJECT


class Transform(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery's payload looks like. A `payload` that is a string is one text template, any other value a structured one.

    `name` is None for a transform written inline in a route or target.
    """

    name: str | None
    payload: Any
    content_type: str
    headers: Mapping[str, str] = {}
    description: str | None = None


class Url(msgspec.Struct, frozen=True, kw_only=True):
    """One address of an endpoint: lower `priority` numbers are tried first, `weight` shares load among equals."""

    url: str
    weight: int = 1
    priority: int = 0


class OAuth2(msgspec.Struct, frozen=True, kw_only=True):
    """Client credentials (RFC 6749, section 4.4)."""

    token_url: str
    client_id: str
    client_secret: SecretRef
    scopes: tuple[str, ...] = ()


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """How a delivery authenticates to its endpoint: exactly one of the fields is set."""

    bearer: SecretRef | None = None
    basic_username: str | None = None
    basic_password: SecretRef | None = None
    header_name: str | None = None
    header_value: SecretRef | None = None
    oauth2: OAuth2 | None = None


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Client certificate, its key, and a private certificate authority: file paths as the snapshot reads them, the key a secret."""

    cert: str | None = None
    key: SecretRef | None = None
    ca: str | None = None


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """How deliveries are signed; the first secret is the newest, all of them sign."""

    scheme: str
    secrets: tuple[SecretRef, ...]


class Timeout(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one attempt, in seconds: `connect` ends with the TLS handshake, `total` with the last byte of the answer."""

    connect_s: float = 5
    total_s: float = 15


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """When to try again: delays in seconds after each failure, an age limit in seconds, and outcomes by status code or class (`5xx`)."""

    schedule_s: tuple[float, ...] = DEFAULT_RETRY_S
    max_age_s: float = 3 * 86400
    outcomes: Mapping[str, str] = {}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """`concurrency` attempts at a time (None: found by itself); `rate_per_s` attempts a second (None: unlimited)."""

    concurrency: int | None = None
    rate_per_s: float | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries with the same value of the JMESPath `by` go one after the other."""

    by: str
    on_failure: str = "block"


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Several events in one request."""

    max_events: int
    max_wait_s: float


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A target of deliveries, with `defaults.endpoint` merged in."""

    name: str
    urls: tuple[Url, ...]
    description: str | None = None
    owner: str | None = None
    auth: Auth | None = None
    tls: Tls | None = None
    signing: Signing | None = None
    timeout: Timeout = Timeout()
    retry: Retry = Retry()
    limits: Limits = Limits()
    order: Order | None = None
    batch: Batch | None = None
    on_failure: str | None = None
    allow_private: bool = False
    enabled: bool = True


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where a route sends: an endpoint's name, and optionally a transform of its own (name or inline) in place of the route's."""

    endpoint: str
    transform: str | Transform | None = None


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: events of these types for which the filter holds go to these targets.

    `events` are names or segment globs (`order.*`); empty when `unmatched` is true.
    """

    name: str
    events: tuple[str, ...] = ()
    unmatched: bool = False
    filter: str | None = None
    transform: str | Transform | None = None
    targets: tuple[Target, ...]
    description: str | None = None
    owner: str | None = None
    enabled: bool = True


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery that a test expects; fields left out are not compared."""

    route: str
    endpoint: str | None = None
    payload: Any = msgspec.UNSET
    headers: Mapping[str, str] | None = None


class RouteTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test in the configuration: one event (inline, `type#n` example, or file) and exactly the deliveries that it must cause."""

    name: str
    event: Mapping[str, Any] | None = None
    example: str | None = None
    file: str | None = None
    expect: tuple[Expectation, ...]


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a definition comes from: the document and the path of its value there."""

    tree: Tree
    path: Path


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """All documents of a configuration, merged by name.

    `origin` has an entry for each definition under `(section, name)`, and `("tests", index)` for tests; a definition's inner places are found by
    appending to `path`. Settings that came from `defaults` are found under `("defaults", "endpoint")` of their own document.
    """

    sources: Mapping[str, Source] = {}
    event_types: Mapping[str, EventType] = {}
    transforms: Mapping[str, Transform] = {}
    endpoints: Mapping[str, Endpoint] = {}
    routes: Mapping[str, Route] = {}
    tests: tuple[RouteTest, ...] = ()
    trees: tuple[Tree, ...] = ()
    origin: Mapping[tuple[str, str | int], Origin] = {}
