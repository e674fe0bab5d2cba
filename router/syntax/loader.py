"""The loader: the bytes of one YAML file -> Tree, with every finding that keeps it from being one.

    bytes ── source ──► text ── events ──► events ── here ──► records and plain data ──► Tree

The accepted language is YAML 1.2 with the core schema, restricted to what git diffs and other tools read the same way: one document a
file, keys that are plain text, no tags beyond the core schema's, no merge keys, aliases that expand to at most `ALIAS_NODES_MAX` nodes,
at most `DEPTH_MAX` levels. A breach is a Diagnostic at its place; after it the rest of the file is still read, except after a syntax
error, where nobody knows what the rest means.

Codes: RT101 not YAML or beyond a limit, RT102 repeated key, RT103 a scalar that YAML 1.1 tools read otherwise (warning), RT104 alias
that contains itself or expands too far, RT105 tag. It does not know what a configuration is: see `router.language`.
"""

from __future__ import annotations

from typing import Any

from router.syntax import events, scalars
from router.syntax.diagnostic import Diagnostic, Fix, Note, Severity, Span, in_order
from router.syntax.nodes import Alias, Leaf, ListNode, MapNode, Member, Node, Places, size_of, value_of
from router.syntax.source import decode
from router.syntax.tree import Tree

__all__ = ["ALIAS_NODES_MAX", "DEPTH_MAX", "FINDINGS_MAX", "load"]

ALIAS_NODES_MAX = 10_000
"""How many nodes all aliases of a document may expand to, together."""

DEPTH_MAX = 100
"""How deep collections may be nested; recursive readers below stay well within Python's own limit."""

FINDINGS_MAX = 200
"""How many findings one file gives; what follows is noise."""

_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset({"str", "int", "float", "bool", "null"})


def load(file: str, data: bytes, *, python: bool = False) -> tuple[Tree | None, list[Diagnostic]]:
    """Return the Tree of a file and the findings in file order.

    The tree is None when the file is not YAML at all. With other errors (a repeated key, a tag) it is the best that can be read, good
    enough to look for further mistakes. An empty file is a tree of None. `python` selects the parser written in Python, which is
    otherwise used only where PyYAML was built without libyaml.
    """
    text, findings = decode(file, data)
    if text is None:
        return None, findings
    builder = _Builder(file, text, python=python)
    try:
        root = builder.document()
    except events.ParserError as error:
        builder.findings.append(events.explain(file, text, error))
        return None, in_order(builder.findings)
    except _TooDeepError:
        return None, in_order(builder.findings)
    value = None if root is None else value_of(root)
    return Tree(file=file, text=text, value=value, places=Places(file, text, root)), in_order(builder.findings)


class _TooDeepError(Exception):
    """The document is nested beyond the limit; the finding that says so is recorded."""


class _Builder:
    """Builds the records of one document from its events."""

    def __init__(self, file: str, text: str, *, python: bool) -> None:
        self.file = file
        self.text = text
        self.shield = events.Shield(text)
        self.next_event = events.open_events(self.shield.text, python=python)
        self.places = Places(file, text, None)
        self.findings: list[Diagnostic] = []
        self.anchors: dict[str, Leaf | MapNode | ListNode] = {}
        self.unfinished: set[int] = set()
        self.expanded = 0
        self.is_exhausted = False

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        help: str | None = None,
        notes: tuple[Note, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        severity = Severity.WARNING if code == "RT103" else Severity.ERROR
        if len(self.findings) < FINDINGS_MAX:
            found = Diagnostic(
                code=code, severity=severity, message=message, span=span, help=help, notes=notes, fixes=fixes
            )
            self.findings.append(found)

    def document(self) -> Node | None:
        """Read the one document of the file; None when it has none."""
        root: Node | None = None
        is_seen = False
        while (event := self.next_event()) is not None:
            if not isinstance(event, events.DocumentStartEvent):
                continue
            start: Any = event.start_mark
            end: Any = event.end_mark
            if is_seen:
                self.report(
                    "RT101",
                    "a second document begins here; a file holds one",
                    self.places.between(start.index, end.index),
                    "move it to a file of its own: the documents of a directory are merged by name",
                )
                break
            is_seen = True
            root = self.node(self.next_event(), 1)
        return root

    def node(self, event: Any, depth: int) -> Node:
        """Read the node that begins with `event`."""
        kind = type(event)
        if kind is events.ScalarEvent:
            return self.scalar(event)
        if kind is events.MappingStartEvent:
            return self.mapping(event, depth)
        if kind is events.SequenceStartEvent:
            return self.sequence(event, depth)
        return self.alias(event)

    def mapping(self, event: Any, depth: int) -> MapNode:
        node = MapNode(event.start_mark, event.tag is not None or event.anchor is not None)
        self.begin(event, node, depth)
        while type(event := self.next_event()) is not events.MappingEndEvent:
            key = self.key(event, depth)
            value = self.node(self.next_event(), depth + 1)
            node.size += 1 + size_of(value)
            if key is None:
                node.is_broken = True
                continue
            name = key.text if isinstance(key, Leaf) else key.target.text  # type: ignore[union-attr]
            if name in node.members:
                self.repeated(name, key, node.members[name])
            else:
                node.members[name] = Member(key, value)
                node.value[name] = value_of(value)
        self.finish(event, node)
        return node

    def sequence(self, event: Any, depth: int) -> ListNode:
        node = ListNode(event.start_mark, event.tag is not None or event.anchor is not None)
        self.begin(event, node, depth)
        while type(event := self.next_event()) is not events.SequenceEndEvent:
            item = self.node(event, depth + 1)
            node.size += size_of(item)
            node.items.append(item)
            node.value.append(value_of(item))
        self.finish(event, node)
        return node

    def begin(self, event: Any, node: MapNode | ListNode, depth: int) -> None:
        node.is_flow = event.flow_style
        if depth > DEPTH_MAX:
            start = event.start_mark.index
            self.report("RT101", f"more than {DEPTH_MAX} levels of nesting", self.places.between(start, start + 1))
            raise _TooDeepError
        if node.has_properties:
            self.check_tag(event, "map" if isinstance(node, MapNode) else "seq", node)
        if event.anchor is not None:
            self.anchor(event, node)
            self.unfinished.add(id(node))

    def finish(self, event: Any, node: MapNode | ListNode) -> None:
        if node.is_flow:
            node.end = event.end_mark
        self.unfinished.discard(id(node))

    def scalar(self, event: Any) -> Leaf:
        leaf = self.leaf(event)
        tag = event.tag
        if leaf.has_properties:
            tag = self.check_tag(event, "scalar", leaf)
        if tag is not None:
            leaf.value = self.tagged(leaf, tag, event)
        elif leaf.style is not None:
            leaf.value = leaf.text
        else:
            leaf.value = scalars.resolve(leaf.text)
            self.warn_if_ambiguous(leaf)
        return leaf

    def leaf(self, event: Any) -> Leaf:
        text = event.value
        if self.shield.is_needed:
            text = self.shield.restore(text)
        start, end = event.start_mark, event.end_mark
        has_properties = start.index < end.index and self.text[start.index] in "&!"
        leaf = Leaf(start, end, event.style or None, text, has_properties)
        if event.anchor is not None:
            self.anchor(event, leaf)
        return leaf

    def anchor(self, event: Any, node: Leaf | MapNode | ListNode) -> None:
        """Remember what an anchor names. The parser ends a name at the first character it does not know; that is refused here."""
        found = self.places.anchor_at(event.start_mark.index)
        if found is not None and found[0] != f"&{event.anchor}":
            message = f"the anchor `{shorten(found[0])}` may have letters, digits, `-` and `_` only"
            self.report("RT101", message, self.places.between(found[1], found[2]))
        self.anchors[event.anchor] = node

    def warn_if_ambiguous(self, leaf: Leaf) -> None:
        reading = scalars.reading_of_1_1(leaf.text)
        if reading is not None:
            message = f"`{leaf.text}` is {_reading(leaf.text)} here but {reading} to YAML 1.1 tools"
            span, quoted = self.places.span_of(leaf), f"'{leaf.text}'"
            # Quotes keep the value of a text; a number would become one, and which number was meant is not known.
            fixes = (Fix(span, quoted),) if isinstance(leaf.value, str) or leaf.value is None else ()
            self.report("RT103", message, span, f"put quotes around it: {quoted}", fixes=fixes)

    def key(self, event: Any, depth: int) -> Leaf | Alias | None:
        """Read a key; None, and a finding, where it is not one text."""
        kind = type(event)
        if kind is events.ScalarEvent:
            leaf = self.leaf(event)
            if leaf.has_properties:
                self.check_tag(event, "scalar", leaf)
                leaf.value = scalars.resolve(leaf.text) if leaf.style is None else leaf.text
            return self.checked_key(leaf)
        if kind is events.AliasEvent:
            alias = self.alias(event)
            if isinstance(alias, Leaf) or isinstance(alias.target, Leaf):
                return alias
            self.report("RT101", f"the key `*{event.anchor}` is not text", self.places.span_of(alias))
            return None
        node = self.node(event, depth + 1)
        span, help = self.places.span_of(node), "write the key as plain text"
        if self.text.startswith("{{", max(0, event.start_mark.index - 1)):
            span = self.places.between(event.start_mark.index - 1, event.start_mark.index + 1)
            help = 'a template needs quotes around it: "{{ … }}"'
        self.report("RT101", "a key must be text, not a mapping or a list", span, help)
        return None

    def checked_key(self, leaf: Leaf) -> Leaf | None:
        start = leaf.start.index
        if start > 0 and self.text[start - 1] == "?":  # the parser takes the `?` of `[?x]` for an explicit key
            help = "put quotes around a text that begins with `?`"
            self.report("RT101", "`?` begins a key here, not a text", self.places.between(start - 1, start), help)
            return None
        if leaf.style is not None:
            return leaf
        if leaf.text == "":
            self.report("RT101", "a key is missing before `:`", self.places.span_of(leaf), 'write the empty key as ""')
            return None
        if leaf.text == "<<":
            help = "repeat the keys; settings that all endpoints share go under `defaults.endpoint`"
            message = "the merge key `<<` is not part of YAML 1.2"
            self.report("RT101", message, self.places.span_of(leaf), help)
            return None
        self.warn_if_ambiguous(leaf)
        return leaf

    def repeated(self, name: str, key: Leaf | Alias, first: Member) -> None:
        place = self.places.span_of(first.key)
        self.report(
            "RT102",
            f"the key `{shorten(name)}` is repeated; the first is at {place.line}:{place.column}",
            self.places.span_of(key),
            "remove one of them, or give it another name",
            (Note("the first one", place),),
        )

    def alias(self, event: Any) -> Alias | Leaf:
        """Read an alias; where it cannot be followed, a null stands in its place."""
        start, end = event.start_mark, event.end_mark
        target = self.anchors.get(event.anchor)
        span = self.places.between(start.index, end.index)
        if target is None:
            help = "an alias comes after its anchor; put quotes around a text that begins with `*`"
            self.report("RT101", f"the alias `*{event.anchor}` has no anchor `&{event.anchor}` before it", span, help)
        elif id(target) in self.unfinished:
            self.report("RT104", f"the alias `*{event.anchor}` contains itself", span, "write the value out")
        elif self.is_exhausted:
            pass
        elif self.expanded + target.size > ALIAS_NODES_MAX:
            self.is_exhausted = True
            message = f"aliases expand to more than {ALIAS_NODES_MAX:,} nodes, with `*{event.anchor}`"
            self.report("RT104", message, span, "write the values out, or split the document")
        else:
            self.expanded += target.size
            return Alias(start, end, target)
        leaf = Leaf(start, end, None, f"*{event.anchor}", False)
        leaf.is_broken = True
        return leaf

    def check_tag(self, event: Any, kind: str, node: Leaf | MapNode | ListNode) -> str | None:
        """Return the tag of the core schema that stands before a node; report any other (RT105)."""
        found = self.places.tag_at(event.start_mark.index)
        if found is None:
            return None
        written, start, end = found
        name = event.tag.removeprefix(_CORE) if event.tag is not None and event.tag.startswith(_CORE) else ""
        if name == kind or (kind == "scalar" and name in _SCALAR_TAGS):
            return name
        node.is_broken = True
        help = "remove it"
        if kind == "scalar" and (written == "!" or node.text == ""):  # type: ignore[union-attr]
            help = "put quotes around a text that begins with `!`, such as a filter"
        self.report("RT105", f"the tag `{shorten(written)}` is not allowed", self.places.between(start, end), help)
        return None

    def tagged(self, leaf: Leaf, tag: str, event: Any) -> scalars.Scalar:
        """Return the value of a scalar under a tag of the core schema; report one that does not fit (RT105)."""
        if tag == "str":
            return leaf.text
        value = scalars.resolve(leaf.text)
        if tag == "float" and type(value) is int:
            return float(value)
        fits = {"int": int, "float": float, "bool": bool, "null": type(None)}[tag]
        if type(value) is not fits:
            leaf.is_broken = True
            message = f"`{shorten(leaf.text)}` does not fit the tag `!!{tag}`"
            self.report("RT105", message, self.places.between(event.start_mark.index, event.end_mark.index))
            return leaf.text
        return value


def _reading(text: str) -> str:
    value = scalars.resolve(text)
    return "text" if isinstance(value, str) else f"the number {value}"


def shorten(text: str, length: int = 60) -> str:
    """Return a text fit for one line of a message."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"
