"""Layout: the same YAML, with canonical indentation, spacing and quotes.

    Tree (text and node records) ── edits inside lines, new indentation of lines ──► text

The theory: nothing is printed anew. Every line keeps its content, and so every comment and every block scalar; what changes is white space
between tokens, the quotes of texts that stand on one line, collections in brackets that stand on one line, and how far lines are indented.
A line that begins a member of a block collection gets its place from the depth of nesting (two columns a level, list items two inside their
key); a line that continues a member moves along with it; a comment on a line of its own moves with the members it is aligned with.

The order of keys within brackets comes from `order`; keys on lines of their own are `router.syntax.reordering`'s. That the result means the
same is checked by the caller, who loads it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from router.syntax.comments import comments_in
from router.syntax.nodes import Alias, Leaf, ListNode, MapNode, Member, Node, Places
from router.syntax.source import LineTable
from router.syntax.tree import Path
from router.syntax.writing import scalar_text

__all__ = ["INDENT", "KeyOrder", "lay_out"]

INDENT = 2

KeyOrder = Callable[[Path], Sequence[str] | None]
"""Returns the canonical order of the keys of the mapping at a path, None where every order is as good."""

_COLON = re.compile(r"[ \t]*:[ \t]*")


def lay_out(text: str, places: Places, order: KeyOrder) -> str:
    """Return the text of a document in canonical layout. `text` has LF line breaks only and is what `places` was made from."""
    root = places.root
    if root is None:
        return _assembled(_Layout(text, places, order))
    layout = _Layout(text, places, order)
    if isinstance(root, MapNode | ListNode) and not root.is_flow:
        layout.block(root, 0, (), ())
    else:
        layout.value(root, 0, (), ())
    layout.place_comments()
    return _assembled(layout)


class _Layout:
    """Collects what becomes of each line. Lines count from 0 here."""

    def __init__(self, text: str, places: Places, order: KeyOrder) -> None:
        self.text = text
        self.places = places
        self.order = order
        self.table: LineTable = places.lines
        self.lines = text.split("\n")
        self.edits: dict[int, list[tuple[int, int, str]]] = {}
        self.indent: dict[int, int] = {}
        self.shift: dict[int, int] = {}
        self.inside: set[int] = set()  # lines that begin inside a scalar: their white space may be content
        self.bracketed: set[int] = set()  # lines that begin inside brackets
        self.stacks: dict[
            int, tuple[tuple[int, int], ...]
        ] = {}  # (old, new) columns of the collections around a member's line

    def at(self, offset: int) -> tuple[int, int]:
        line, column = self.table.position(offset)
        return line - 1, column - 1

    def edit(self, start: int, end: int, replacement: str) -> None:
        """Replace a stretch of one line."""
        line, column = self.at(start)
        if self.text[start:end] != replacement and "\n" not in self.text[start:end]:
            self.edits.setdefault(line, []).append((column, column + end - start, replacement))

    # -- block collections ---------------------------------------------------------------------------------------------------------------

    def block(self, node: MapNode | ListNode, wanted: int, path: Path, stack: tuple[tuple[int, int], ...]) -> None:
        if isinstance(node, MapNode):
            if node.members:
                self.mapping(node, wanted, path, stack)
        elif node.items:
            self.sequence(node, wanted, path, stack)

    def mapping(self, node: MapNode, wanted: int, path: Path, stack: tuple[tuple[int, int], ...]) -> None:
        first = next(iter(node.members.values())).key
        _, column = self.at(first.start.index)
        stack = (*stack, (column, wanted))
        for name, member in node.members.items():
            line, start = self.at(member.key.start.index)
            self.begin(line, start, wanted, stack)
            self.follow(line, self.last_line(member.value), wanted - column)
            self.key(member.key, is_flow=False)
            self.colon(member)
            self.value(member.value, wanted + INDENT, (*path, name), stack)

    def sequence(self, node: ListNode, wanted: int, path: Path, stack: tuple[tuple[int, int], ...]) -> None:
        dashes = self.dashes(node)
        _, column = self.at(dashes[0])
        stack = (*stack, (column, wanted))
        for index, (dash, item) in enumerate(zip(dashes, node.items, strict=True)):
            line, start = self.at(dash)
            self.begin(line, start, wanted, stack)
            self.follow(line, self.last_line(item), wanted - column)
            begins = item.start.index
            if self.at(begins)[0] == line and begins > dash + 1 and not self.text[dash + 1 : begins].strip():
                self.edit(dash + 1, begins, " ")
            self.value(item, wanted + INDENT, (*path, index), stack)

    def dashes(self, node: ListNode) -> list[int]:
        """Return the offset of each item's dash."""
        found: list[int] = []
        after = self.places.bounds(node)[0] if node.has_properties else node.start.index
        for item in node.items:
            if not found:
                found.append(self.text.index("-", after))
            else:
                column = self.at(found[0])[1]
                line = self.at(after)[0] + 1
                while self.lines[line][: column + 1].strip() != "-" or len(self.lines[line].rstrip()) <= column:
                    line += 1
                found.append(self.table.offset(line + 1, column + 1))
            after = max(found[-1], self.places.bounds(item)[1])
            if isinstance(item, Leaf) and item.start.index == item.end.index:
                after = found[-1]
        return found

    def begin(self, line: int, column: int, wanted: int, stack: tuple[tuple[int, int], ...]) -> None:
        """Say that a member begins on a line; only the first token of a line decides about its indentation."""
        if not self.lines[line][:column].strip():
            self.indent[line] = wanted
            self.stacks[line] = stack

    def follow(self, line: int, last: int, delta: int) -> None:
        for number in range(line + 1, last + 1):
            self.shift[number] = delta

    def last_line(self, node: Node) -> int:
        inner: Node = node
        while isinstance(inner, MapNode | ListNode) and not inner.is_flow:
            children = (
                [member.value for member in inner.members.values()] if isinstance(inner, MapNode) else inner.items
            )
            if not children:
                break
            inner = children[-1]
        return self.at(max(self.places.bounds(inner)[1] - 1, inner.start.index))[0]

    # -- members -------------------------------------------------------------------------------------------------------------------------

    def value(self, node: Node, wanted: int, path: Path, stack: tuple[tuple[int, int], ...]) -> None:
        if isinstance(node, Alias):
            return
        if isinstance(node, Leaf):
            self.leaf(node, is_flow=False)
        elif node.is_flow:
            self.brackets(node, path)
        else:
            self.block(node, wanted, path, stack)

    def key(self, key: Leaf | Alias, *, is_flow: bool) -> None:
        if isinstance(key, Leaf):
            self.leaf(key, is_flow=is_flow, is_key=True)

    def colon(self, member: Member) -> None:
        """One space after the colon, none before it (an alias needs one)."""
        start, end = member.key.end.index, member.value.start.index
        if isinstance(member.value, Leaf) and end == member.value.end.index:
            return
        if _COLON.fullmatch(self.text, start, end):
            self.edit(start, end, " : " if isinstance(member.key, Alias) else ": ")

    def leaf(self, leaf: Leaf, *, is_flow: bool, is_key: bool = False) -> None:
        start, end = self.places.bounds(leaf)
        if leaf.style in ("|", ">"):
            header = self.text[start : self.text.find("\n", start)]
            end = leaf.end.index if "+" in header.split("#")[0] else end
            self.inside.update(range(self.at(start)[0] + 1, self.at(max(end - 1, start))[0] + 1))
            return
        self.inside.update(range(self.at(start)[0] + 1, self.at(end)[0] + 1))
        written = self.written(leaf, is_flow=is_flow, is_key=is_key)
        if written is not None:
            self.edit(start, end, written)

    def written(self, leaf: Leaf, *, is_flow: bool, is_key: bool) -> str | None:
        """Return how a quoted text on one line is written canonically; None where it stays as it is."""
        start, end = self.places.bounds(leaf)
        if leaf.style not in ("'", '"') or leaf.has_properties or "\n" in self.text[start:end]:
            return None
        return scalar_text(leaf.text, is_flow=is_flow, is_key=is_key)

    # -- brackets ------------------------------------------------------------------------------------------------------------------------

    def brackets(self, node: MapNode | ListNode, path: Path) -> None:
        start, end = self.places.bounds(node)
        if "\n" not in self.text[start:end]:
            written = self.one_line(node, path, is_inner=False)
            if written is not None:
                self.edit(start, end, written)
            return
        self.bracketed.update(range(self.at(start)[0] + 1, self.at(end)[0] + 1))
        if isinstance(node, MapNode):
            for name, member in node.members.items():
                self.key(member.key, is_flow=True)
                self.inner(member.value, (*path, name))
        else:
            for index, item in enumerate(node.items):
                self.inner(item, (*path, index))

    def inner(self, node: Node, path: Path) -> None:
        if isinstance(node, Leaf):
            self.leaf(node, is_flow=True)
        elif not isinstance(node, Alias):
            self.brackets(node, path)

    def one_line(self, node: Node, path: Path, *, is_inner: bool = True) -> str | None:
        """Return how a node in brackets is written on one line; None where it has something that is better left alone."""
        start, end = self.places.bounds(node)
        if isinstance(node, Alias):
            return self.text[start:end]
        properties = self.text[node.start.index : start]
        if isinstance(node, Leaf):
            written = self.written(node, is_flow=True, is_key=False)
            return (properties + self.text[start:end]) if written is None else written
        properties = properties.rstrip() + " " if properties and is_inner else ""
        if isinstance(node, ListNode):
            items = [self.one_line(item, (*path, index)) for index, item in enumerate(node.items)]
            return None if None in items else f"{properties}[{', '.join(item for item in items if item is not None)}]"
        return self.one_line_mapping(node, path, properties)

    def one_line_mapping(self, node: MapNode, path: Path, properties: str) -> str | None:
        start, _ = self.places.bounds(node)
        parts: dict[str, str] = {}
        for name, member in node.members.items():
            written = self.one_line(member.value, (*path, name))
            key, value = member.key, member.value
            is_empty = isinstance(value, Leaf) and value.start.index == value.end.index
            if written is None or is_empty or self.text[: key.start.index].rstrip().endswith("?"):
                return None
            new = self.written(key, is_flow=True, is_key=True) if isinstance(key, Leaf) else None
            name_text = self.text[key.start.index : key.end.index] if new is None else new
            parts[name] = f"{name_text}{' ' if isinstance(key, Alias) else ''}: {written}"
        wanted = None if any(isinstance(member.key, Alias) for member in node.members.values()) else self.order(path)
        if wanted is not None:
            rank = {name: number for number, name in enumerate(wanted)}
            parts = {name: parts[name] for name in sorted(parts, key=lambda name: rank.get(name, len(rank)))}
        body = ", ".join(parts.values())
        return f"{properties}{{{body}}}" if self.text.startswith("{", start) else body

    # -- comments ------------------------------------------------------------------------------------------------------------------------

    def place_comments(self) -> None:
        """Indent comments that stand alone like the members they are aligned with."""
        alone = [comment for comment in comments_in(self.text) if comment.is_alone]
        members = sorted(self.stacks)
        position = 0
        for comment in alone:
            line = comment.line - 1
            if line in self.bracketed or line in self.inside:
                continue
            while position < len(members) and members[position] < line:
                position += 1
            before = self.stacks[members[position - 1]] if position > 0 else ()
            after = self.stacks[members[position]] if position < len(members) else ()
            self.indent[line] = _aligned(comment.column - 1, before, after)


def _aligned(column: int, before: tuple[tuple[int, int], ...], after: tuple[tuple[int, int], ...]) -> int:
    """Return the new column of a comment, given the collections around the member before and the one after it."""
    if after and after[-1][0] == column:
        return after[-1][1]
    candidates = [(old, new) for old, new in (*before, *after) if old <= column]
    if not candidates:
        return 0
    nearest = max(old for old, _ in candidates)
    return next(new for old, new in candidates if old == nearest)


# -- lines -------------------------------------------------------------------------------------------------------------------------------


def _assembled(layout: _Layout) -> str:
    trailing = {comment.line - 1: comment for comment in comments_in(layout.text) if not comment.is_alone}
    output: list[str] = []
    was_blank = True  # no blank lines at the beginning
    for number, line in enumerate(layout.lines):
        if number in layout.inside:
            edited = _with_edits(line, layout.edits.get(number, []))
            output.append(_shifted(edited, layout.shift.get(number, 0)))
            was_blank = False
            continue
        comment = trailing.get(number)
        written = _line(layout, number, line, None if comment is None else comment.column - 1)
        if written or not was_blank:
            output.append(written)
        was_blank = not written
    while output and not output[-1] and len(layout.lines) - 1 not in layout.inside:
        output.pop()
    text = "\n".join(output)
    ends_in_scalar = len(layout.lines) - 1 in layout.inside
    return text if ends_in_scalar or not text else text + "\n"


def _line(layout: _Layout, number: int, line: str, comment: int | None) -> str:
    edits = layout.edits.get(number, [])
    code = _with_edits(line if comment is None else line[:comment], edits).rstrip()
    if number in layout.indent:
        shift = layout.indent[number] - (len(line) - len(line.lstrip(" \t")))
        code = " " * layout.indent[number] + code.lstrip(" \t")
    else:
        shift = layout.shift.get(number, 0)
        code = _shifted(code, shift)
    if comment is None:
        return code.rstrip() if number + 1 not in layout.inside else code
    column = comment + shift
    gap = column - len(code) if column > len(code) else 2
    return f"{code}{' ' * gap}{line[comment:].rstrip()}"


def _with_edits(line: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, replacement in sorted(edits, reverse=True):
        line = line[:start] + replacement + line[end:]
    return line


def _shifted(line: str, delta: int) -> str:
    if delta >= 0:
        return " " * delta + line if line.strip(" ") else line
    blank = len(line) - len(line.lstrip(" "))
    return line[min(-delta, blank) :]
