"""Event input: from what a user hands to `router send` to CloudEvents in the JSON format.

Accepted are one JSON value (an event, or an array of them) and JSON Lines. With a type given, every value is a payload and gets an
envelope; without one, every value must be an event of its own and only its missing `specversion`, `id` and `source` are filled in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from router.cli.exits import CannotRunError

__all__ = ["DEFAULT_SOURCE", "Envelope", "events_from"]

DEFAULT_SOURCE = "/router/send"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Attributes from the command line. `type` None means: the input holds whole events. `attributes` are further ones, extensions too."""

    type: str | None = None
    source: str | None = None
    id: str | None = None
    attributes: dict[str, str] = {}

    def fill(self, value: Any, origin: str, new_id: Callable[[], str]) -> dict[str, Any]:
        """Return the event for one value of the input; raises CannotRunError when the value is no event."""
        if self.type is not None:
            event: dict[str, Any] = {"datacontenttype": "application/json", "data": value}
            given = {"type": self.type}
        elif isinstance(value, dict) and isinstance(value.get("type"), str):
            event, given = dict(value), {}
        else:
            raise CannotRunError(
                f"{origin}: not a CloudEvent, because it has no `type`; to send it as a payload, say --type"
            )
        given |= self.attributes
        if self.source is not None:
            given["source"] = self.source
        if self.id is not None:
            given["id"] = self.id
        defaults = {"specversion": "1.0", "id": None, "source": DEFAULT_SOURCE}
        for name, default in defaults.items():
            if name not in event and name not in given:
                given[name] = new_id() if default is None else default
        return {**event, **given}


def events_from(content: bytes, origin: str, envelope: Envelope, new_id: Callable[[], str]) -> Iterator[dict[str, Any]]:
    """Yield the events of one file; `origin` names it in errors. Raises CannotRunError for text that is no JSON."""
    values = list(_values(content, origin))
    if envelope.id is not None and len(values) > 1:
        raise CannotRunError(
            f"{origin} holds {len(values)} events, and --id can name only one: events with one id and source are one event"
        )
    for value in values:
        yield envelope.fill(value, origin, new_id)


def _values(content: bytes, origin: str) -> Iterator[Any]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotRunError(f"{origin}: not UTF-8 text (byte {error.start})") from None
    try:
        value = json.loads(text)
    except ValueError as error:
        yield from _lines(text, origin, error)
        return
    if isinstance(value, list):
        yield from value
    else:
        yield value


def _lines(text: str, origin: str, whole: ValueError) -> Iterator[Any]:
    """Read JSON Lines; when not even the first line is JSON, the text was meant as one value and that error is the better one."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise CannotRunError(f"{origin} is empty")
    for number, line in lines:
        try:
            value = json.loads(line)
        except ValueError as error:
            if number == lines[0][0]:
                raise CannotRunError(f"{origin}: not JSON: {whole}") from None
            raise CannotRunError(f"{origin}:{number}: not JSON: {error}") from None
        yield value
