"""Reordering: the keys of block mappings in a canonical order, each with its comments and its lines as they are.

A member is moved as a stretch of whole lines: the comments right above its key, the key, and everything down to the next member.
Comments that are indented further than the key of the next member belong to the one before. A comment block at the very top of the file that
a blank line parts from the rest is about the file and stays. Documents with anchors stay as they are, because an alias must come after its anchor.
"""

from __future__ import annotations

from collections.abc import Iterable

from router.syntax.comments import comments_in
from router.syntax.layout import KeyOrder
from router.syntax.nodes import Alias, ListNode, MapNode, Node, Places
from router.syntax.tree import Path

__all__ = ["reorder"]


def reorder(text: str, places: Places, order: KeyOrder) -> str:
    """Return the text of a document with the keys of its block mappings in order. `text` has LF line breaks only."""
    root = places.root
    if root is None or _has_anchors(root):
        return text
    work = _Reordering(text, places, order)
    last = len(work.lines) - 1
    while last > 0 and not work.lines[last].strip():
        last -= 1
    first = work.line_of(root)
    start = first
    while start > 0 and work.is_remark(start - 1):
        start -= 1
    while start < first and not work.lines[start].strip():
        start += 1
    blank = next((number for number in range(first - 1, start, -1) if not work.lines[number].strip()), None)
    if blank is not None:
        start = blank + 1
    return "\n".join([*work.lines[:start], *work.ordered(root, start, last, ()), *work.lines[last + 1 :]])


def _has_anchors(node: Node) -> bool:
    pending: list[Node] = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, Alias) or one.has_properties:
            return True
        if isinstance(one, MapNode):
            for member in one.members.values():
                pending += (member.key, member.value)
        elif isinstance(one, ListNode):
            pending += one.items
    return False


class _Chunk:
    """A member and the lines it is moved with: blank lines, comments, its own lines."""

    __slots__ = ("blank", "body", "name", "remarks")

    def __init__(self, name: str, blank: int, remarks: list[str], body: list[str]) -> None:
        self.name = name
        self.blank = blank
        self.remarks = remarks
        self.body = body


class _Reordering:
    def __init__(self, text: str, places: Places, order: KeyOrder) -> None:
        self.lines = text.split("\n")
        self.table = places.lines
        self.order = order
        self.remarks = {comment.line - 1: comment.column - 1 for comment in comments_in(text) if comment.is_alone}

    def line_of(self, node: Node) -> int:
        return self.table.position(node.start.index)[0] - 1

    def column_of(self, node: Node) -> int:
        return self.table.position(node.start.index)[1] - 1

    def is_remark(self, line: int) -> bool:
        return line in self.remarks or not self.lines[line].strip()

    def ordered(self, node: Node, first: int, last: int, path: Path) -> list[str]:
        """Return the lines `first` to `last`, which are all that belongs to a node, with what is in it in order."""
        if isinstance(node, MapNode) and not node.is_flow and node.members:
            return self.mapping(node, first, last, path)
        if isinstance(node, ListNode) and not node.is_flow and node.items:
            return self.sequence(node, first, last, path)
        return self.lines[first : last + 1]

    def sequence(self, node: ListNode, first: int, last: int, path: Path) -> list[str]:
        starts = [self.line_of(item) for item in node.items]
        output: list[str] = []
        at = first
        for index, item in enumerate(node.items):
            begin = starts[index]
            end = starts[index + 1] - 1 if index + 1 < len(starts) else last
            if begin < at or end < begin:  # several on one line
                continue
            while end > begin and self.is_remark(end) and self.remarks.get(end, 0) < self.column_of(item):
                end -= 1
            output += self.lines[at:begin]
            output += self.ordered(item, begin, end, (*path, index))
            at = end + 1
        return output + self.lines[at : last + 1]

    def mapping(self, node: MapNode, first: int, last: int, path: Path) -> list[str]:
        names = list(node.members)
        keys = [self.line_of(member.key) for member in node.members.values()]
        column = self.column_of(next(iter(node.members.values())).key)
        prefix = self.lines[keys[0]][:column]
        if len(set(keys)) < len(keys) or keys[0] < first or keys != sorted(keys):
            return self.lines[first : last + 1]
        starts = [self.start_of(keys[i], keys[i - 1] if i else None, first, column) for i in range(len(keys))]
        tail = last
        while tail > keys[-1] and self.is_remark(tail) and self.remarks.get(tail, column) <= column:
            tail -= 1
        chunks = []
        for i, name in enumerate(names):
            end = starts[i + 1] - 1 if i + 1 < len(names) else tail
            blank = 0
            while i and blank < keys[i] - starts[i] and not self.lines[starts[i] + blank].strip():
                blank += 1
            body = [self.lines[keys[i]], *self.inside(node.members[name].value, keys[i], end, (*path, name))]
            chunks.append(_Chunk(name, blank, self.lines[starts[i] + blank : keys[i]], body))
        head = self.lines[first : starts[0]]
        return [*head, *self.joined(chunks, prefix, column, path), *self.lines[tail + 1 : last + 1]]

    def start_of(self, key: int, previous: int | None, first: int, column: int) -> int:
        """Return the line where what belongs to a member begins."""
        start = key
        floor = first if previous is None else previous + 1
        while start > floor and self.is_remark(start - 1) and self.remarks.get(start - 1, 0) <= column:
            start -= 1
        return start

    def inside(self, value: Node, key: int, end: int, path: Path) -> list[str]:
        """Return the lines below a key's, with what is in its value in order."""
        if end <= key or isinstance(value, Alias) or self.line_of(value) <= key:
            return self.lines[key + 1 : end + 1]
        return self.ordered(value, key + 1, end, path)

    def joined(self, chunks: list[_Chunk], prefix: str, column: int, path: Path) -> Iterable[str]:
        wanted = self.order(path)
        ranked = chunks
        if wanted is not None:
            rank = {name: number for number, name in enumerate(wanted)}
            ranked = sorted(chunks, key=lambda chunk: rank.get(chunk.name, len(rank)))
        if ranked[0] is not chunks[0]:
            if prefix.strip():  # the first key stands behind a dash
                if ranked[0].remarks:
                    ranked = chunks
                else:
                    chunks[0].body[0] = " " * column + chunks[0].body[0][column:]
                    ranked[0].body[0] = prefix + ranked[0].body[0][column:]
            chunks[0].blank, ranked[0].blank = (ranked[0].blank, 0) if ranked is not chunks else (chunks[0].blank,) * 2
        for chunk in ranked:
            yield from [""] * chunk.blank
            yield from chunk.remarks
            yield from chunk.body
