"""A made-up configuration of many typed routes over many files: what a large team's repository looks like to an editor."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["ROUTES_PER_FILE", "write_configuration"]

ROUTES_PER_FILE = 10
_TYPES = 20

_SCHEMA = {
    "type": "object",
    "required": ["id", "total", "country"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "total": {"type": "number", "minimum": 0},
        "country": {"enum": ["DE", "FR", "GB", "US"]},
        "tier": {"enum": ["standard", "gold", "platinum"]},
        "customer": {"type": "object", "properties": {"name": {"type": "string"}, "email": {"type": "string"}}},
        "items": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}, "price": {"type": "number"}}}},
    },
}  # fmt: skip


def write_configuration(directory: Path, routes: int) -> Path:
    """Write `routes` routes, ten a file, 17 lines each, with their event types and endpoints; return the directory of the documents."""
    root = directory / "routes"
    (directory / "schemas").mkdir(parents=True)
    root.mkdir()
    lines = ["version: 1", "event_types:"]
    for number in range(_TYPES):
        name = f"shop.type{number}"
        (directory / "schemas" / f"{name}.json").write_text(json.dumps(_SCHEMA))
        lines += [f"  {name}:", f"    description: Type {number}.", f"    schema: ../schemas/{name}.json"]
    (root / "types.yaml").write_text("\n".join(lines) + "\n")
    for first in range(0, routes, ROUTES_PER_FILE):
        (root / f"team-{first // ROUTES_PER_FILE:05}.yaml").write_text(document(first))
    return root


def document(first: int) -> str:
    """Return the text of one document: an endpoint and ten routes."""
    team = first // ROUTES_PER_FILE
    lines = [
        "version: 1",
        "endpoints:",
        f"  team-{team}:",
        f"    url: https://team-{team}.example.com/hooks",
        "    signing: {scheme: standard-webhooks, secrets: [{env: TEAM_KEY}]}",
        "routes:",
    ]
    for number in range(first, first + ROUTES_PER_FILE):
        lines += [
            f"  route-{number}:",
            f"    description: Route number {number}.",
            f"    owner: team-{team}",
            f"    events: [shop.type{number % _TYPES}]",
            "    filter: >-",
            f"      data.total > `{number}`",
            "      && contains(['DE', 'FR'], data.country)",
            f"      && data.id != 'order-{number}'",
            "    transform:",
            "      content_type: application/json",
            "      payload:",
            '        id: "{{ data.id }}"',
            f'        total: "{{{{ data.total + {number} }}}}"',
            "        name: \"{{ data.customer.name | default('guest') }}\"",
            '        country: "{{ data.country | lower }}"',
            f"        number: {number}",
            f"    targets: [team-{team}]",
        ]
    return "\n".join(lines) + "\n"
