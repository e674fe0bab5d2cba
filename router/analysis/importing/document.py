"""Document: imported routes -> one YAML document of the routing language, laid out for people.

Filters stand in block scalars, one condition a line. `${` in imported text is written `$${`, so that nothing is substituted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from router.syntax.writing import scalar_text

__all__ = ["ImportedEndpoint", "ImportedRoute", "document_text", "name_of", "unique_names"]

_INLINE_MAX = 90


class ImportedRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A route; `conditions` are joined by `&&`, none means that it always holds."""

    name: str
    description: str
    event: str
    conditions: tuple[str, ...] = ()
    endpoint: str
    enabled: bool = True


class ImportedEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint; `url` is a placeholder where the source has none."""

    name: str
    url: str
    description: str


def document_text(
    routes: Sequence[ImportedRoute],
    endpoints: Sequence[ImportedEndpoint],
    event_types: Mapping[str, str],
    *,
    heading: Iterable[str] = (),
) -> str:
    """Return the document; `event_types` are descriptions by name, `heading` lines of a comment at the top."""
    lines = [f"# {line}" for line in heading]
    lines += ["version: 1", "", "event_types:"]
    for name, description in event_types.items():
        lines += [f"  {name}:", f"    description: {_scalar(description)}"]
    lines += ["", "endpoints:"]
    for endpoint in endpoints:
        lines += [
            f"  {endpoint.name}:",
            f"    description: {_scalar(endpoint.description)}",
            f"    url: {_scalar(endpoint.url)}",
        ]
    lines += ["", "routes:"]
    for number, route in enumerate(routes):
        lines += ([""] if number else []) + _route(route)
    return "\n".join(lines) + "\n"


def _route(route: ImportedRoute) -> list[str]:
    lines = [f"  {route.name}:", f"    description: {_scalar(route.description)}"]
    if not route.enabled:
        lines.append("    enabled: false")
    lines.append(f"    events: [{route.event}]")
    if route.conditions:
        lines += _filter(route.conditions)
    lines.append(f"    targets: [{route.endpoint}]")
    return lines


def _filter(conditions: Sequence[str]) -> list[str]:
    whole = " && ".join(conditions).replace("${", "$${")
    if len(whole) <= _INLINE_MAX and not set(whole) & set("#\"\\`:'[]{}") and whole[0] not in "!&*|>%@":
        return [f"    filter: {whole}"]
    first, *others = (condition.replace("${", "$${") for condition in conditions)
    return ["    filter: |-", f"      {first}", *(f"      && {condition}" for condition in others)]


def _scalar(text: str) -> str:
    return scalar_text(text.replace("${", "$${"), is_flow=False)


def name_of(text: str) -> str:
    """Return a name that the language allows, as close to the text as can be."""
    name = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")
    return name[:80] or "imported"


def unique_names(texts: Iterable[str]) -> list[str]:
    """Return a name for each text, numbered where two would be the same."""
    taken: set[str] = set()
    names = []
    for text in texts:
        base = name_of(text)
        name, number = base, 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        names.append(name)
    return names
