"""A configuration of any size whose filters and templates use the fields of their event type: `write(folder, routes)`.

Seventeen lines a route, ten routes an event type and an endpoint, a hundred routes a document; every route differs from every other.
"""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["DOCUMENT_ROUTES", "write"]

DOCUMENT_ROUTES = 100
_TYPES_EVERY = 10
_COUNTRIES = ("AT", "BE", "CH", "DE", "ES", "FR", "IT", "NL", "PL", "SE")


def write(folder: Path, routes: int) -> int:
    """Write a configuration with so many routes below `folder/routes`; return how many lines its YAML has."""
    target = folder / "routes"
    schemas = folder / "schemas"
    target.mkdir(parents=True, exist_ok=True)
    schemas.mkdir(exist_ok=True)
    lines = 0
    for document in range(0, routes, DOCUMENT_ROUTES):
        text = _document(document, min(document + DOCUMENT_ROUTES, routes), schemas)
        (target / f"team-{document // DOCUMENT_ROUTES:04}.yaml").write_text(text, encoding="utf-8")
        lines += text.count("\n")
    return lines


def _document(first: int, last: int, schemas: Path) -> str:
    parts = [f"# Team {first // DOCUMENT_ROUTES}: routes {first} to {last - 1}.\nversion: 1\n\nevent_types:\n"]
    groups = range(first // _TYPES_EVERY, (last - 1) // _TYPES_EVERY + 1)
    for group in groups:
        (schemas / f"event-{group}.json").write_text(json.dumps(_schema(group), indent=2), encoding="utf-8")
        parts.append(
            f"  shop{group}.order.paid:\n    description: Orders of shop {group}.\n    schema: ../schemas/event-{group}.json\n"
        )
    parts.append("\nendpoints:\n")
    parts += [_endpoint(group) for group in groups]
    parts.append("\nroutes:\n")
    parts += [_route(number) for number in range(first, last)]
    return "".join(parts)


def _schema(group: int) -> dict[str, object]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["id", "total", "country", "status", "customer", "items"],
        "properties": {
            "id": {"type": "string", "minLength": 1},
            "total": {"type": "number", "minimum": 0, "maximum": 1_000_000},
            "country": {"enum": list(_COUNTRIES)},
            "status": {"enum": ["new", "paid", "shipped", "returned"]},
            "note": {"type": "string"},
            "customer": {
                "type": "object",
                "required": ["id", "tier"],
                "properties": {
                    "id": {"type": "string"},
                    "tier": {"enum": ["standard", "gold", "platinum"]},
                    "name": {"type": "string"},
                },
            },
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["sku", "quantity"],
                    "properties": {
                        "sku": {"type": "string"},
                        "quantity": {"type": "integer", "minimum": 1},
                        f"field{group}": {"type": "string"},
                    },
                },
            },
        },
    }


def _endpoint(group: int) -> str:
    return (
        f"  intake-{group}:\n    url: https://intake-{group}.example.com/hooks\n"
        f"    signing: {{scheme: standard-webhooks, secrets: [{{env: INTAKE_{group}_KEY}}]}}\n"
        "    timeout: {connect: 3s, total: 20s}\n    limits: {concurrency: 4, rate: 50/s}\n"
        "    retry:\n      schedule: [5s, 5m, 30m, 2h]\n      max_age: 1d\n"
    )


def _route(number: int) -> str:
    group = number // _TYPES_EVERY
    country, other = _COUNTRIES[number % 10], _COUNTRIES[(number + 3) % 10]
    tier = ("gold", "platinum", "standard")[number % 3]
    return (
        f"  route-{number:05}:\n"
        f"    description: Orders of shop {group} from {country} and {other} above {100 + number}.\n"
        f"    owner: team-{number // DOCUMENT_ROUTES}\n"
        f"    events: [shop{group}.order.paid]\n"
        f"    filter: data.total > `{100 + number}` && contains(['{country}', '{other}'], data.country) && data.customer.tier == '{tier}'\n"
        "    transform:\n"
        "      content_type: application/json\n"
        "      payload:\n"
        '        external_id: "{{ data.id }}"\n'
        '        amount: "{{ data.total }}"\n'
        '        customer: {id: "{{ data.customer.id }}", name: "{{ data.customer.name | default(\'guest\') }}"}\n'
        f'        title: "Order {{{{ data.id }}}} of shop {group} from {{{{ data.country }}}}"\n'
        "        note: \"{{ data.note | default('') }}\"\n"
        "        lines: \"{{ data['items'] }}\"\n"
        f"        rule: {number}\n"
        f'      headers: {{X-Country: "{{{{ data.country }}}}", X-Rule: "{number}"}}\n'
        f"    targets: [intake-{group}]\n"
    )
