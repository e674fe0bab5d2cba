"""Validators in pairs on the same payloads, taking turns in one process; prints Markdown tables.

The figure is the best of the turns. Verdicts are compared before anything is timed. The GitHub part needs the corpora (ROUTER_CORPORA).
"""

from __future__ import annotations

import json
import os
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema

from router.payloads import compile_schema

_TURNS = 5
_CORPORA = Path(os.environ.get("ROUTER_CORPORA", Path(__file__).resolve().parents[3] / "shared" / "corpora"))

ORDER_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "total", "currency", "customer", "items"],
    "properties": {
        "id": {"type": "string", "pattern": "^ord_[a-z0-9]+$"},
        "total": {"type": "number", "minimum": 0},
        "currency": {"enum": ["EUR", "USD", "GBP", "CHF"]},
        "country": {"type": "string", "minLength": 2, "maxLength": 2},
        "customer": {"$ref": "#/$defs/customer"},
        "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}},
    },
    "$defs": {
        "customer": {
            "type": "object",
            "required": ["id", "email"],
            "properties": {
                "id": {"type": "string"},
                "email": {"type": "string", "format": "email"},
                "name": {"type": "string"},
            },
            "additionalProperties": False,
        },
        "item": {
            "type": "object",
            "required": ["sku", "qty"],
            "properties": {
                "sku": {"type": "string"},
                "qty": {"type": "integer", "minimum": 1},
                "price": {"type": "number"},
            },
        },
    },
}
ORDER: dict[str, Any] = {
    "id": "ord_8812",
    "total": 1249.5,
    "currency": "EUR",
    "country": "DE",
    "customer": {"id": "cus_77", "email": "ann@example.com", "name": "Ann Lee"},
    "items": [{"sku": f"sku-{index:04}", "qty": index + 1, "price": 10.5} for index in range(16)],
}
BROKEN = {**ORDER, "total": -1, "currency": "DM", "items": [*ORDER["items"], {"sku": 1}]}


def _nothing(name: str) -> bytes:
    raise FileNotFoundError(name)


def _best(ways: dict[str, Callable[[], Any]], loops: int) -> dict[str, float]:
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(_TURNS):
        for name, way in ways.items():
            best[name] = min(best[name], timeit.timeit(way, number=loops) / loops * 1e6)
    return best


def _report(title: str, ways: dict[str, Callable[[], Any]], loops: int) -> None:
    ours, theirs = _best(ways, loops).values()
    print(f"| {title} | {ours:,.1f} | {theirs:,.1f} | {theirs / ours:,.0f} |")


def order() -> None:
    """Print the figures of one order event of 1.1 kB."""
    ours = compile_schema(ORDER_SCHEMA, base="order.json", read=_nothing)
    theirs = jsonschema.Draft202012Validator(ORDER_SCHEMA)
    if not (ours.is_valid(ORDER) and theirs.is_valid(ORDER)) or ours.is_valid(BROKEN) or theirs.is_valid(BROKEN):
        raise SystemExit("the validators disagree")
    _report("valid, verdict", {"o": lambda: ours.is_valid(ORDER), "t": lambda: theirs.is_valid(ORDER)}, 500)
    _report("broken, verdict", {"o": lambda: ours.is_valid(BROKEN), "t": lambda: theirs.is_valid(BROKEN)}, 500)
    _report(
        "broken, all errors", {"o": lambda: ours.violations(BROKEN), "t": lambda: list(theirs.iter_errors(BROKEN))}, 200
    )
    _report(
        "compile",
        {
            "o": lambda: compile_schema(ORDER_SCHEMA, base="order.json", read=_nothing),
            "t": lambda: jsonschema.Draft202012Validator.check_schema(ORDER_SCHEMA),
        },
        20,
    )


def github() -> None:
    """Print the figures of GitHub's bundle: 66 forms, 344 definitions, payloads of 2 to 30 kB."""
    path = _CORPORA / "github-webhooks"
    if not path.exists():
        return
    schema = json.loads((path / "schema.bundle.draft7.json").read_bytes())
    rows = [json.loads(line) for line in (path / "examples.jsonl").read_text(encoding="utf-8").splitlines()]
    payload = next(row["payload"] for row in rows if row["event"] == "issues" and row["valid_against"])
    ours = compile_schema(schema, base="bundle.json", read=_nothing)
    theirs = jsonschema.Draft7Validator(schema)
    broken = {**payload, "sender": "nobody"}
    if not (ours.is_valid(payload) and theirs.is_valid(payload)) or ours.is_valid(broken):
        raise SystemExit("the validators disagree")
    _report("GitHub bundle, valid", {"o": lambda: ours.is_valid(payload), "t": lambda: theirs.is_valid(payload)}, 3)
    _report("GitHub bundle, broken", {"o": lambda: ours.is_valid(broken), "t": lambda: theirs.is_valid(broken)}, 3)
    _report(
        "GitHub bundle, explained",
        {"o": lambda: ours.violations(broken), "t": lambda: list(theirs.iter_errors(broken))},
        1,
    )


def main() -> None:
    """Print the table."""
    print("| us | jsonschema-rs, as used here | jsonschema | times |\n|---|---|---|---|")
    order()
    github()


if __name__ == "__main__":
    main()
