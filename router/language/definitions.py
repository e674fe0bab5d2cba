"""Validated data -> models: one function a kind of definition.

What comes in satisfies the schema (`router.language.validation`), so nothing is checked here; units become numbers and defaults apply. No
positions and no references between definitions: see `router.language.reader` and the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from router.language.documents import (
    DEFAULT_RETRY_S,
    Auth,
    Batch,
    Endpoint,
    EventType,
    EventVersion,
    Expectation,
    Limits,
    OAuth2,
    OnInvalid,
    Order,
    Retry,
    Route,
    RouteTest,
    SecretRef,
    Signing,
    Source,
    Target,
    Timeout,
    Tls,
    Transform,
    Url,
    Verify,
)
from router.language.units import duration_s, rate_per_s

__all__ = ["BATCH_EVENTS", "BATCH_WAIT_S", "endpoint", "event_type", "route", "route_test", "source", "transform"]

BATCH_EVENTS = 100
BATCH_WAIT_S = 2.0

_Data = Mapping[str, Any]


def source(name: str, data: _Data) -> Source:
    """Return a source; its path is `/in/<name>` unless written."""
    event = data["event"]
    return Source(name=name, path=data.get("path", f"/in/{name}"), verify=_verify(data["verify"]), event=dict(event))


def _verify(data: _Data) -> Verify:
    written = data.get("secrets", [data["secret"]] if "secret" in data else [])
    return Verify(
        scheme=data["scheme"],
        secrets=tuple(_secret(item) for item in written),
        header=data.get("header"),
        algorithm=data.get("algorithm", "sha256"),
        encoding=data.get("encoding", "hex"),
        prefix=data.get("prefix", ""),
        tolerance_s=duration_s(data["tolerance"]) if "tolerance" in data else 300,
        username=data.get("username"),
    )


def _secret(data: _Data) -> SecretRef:
    return SecretRef(env=data.get("env"), file=data.get("file"))


def event_type(name: str, data: _Data) -> EventType:
    """Return an event type; its versions descend, the newest of the old ones first."""
    versions = data.get("versions", {})
    return EventType(
        name=name,
        description=data.get("description"),
        schema=data.get("schema"),
        examples=tuple(data.get("examples", ())),
        versions={
            number: EventVersion(schema=versions[number]["schema"], upgrade=versions[number]["upgrade"])
            for number in sorted(versions, key=int, reverse=True)
        },
        on_invalid=OnInvalid(data.get("on_invalid", "reject")),
    )


def transform(name: str | None, data: _Data) -> Transform:
    """Return a transform; text is `text/plain`, a tree `application/json`, unless written."""
    payload = data["payload"]
    usual = "text/plain; charset=utf-8" if isinstance(payload, str) else "application/json"
    return Transform(
        name=name,
        payload=payload,
        content_type=data.get("content_type", usual),
        headers=dict(data.get("headers", {})),
        description=data.get("description"),
    )


def endpoint(name: str, data: _Data) -> Endpoint:
    """Return an endpoint; `data` has `defaults.endpoint` merged beneath it."""
    urls = data.get("urls") or [{"url": data["url"]}]
    return Endpoint(
        name=name,
        urls=tuple(Url(**item) for item in urls),
        description=data.get("description"),
        owner=data.get("owner"),
        auth=_auth(data["auth"]) if "auth" in data else None,
        tls=_tls(data["tls"]) if "tls" in data else None,
        signing=_signing(data["signing"]) if "signing" in data else None,
        timeout=_timeout(data.get("timeout", {})),
        retry=_retry(data.get("retry", {})),
        limits=_limits(data.get("limits", {})),
        order=Order(**data["order"]) if "order" in data else None,
        batch=_batch(data["batch"]) if "batch" in data else None,
        on_failure=data.get("on_failure"),
        allow_private=data.get("allow_private", False),
        enabled=data.get("enabled", True),
    )


def _auth(data: _Data) -> Auth:
    if "bearer" in data:
        return Auth(bearer=_secret(data["bearer"]))
    if "basic" in data:
        basic = data["basic"]
        return Auth(basic_username=basic["username"], basic_password=_secret(basic["password"]))
    if "header" in data:
        return Auth(header_name=data["header"]["name"], header_value=_secret(data["header"]["value"]))
    client = data["oauth2"]
    return Auth(
        oauth2=OAuth2(
            token_url=client["token_url"],
            client_id=client["client_id"],
            client_secret=_secret(client["client_secret"]),
            scopes=tuple(client.get("scopes", ())),
        )
    )


def _tls(data: _Data) -> Tls:
    return Tls(cert=data.get("cert"), key=_secret(data["key"]) if "key" in data else None, ca=data.get("ca"))


def _signing(data: _Data) -> Signing:
    return Signing(
        scheme=data.get("scheme", "standard-webhooks"), secrets=tuple(_secret(item) for item in data["secrets"])
    )


def _timeout(data: _Data) -> Timeout:
    usual = Timeout()
    return Timeout(
        connect_s=duration_s(data["connect"]) if "connect" in data else usual.connect_s,
        total_s=duration_s(data["total"]) if "total" in data else usual.total_s,
    )


def _retry(data: _Data) -> Retry:
    return Retry(
        schedule_s=tuple(duration_s(item) for item in data["schedule"]) if "schedule" in data else DEFAULT_RETRY_S,
        max_age_s=duration_s(data["max_age"]) if "max_age" in data else Retry().max_age_s,
        outcomes=dict(data.get("outcomes", {})),
    )


def _limits(data: _Data) -> Limits:
    concurrency = data.get("concurrency", "auto")
    return Limits(
        concurrency=None if concurrency == "auto" else int(concurrency),
        rate_per_s=rate_per_s(data["rate"]) if "rate" in data else None,
    )


def _batch(data: _Data) -> Batch:
    return Batch(
        max_events=int(data.get("max_events", BATCH_EVENTS)),
        max_wait_s=duration_s(data["max_wait"]) if "max_wait" in data else BATCH_WAIT_S,
    )


def route(name: str, data: _Data) -> Route:
    """Return a route."""
    return Route(
        name=name,
        events=tuple(data.get("events", ())),
        unmatched=data.get("unmatched", False),
        filter=data.get("filter"),
        transform=_transform(data.get("transform")),
        targets=tuple(_target(item) for item in data["targets"]),
        description=data.get("description"),
        owner=data.get("owner"),
        enabled=data.get("enabled", True),
    )


def _transform(data: Any) -> str | Transform | None:
    return transform(None, data) if isinstance(data, dict) else data


def _target(data: Any) -> Target:
    if isinstance(data, str):
        return Target(endpoint=data)
    return Target(endpoint=data["endpoint"], transform=_transform(data.get("transform")))


def route_test(data: _Data) -> RouteTest:
    """Return a test of the routes."""
    return RouteTest(
        name=data["name"],
        event=data.get("event"),
        example=data.get("example"),
        file=data.get("file"),
        expect=tuple(_expectation(item) for item in data["expect"]),
    )


def _expectation(data: _Data) -> Expectation:
    return Expectation(
        route=data["route"],
        endpoint=data.get("endpoint"),
        payload=data.get("payload", msgspec.UNSET),
        headers=data.get("headers"),
    )
