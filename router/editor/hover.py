"""Hover: what the word under the pointer is: a key of the language, a definition, a field of an event, a function, a filter."""

from __future__ import annotations

from typing import Any

from lsprotocol import types as lsp

from router.editor import expressions, templates, vocabulary
from router.editor.names import SINGULAR, Occurrence
from router.editor.payloads import Payloads
from router.editor.scene import FILTER, TEMPLATE, Scene, language_at
from router.syntax.nodes import Places
from router.syntax.tree import Path, Tree

__all__ = ["hover"]


def hover(scene: Scene) -> lsp.Hover | None:
    """Return what there is to say about a position; None for nothing."""
    occurrence = scene.occurrence()
    if occurrence is not None:
        return _about_name(scene, occurrence)
    tree = scene.tree
    if tree is None or not isinstance(tree.places, Places):
        return None
    line, column = _place(scene)
    path = tree.places.path_at(line, column)
    if not path:
        return None
    key = tree.key_span(path)
    if (key.line, key.column) <= (line, column) <= (key.end_line, key.end_column) and key != tree.span(path):
        return _about_key(scene, tree, path)
    at = _offset_in_scalar(tree, path, line, column)
    language = language_at(path)
    written = _value(tree.value, path)
    if at is None or language is None or not isinstance(written, str):
        return None
    payloads = Payloads(scene.checked.snapshot, scene.checked.trees, scene.name, tree.value)
    said = _in_filter(written, at, path, payloads) if language == FILTER else None
    if language == TEMPLATE:
        said = _in_template(written, at, path, payloads)
    return _hover(said)


def _about_name(scene: Scene, occurrence: Occurrence) -> lsp.Hover | None:
    said = []
    for tree, found in scene.defined(occurrence.section, occurrence.name)[:8]:
        definition = scene.value(tree, found)
        described = definition if isinstance(definition, dict) else {}
        said.append(f"{SINGULAR[found.section]} **`{found.name}`**")
        said += [str(described[key]) for key in ("description",) if described.get(key)]
        said += [f"Owner: {described['owner']}"] if described.get("owner") else []
        said += [f"`{described['url']}`"] if isinstance(described.get("url"), str) else []
        said.append(f"Defined in `{tree.file}`, line {found.span.line}")
    return _hover("\n\n".join(said), scene.text.range(occurrence.span))


def _about_key(scene: Scene, tree: Tree, path: Path) -> lsp.Hover | None:
    key = vocabulary.about(path)
    return None if key is None else _hover(key.manual(), scene.text.range(tree.key_span(path)))


def _in_filter(expression: str, at: int, path: Path, payloads: Payloads) -> str | None:
    called = expressions.call_at(expression, at)
    if called is not None:
        return f"`{expressions.signature_text(called)}`"
    found = expressions.field_at(expression, at, payloads.root(path))
    return None if found is None else f"**`{found[0].name}`**: {found[1].describe()}"


def _in_template(template: str, at: int, path: Path, payloads: Payloads) -> str | None:
    used = templates.filter_at(template, at)
    if used is not None:
        signature, explained = templates.filter_text(used)
        return f"`{signature}`" + (f"\n\n{explained}" if explained else "")
    chain = templates.chain_at(template, at)
    if chain is None:
        return None
    return f"**`{chain}`**: {templates.shape_of_chain(chain, template[:at], payloads.root(path)).describe()}"


def _place(scene: Scene) -> tuple[int, int]:
    """Return the position as a 1-based line and column in code points."""
    start = scene.text.offset(lsp.Position(scene.position.line, 0))
    return scene.position.line + 1, scene.offset - start + 1


def _offset_in_scalar(tree: Tree, path: Path, line: int, column: int) -> int | None:
    """Return the code point of the decoded scalar at a path that stands at a place; None where the place is not in it."""
    place = tree.places.get(path)
    offsets = None if place is None or place.offsets is None else place.offsets()
    text = _value(tree.value, path)
    if offsets is None or not isinstance(text, str):
        return None
    best = None
    for at in range(len(text) + 1):
        if offsets.position(at) > (line, column):
            break
        best = at
    return best


def _value(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _hover(said: str | None, range: lsp.Range | None = None) -> lsp.Hover | None:
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, said), range) if said else None
