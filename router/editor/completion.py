"""Completion: what may be written where the cursor is.

Scene ─► language inside the scalar ─┬─ filter: fields, functions, values of a field
                                     ├─ template: fields, names, filters
                                     └─ YAML: names of definitions, keys, values
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from lsprotocol import types as lsp

from router.editor import expressions, templates, vocabulary
from router.editor.cursor import Cursor
from router.editor.names import SINGULAR, referred_section
from router.editor.scene import FILTER, TEMPLATE, Scene, language_at
from router.filters.signatures import SIGNATURES
from router.shapes import Shape

__all__ = ["TRIGGERS", "complete"]

TRIGGERS = [".", "|", " ", "'", "[", "{", ":"]
"""After these characters an editor asks by itself; letters always do."""

_NAME = re.compile(r"[A-Za-z0-9._*#-]*\Z")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_Kind = lsp.CompletionItemKind


def complete(scene: Scene) -> list[lsp.CompletionItem]:
    """Return the completions at a position; empty where nothing is known."""
    cursor = scene.cursor
    if cursor is None:
        return []
    if cursor.is_key:
        return list(_keys(scene, cursor, cursor.path))
    language = language_at(cursor.path)
    if language == FILTER:
        return list(_in_filter(scene, cursor))
    if language == TEMPLATE:
        return list(_in_template(scene, cursor))
    items = [*_names(scene, cursor), *_values(scene, cursor)]
    if cursor.is_bare and vocabulary.is_mapping(cursor.path):
        items += _keys(scene, cursor, cursor.path)
    return items


# -- YAML ---------------------------------------------------------------------------------------------------------------------------------


def _keys(scene: Scene, cursor: Cursor, path: tuple[str | int, ...]) -> Iterator[lsp.CompletionItem]:
    present: Any = cursor.document
    for step in path:
        present = present[step]
    taken = set(present) if isinstance(present, dict) else set()
    taken |= vocabulary.rivals(path, taken)
    following = scene.text.text[scene.offset : scene.offset + 1]
    for key in vocabulary.keys_at(path):
        if key.name in taken:
            continue
        suffix = "" if following == ":" else ": "
        yield _item(
            scene, cursor.before, key.name, _Kind.Property, key.kind, key.manual(), key.name + suffix,
            sort=("0" if key.is_required else "1") + key.name,
        )  # fmt: skip


def _names(scene: Scene, cursor: Cursor) -> Iterator[lsp.CompletionItem]:
    section = referred_section(cursor.path)
    if section is None:
        return
    found = _NAME.search(scene.line_before)
    word = found[0] if found is not None else ""
    for name, definition in sorted(scene.payloads.names(section).items()):
        said = definition.get("description") if isinstance(definition, dict) else None
        label = name
        if cursor.path[-1] == "example":
            examples = definition.get("examples") if isinstance(definition, dict) else None
            for index in range(len(examples) if isinstance(examples, list) else 0):
                yield _item(scene, word, f"{label}#{index}", _Kind.Reference, SINGULAR[section], said)
            continue
        yield _item(scene, word, label, _Kind.Reference, SINGULAR[section], said)


def _values(scene: Scene, cursor: Cursor) -> Iterator[lsp.CompletionItem]:
    if cursor.path and referred_section(cursor.path) is None:
        for value in vocabulary.values_at(cursor.path):
            yield _item(scene, cursor.before, value, _Kind.Value)


# -- filters ------------------------------------------------------------------------------------------------------------------------------


def _in_filter(scene: Scene, cursor: Cursor) -> Iterator[lsp.CompletionItem]:
    spot = expressions.spot_in(cursor.before, scene.payloads.root(cursor.path))
    if spot is None:
        return
    if spot.is_text:
        for value in spot.values:
            yield _item(scene, spot.word, value, _Kind.EnumMember)
        return
    for name, shape in _fields(spot.scope):
        written = name if _IDENTIFIER.fullmatch(name) else json.dumps(name, ensure_ascii=False)
        yield _item(scene, spot.word, name, _Kind.Field, shape.describe(), insert=written, sort="0" + name)
    if not spot.is_member:
        for name in SIGNATURES:
            yield _item(
                scene,
                spot.word,
                name,
                _Kind.Function,
                expressions.signature_text(name),
                insert=f"{name}(",
                sort="1" + name,
            )


def _fields(scope: Shape) -> Iterator[tuple[str, Shape]]:
    for name in scope.names:
        yield name, scope.field(name)


# -- templates ----------------------------------------------------------------------------------------------------------------------------


def _in_template(scene: Scene, cursor: Cursor) -> Iterator[lsp.CompletionItem]:
    spot = templates.spot_in(cursor.before, scene.payloads.root(cursor.path))
    if spot is None:
        return
    if spot.is_filter:
        for name in templates.FILTER_NAMES:
            signature, explained = templates.filter_text(name)
            yield _item(scene, spot.word, name, _Kind.Function, signature, explained)
        return
    for name, shape in _fields(spot.scope):
        yield _item(scene, spot.word, name, _Kind.Field, shape.describe())
    yield from _bound(scene, spot.word, spot.bound)


def _bound(scene: Scene, word: str, names: Iterable[str]) -> Iterator[lsp.CompletionItem]:
    for name in names:
        yield _item(scene, word, name, _Kind.Variable)


def _item(
    scene: Scene,
    word: str,
    label: str,
    kind: lsp.CompletionItemKind,
    detail: str | None = None,
    said: str | None = None,
    insert: str | None = None,
    sort: str | None = None,
) -> lsp.CompletionItem:
    """Return an item that replaces the word before the position."""
    written = word.rpartition("\n")[2]
    if not scene.line_before.endswith(written):  # escaped or folded in the file: replace nothing
        written = ""
    start = scene.text.place(scene.offset - len(written))
    return lsp.CompletionItem(
        label=label,
        kind=kind,
        detail=detail or None,
        documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, said) if said else None,
        sort_text=sort,
        filter_text=label,
        text_edit=lsp.TextEdit(lsp.Range(start, scene.position), insert if insert is not None else label),
    )
