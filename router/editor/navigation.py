"""Navigation: from a name to its definition and to everything that refers to it, over all documents; and the outline of one document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from lsprotocol import types as lsp

from router.editor.names import SECTIONS, Occurrence, definitions, occurrences, stands_for
from router.editor.positions import Text
from router.editor.scene import Scene
from router.syntax.nodes import Places
from router.syntax.tree import Tree

__all__ = ["definition", "outline", "references"]

Locate = Callable[[str], tuple[str, Text]]
"""Returns the URI and the text of a file by the name that spans use."""


def definition(scene: Scene, locate: Locate) -> list[lsp.Location]:
    """Return where the name at a position is defined, or the file that a path at a position names."""
    occurrence = scene.occurrence()
    if occurrence is None:
        return list(_file(scene))
    return [_location(found, locate) for _, found in scene.defined(occurrence.section, occurrence.name)]


def references(scene: Scene, locate: Locate, *, with_definition: bool) -> list[lsp.Location]:
    """Return everywhere the name at a position is used; globs that take it are uses."""
    occurrence = scene.occurrence()
    if occurrence is None:
        return []
    return [
        _location(found, locate)
        for tree in scene.trees().values()
        for found in occurrences(tree)
        if found.section == occurrence.section
        and (with_definition or not found.is_definition)
        and (stands_for(found.name, occurrence.name) or stands_for(occurrence.name, found.name))
    ]


def outline(tree: Tree, text: Text) -> list[lsp.DocumentSymbol]:
    """Return the sections of a document with their definitions."""
    value = tree.value if isinstance(tree.value, dict) else {}
    found = list(definitions(tree))
    symbols = []
    for section in (*SECTIONS, "defaults", "tests"):
        if section not in value:
            continue
        inner = [_symbol(tree, text, one.path, lsp.SymbolKind.Object) for one in found if one.section == section]
        tests = value["tests"] if section == "tests" and isinstance(value["tests"], list) else []
        for index, test in enumerate(tests):
            name = test.get("name") if isinstance(test, dict) else None
            inner.append(_symbol(tree, text, ("tests", index), lsp.SymbolKind.Event, str(name or f"test {index}")))
        symbol = _symbol(tree, text, (section,), lsp.SymbolKind.Namespace)
        symbol.children = inner
        symbols.append(symbol)
    return symbols


def _symbol(
    tree: Tree, text: Text, path: tuple[str | int, ...], kind: lsp.SymbolKind, name: str | None = None
) -> lsp.DocumentSymbol:
    selection = text.range(tree.key_span(path))
    whole = text.range(tree.span(path))
    if (whole.start.line, whole.start.character) > (selection.start.line, selection.start.character):
        whole = lsp.Range(selection.start, max(whole.end, selection.end))
    if isinstance(path[-1], int):
        selection = lsp.Range(whole.start, whole.start)
    return lsp.DocumentSymbol(name=name or str(path[-1]), kind=kind, range=whole, selection_range=selection)


def _location(occurrence: Occurrence, locate: Locate) -> lsp.Location:
    uri, text = locate(occurrence.span.file)
    return lsp.Location(uri, text.range(occurrence.span))


def _file(scene: Scene) -> Iterator[lsp.Location]:
    """Yield the schema or example that the path at a position leads to."""
    tree = scene.tree
    if tree is None or not isinstance(tree.places, Places):
        return
    start = scene.text.offset(lsp.Position(scene.position.line, 0))
    path = tree.places.path_at(scene.position.line + 1, scene.offset - start + 1)
    if not path or path[0] not in ("event_types", "tests"):
        return
    written = tree.value
    for step in path:
        written = written[step]
    if not isinstance(written, str) or not written.endswith((".json", ".yaml", ".yml")):
        return
    target = Path.cwd() / scene.checked.snapshot.resolve(scene.name, written)
    if target.is_file():
        yield lsp.Location(target.as_uri(), lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0)))
