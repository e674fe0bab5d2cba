"""Whole configurations over real schemas: correct ones have no error, each seeded mistake is found at its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from router.compiler import compile_snapshot
from router.compiler.witness import NOTHING, witness
from router.payloads import compile_schema
from router.syntax.diagnostic import Diagnostic, Severity
from router.syntax.snapshot import Snapshot
from tests.corpora import corpus_lines

_PAYLOADS_PER_CORPUS = 40
_FIELDS_MAX = 12


class _Case:
    """One event type: its name, its schema's file, and payloads with as much and as little as the schema allows."""

    def __init__(self, name: str, schema: Any, read: Any) -> None:
        self.name = name
        self.schema = schema
        valid = compile_schema(schema, base=name, read=read).is_valid
        self.full = witness(schema, base=name, read=read, is_valid=valid, all_properties=True)
        self.least = witness(schema, base=name, read=read, is_valid=valid)


def _cases(folder: str) -> tuple[dict[str, Any], list[_Case]]:
    documents = {row.get("id") or row["name"]: row["schema"] for row in corpus_lines(folder, "schemas.jsonl")}

    def read(name: str) -> bytes:
        return json.dumps(documents[name if name in documents else name.removesuffix(".json")]).encode()

    chosen = [name for name in documents if "/" not in name]
    step = max(1, len(chosen) // _PAYLOADS_PER_CORPUS)
    made = [_Case(name, documents[name], read) for name in chosen[::step]]
    return documents, [case for case in made if isinstance(case.full, dict) and case.least is not NOTHING]


def _ways(value: Any, path: str = "data", depth: int = 0) -> Iterator[str]:
    if isinstance(value, dict) and depth < 4:
        for name, inner in value.items():
            if name.isidentifier() and name not in ("none", "true", "false"):
                yield f"{path}.{name}"
                yield from _ways(inner, f"{path}.{name}", depth + 1)


def _configuration(folder: Path, documents: dict[str, Any], cases: list[_Case], templates: list[str]) -> list[str]:
    """Write one configuration with a route for each case and return its lines."""
    for name, schema in documents.items():
        path = folder / "schemas" / (name if name.endswith(".json") else name + ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(schema), encoding="utf-8")
    lines = ["version: 1", "event_types:"]
    for number, case in enumerate(cases):
        lines.append(
            f"  t.n{number}: {{schema: {json.dumps('schemas/' + case.name + '.json')}, examples: [{json.dumps(case.full)}]}}"
        )
    lines += ["endpoints:", "  crm: {url: http://10.0.0.1/, allow_private: true}", "routes:"]
    for number, template in enumerate(templates):
        lines += [f"  r{number}:", f"    events: [t.n{number}]", "    transform:", "      payload:"]
        lines += [f"        f{index}: {json.dumps(leaf)}" for index, leaf in enumerate(template.splitlines())]
        lines += ["    targets: [crm]"]
    (folder / "all.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines


def _errors(folder: Path) -> list[Diagnostic]:
    found = compile_snapshot(Snapshot.take(folder / "all.yaml", environ={})).diagnostics
    return [one for one in found if one.severity is Severity.ERROR]


@pytest.mark.parametrize("corpus", ["github-webhooks", "google-cloudevents"])
def test_correct_configurations_have_no_error(corpus: str, tmp_path: Path) -> None:
    documents, cases = _cases(corpus)
    templates = []
    for case in cases:
        ways = list(_ways(case.full))
        spread = ways[:: max(1, len(ways) // _FIELDS_MAX)]
        leaves = [f"{{{{ {way} | default(none) }}}}" for way in spread]
        leaves += [
            f"{{% if {way} is defined %}}{{{{ {way} | tojson }}}}{{% endif %}}" for way in spread if way.count(".") == 1
        ]
        templates.append("\n".join([*leaves, "{{ id }} of {{ type }}"]))
    assert len(cases) >= 30
    _configuration(tmp_path, documents, cases, templates)
    assert [str(one) for one in _errors(tmp_path)] == []


@pytest.mark.parametrize("corpus", ["github-webhooks", "google-cloudevents"])
def test_every_misspelt_field_is_found_at_its_place(corpus: str, tmp_path: Path) -> None:
    documents, cases = _cases(corpus)
    templates = []
    for number, case in enumerate(cases):
        ways = [way for way in _ways(case.full) if len(way.rpartition(".")[2]) > 3]
        way = ways[number % len(ways)]
        holder, _, name = way.rpartition(".")
        templates.append(f"{{{{ {holder}.{name[:2] + name[3:]} | default(none) }}}}")
    lines = _configuration(tmp_path, documents, cases, templates)
    found = {
        one.span.line
        for one in compile_snapshot(Snapshot.take(tmp_path / "all.yaml", environ={})).diagnostics
        if one.code == "RT402"
    }
    wanted = {line for line, text in enumerate(lines, 1) if text.startswith("        f0:")}
    assert len(found & wanted) >= 0.95 * len(wanted)
