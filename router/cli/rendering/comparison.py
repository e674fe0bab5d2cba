"""Comparisons as text, Markdown (a comment for a pull request) and plain values for JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from router.analysis.comparison import Change
from router.analysis.comparison_traffic import EndpointDelta
from router.analysis.value_diff import shown
from router.cli.printing import Style, printable

__all__ = ["comparison_markdown", "comparison_text", "comparison_view"]

_SIGNS = {"added": "+", "removed": "-", "renamed": "→", "narrowed": "<", "widened": ">", "changed": "~"}
_COLOURS = {
    "added": "green",
    "removed": "red",
    "narrowed": "yellow",
    "widened": "yellow",
    "renamed": "cyan",
    "changed": "cyan",
}
_LISTED_MAX = 10


def comparison_text(changes: Sequence[Change], deltas: Sequence[EndpointDelta] | None, *, style: Style) -> str:
    """Return the comparison for a terminal."""
    lines = []
    for change in changes:
        lines.append(f"{style(_SIGNS[change.kind], _COLOURS[change.kind])} {printable(_headline(change))}")
        lines += [f"    {printable(line)}" for line in _details(change)]
    for delta in deltas or ():
        lines.append(f"{style(printable(delta.endpoint), 'bold')}: {_counts(delta)}")
        lines += [f"    {sign} {printable(_listed(ids))}" for sign, ids in _lists(delta)]
    if deltas is not None and not deltas:
        lines.append("the recorded events are delivered as before")
    lines.append(f"{len(changes)} change{'' if len(changes) == 1 else 's'}" if changes else "no changes")
    return "\n".join(lines)


def comparison_markdown(changes: Sequence[Change], deltas: Sequence[EndpointDelta] | None) -> str:
    """Return the comparison as Markdown; texts of the configuration stand in code, so that none is read as markup."""
    lines = ["### Routing changes", ""]
    for change in changes:
        lines.append(f"- **{change.kind}** {_code(_headline(change, with_kind=False))}")
        lines += [f"  - {_code(line)}" for line in _details(change)]
    if not changes:
        lines.append("No changes.")
    if deltas is not None:
        lines += ["", "| endpoint | recorded events |", "|---|---|"]
        lines += [f"| {_code(delta.endpoint)} | {_counts(delta)} |" for delta in deltas]
    return "\n".join(lines)


def comparison_view(changes: Sequence[Change], deltas: Sequence[EndpointDelta] | None) -> dict[str, Any]:
    """Return plain values for JSON."""
    return {
        "changes": [
            {
                **{
                    name: getattr(change, name) for name in ("section", "kind", "name", "was", "lost", "gained", "note")
                },
                "fields": [{"field": field, "old": old, "new": new} for field, old, new in change.fields],
            }
            for change in changes
        ],
        "traffic": None if deltas is None else msgspec.to_builtins(list(deltas)),
    }


def _headline(change: Change, *, with_kind: bool = True) -> str:
    what = change.section.removesuffix("s").replace("_", " ")
    name = f"{change.was} → {change.name}" if change.was is not None else change.name
    return f"{what} {name}" + (f" {change.kind}" if with_kind else "")


def _details(change: Change) -> list[str]:
    lines = [f"{field}: {shown(old)} → {shown(new)}" for field, old, new in change.fields]
    if change.lost is not None:
        lines.append(f"no longer taken: {_witness(change.lost)}")
    if change.gained is not None:
        lines.append(f"taken now: {_witness(change.gained)}")
    return [*lines, change.note] if change.note is not None else lines


def _witness(event: Mapping[str, Any]) -> str:
    return f"{event['type']} {json.dumps(event['data'], ensure_ascii=False)}"


def _counts(delta: EndpointDelta) -> str:
    parts = [f"{sign}{len(ids)}" for sign, ids in _lists(delta)]
    return ", ".join(parts)


def _lists(delta: EndpointDelta) -> list[tuple[str, list[str]]]:
    return [(sign, ids) for sign, ids in (("+", delta.gained), ("−", delta.lost), ("~", delta.rewritten)) if ids]


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_LISTED_MAX]) + (f" and {len(ids) - _LISTED_MAX} more" if len(ids) > _LISTED_MAX else "")


def _code(text: str) -> str:
    text = printable(text).replace("\n", " ").replace("|", "\\|")
    fence = "``" if "`" in text else "`"
    return f"{fence} {text} {fence}" if fence == "``" else f"`{text}`"
