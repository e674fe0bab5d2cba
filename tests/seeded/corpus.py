"""The seeded corpus: one configuration over real schemas, a document for each filter, so that a finding's file tells whose it is.

Filters are written in turn as double-quoted, literal and folded scalars, the folded ones a condition a line, so that places are tested in
the forms people write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.corpora import corpus_lines

HERE = Path(__file__).parent
OWN = HERE.parents[1] / "schemas" / "events"


class Seed(NamedTuple):
    """One filter: `start` and `end` are the marked characters; `code` is empty for a correct one."""

    code: str
    types: tuple[str, ...]
    filter: str
    start: int
    end: int


class Place(NamedTuple):
    """Where the marked characters stand in a document."""

    line: int
    column: int


def mistakes() -> list[Seed]:
    """Return the seeded mistakes."""
    found = []
    for line in _lines("mistakes.txt"):
        code, types, marked = line.split(" :: ", 2)
        start = marked.index("«")
        end = marked.index("»") - 1
        found.append(Seed(code, _names(types), marked.replace("«", "").replace("»", ""), start, end))
    return found


def correct() -> list[Seed]:
    """Return the correct filters."""
    return [
        Seed("", _names(types), text, 0, len(text))
        for types, text in (line.split(" :: ", 1) for line in _lines("correct.txt"))
    ]


def _lines(name: str) -> Iterator[str]:
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def _names(types: str) -> tuple[str, ...]:
    return tuple(types.split(", "))


def write_types(folder: Path, seeds: list[Seed]) -> None:
    """Write the schemas that seeds are about, and the document that declares them."""
    wanted = {name for seed in seeds for name in seed.types}
    schemas: dict[str, str] = {}
    for row in corpus_lines("github-webhooks", "schemas.jsonl"):
        target = folder / "schemas" / "github" / f"{row['id']}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(row["schema"]), encoding="utf-8")
        name = "github." + row["id"].replace("$", ".")
        if name in wanted:
            schemas[name] = f"schemas/github/{row['id']}"
    for number, row in enumerate(corpus_lines("google-cloudevents", "schemas.jsonl")):
        for name in row["types"]:
            if name.lower() in wanted:
                (folder / "schemas" / f"google-{number}.json").write_text(json.dumps(row["schema"]), encoding="utf-8")
                schemas[name.lower()] = f"schemas/google-{number}.json"
    for path in OWN.glob("*.json"):
        (folder / "schemas" / path.name).write_bytes(path.read_bytes())
        if path.stem in wanted:
            schemas[path.stem] = f"schemas/{path.name}"
    assert wanted == set(schemas), wanted - set(schemas)
    lines = ["version: 1", "endpoints:", "  sink:", "    url: https://sink.example.com/in"]
    lines += ["    signing: {scheme: standard-webhooks, secrets: [{env: SINK_KEY}]}", "event_types:"]
    lines += [f"  {name}: {{schema: '{path}'}}" for name, path in sorted(schemas.items())]
    (folder / "types.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_route(folder: Path, name: str, seed: Seed, style: int) -> Place:
    """Write the document of one route and return where its marked characters begin."""
    head = f"version: 1\nroutes:\n  {name}:\n    events: [{', '.join(seed.types)}]\n"
    before = seed.filter[: seed.start]
    if style == 0:
        text = f"    filter: {json.dumps(seed.filter)}\n"
        place = Place(5, len("    filter: ") + len(json.dumps(before)))
    elif style == 1:
        text = f"    filter: |-\n      {seed.filter}\n"
        place = Place(6, 7 + len(before))
    else:
        text = "    filter: >-\n"
        text += "".join(f"      {line}\n" for line in _folded(seed.filter))
        lines = _folded(seed.filter)
        passed, row = 0, 0
        while passed + len(lines[row]) < len(before):
            passed += len(lines[row]) + 1
            row += 1
        place = Place(6 + row, 7 + len(before) - passed)
    (folder / f"{name}.yaml").write_text(f"{head}{text}    targets: [sink]\n", encoding="utf-8")
    return place


def _folded(text: str) -> list[str]:
    """Split a filter in front of its operators; folding joins the lines with one space each."""
    return text.replace(" && ", "\n&& ").replace(" || ", "\n|| ").split("\n")
