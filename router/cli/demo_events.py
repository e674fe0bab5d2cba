"""Demo events: the requests that the demonstration sends.

Recorded GitHub webhooks go to the configuration's GitHub source, signed as GitHub signs; of the many, those are taken that are the first
of their type or reach a route that none before them reached. Where none are at hand, the examples of the `github.*` event types take their
place. Every other event type's examples go to POST /events as CloudEvents.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from router.analysis.route_tests import read_example
from router.cli.exits import CannotRunError
from router.language.documents import Configuration, Source
from router.language.reader import read_configuration
from router.plan import Plan
from router.syntax.snapshot import Snapshot

__all__ = ["DemoEvent", "demo_events"]

_PREFIX = "github."


class DemoEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One request: `name` for the table, `origin` says where the payload comes from."""

    name: str
    origin: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def demo_events(snapshot: Snapshot, plan: Plan, environment: Mapping[str, str], corpora: Path) -> list[DemoEvent]:
    """Return the events for a configuration, those of its own first; raises CannotRunError when an example cannot be read."""
    configuration, _ = read_configuration(snapshot)
    source = next((source for source in configuration.sources.values() if source.verify.scheme == "github"), None)
    webhooks = list(_recorded(plan, source, environment, corpora)) if source is not None else []
    is_recorded = bool(webhooks)
    events = []
    for name, payload in _examples(configuration, snapshot):
        if source is None or not name.startswith(_PREFIX):
            events.append(_cloud_event(name, payload))
        elif not is_recorded:
            webhooks.append(_from_github(source, environment, name, payload, "example webhooks from GitHub"))
    return events + webhooks


def _examples(configuration: Configuration, snapshot: Snapshot) -> Iterator[tuple[str, Any]]:
    for name, event_type in configuration.event_types.items():
        for number in range(len(event_type.examples)):
            try:
                yield read_example(f"{name}#{number}", configuration, snapshot)
            except (LookupError, OSError, ValueError) as error:
                raise CannotRunError(f"example {name}#{number}: {error}") from None


def _recorded(plan: Plan, source: Source, environment: Mapping[str, str], corpora: Path) -> Iterator[DemoEvent]:
    file = corpora / "github-webhooks" / "examples.jsonl"
    if not file.is_file():
        return
    seen: set[str] = set()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            name, payload = _PREFIX + record["event"], record["payload"]
            if name not in plan.event_types:
                continue
            reached = {name} | {match.route for match in plan.match({"type": name, "data": payload})}
            if not reached <= seen:
                seen |= reached
                yield _from_github(source, environment, name, payload, "recorded webhooks from GitHub")


def _cloud_event(name: str, payload: Any) -> DemoEvent:
    event = {"specversion": "1.0", "id": uuid.uuid4().hex, "source": "/shop/demo", "type": name, "data": payload}
    return DemoEvent(
        name=name,
        origin="CloudEvents from the shop",
        path="/events",
        headers={"content-type": "application/cloudevents+json"},
        body=json.dumps(event, ensure_ascii=False).encode(),
    )


def _from_github(source: Source, environment: Mapping[str, str], name: str, payload: Any, origin: str) -> DemoEvent:
    body = json.dumps(payload, ensure_ascii=False).encode()
    reference = source.verify.secrets[0]
    secret = environment.get(reference.env or "", "")
    action = f" ({payload['action']})" if isinstance(payload, dict) and "action" in payload else ""
    return DemoEvent(
        name=name + action,
        origin=origin,
        path=source.path,
        headers={
            "content-type": "application/json",
            "x-github-event": name.removeprefix(_PREFIX),
            "x-github-delivery": str(uuid.uuid4()),
            "x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        },
        body=body,
    )
