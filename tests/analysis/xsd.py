"""A validator for the part of XML Schema that the two JUnit schemas use, because none is in the standard library.

Elements (inline, by reference, by named type), sequences and choices with occurrence bounds, extensions of complex and simple content,
mixed content, attributes with `required`, and the simple types: token, string, int, decimal, patterns and minLength.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

XS = "{http://www.w3.org/2001/XMLSchema}"
Element = ET.Element

_LEXICAL = {
    "xs:int": re.compile(r"\s*[-+]?\d+\s*"),
    "xs:decimal": re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)\s*"),
    "xs:dateTime": re.compile(r"-?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)?"),
}


class Schema:
    def __init__(self, path: Path) -> None:
        root = ET.fromstring(path.read_bytes())
        self.elements = {child.attrib["name"]: child for child in root if child.tag == f"{XS}element"}
        self.named = {
            child.attrib["name"]: child for child in root if child.tag in (f"{XS}complexType", f"{XS}simpleType")
        }

    def problems(self, document: str) -> list[str]:
        root = ET.fromstring(document.encode())
        if root.tag not in self.elements:
            return [f"no such root element: {root.tag}"]
        return list(self._element(root, self.elements[root.tag], root.tag))

    def _element(self, node: Element, declared: Element, path: str) -> Iterator[str]:
        if "ref" in declared.attrib:
            declared = self.elements[declared.attrib["ref"]]
        name = declared.attrib.get("type")
        kind = self.named.get(name) if name is not None else _first(declared, "complexType", "simpleType")
        if kind is None or kind.tag == f"{XS}simpleType":
            if len(node):
                yield f"{path}: has children"
            yield from self._simple(node.text or "", name, kind, path)
            return
        attributes, model, text, mixed = self._parts(kind)
        yield from self._attributes(node, attributes, path)
        children = list(node)
        used = 0
        if model is not None:
            for used in self._match(children, 0, model):
                if used == len(children):
                    break
            else:
                yield f"{path}: the children {[child.tag for child in children]} do not fit the content model"
                return
        elif children:
            yield f"{path}: has children"
        if not text and not mixed and (node.text or "").strip():
            yield f"{path}: has text"
        known = {one.attrib.get("name") or one.attrib["ref"]: one for one in self._declared(model)}
        for number, child in enumerate(children):
            yield from self._element(child, known[child.tag], f"{path}/{child.tag}[{number}]")

    def _parts(self, kind: Element) -> tuple[list[Element], Element | None, bool, bool]:
        """Return attributes, content model, whether there is text, whether it is mixed."""
        for content in ("complexContent", "simpleContent"):
            inner = _first(kind, content)
            if inner is not None:
                extension = _first(inner, "extension")
                assert extension is not None
                own = [child for child in extension if child.tag == f"{XS}attribute"]
                base = self.named.get(extension.attrib["base"])
                if content == "complexContent" and base is not None:
                    attributes, model, text, mixed = self._parts(base)
                    return attributes + own, model, text, mixed
                return own, None, True, False
        own = [child for child in kind if child.tag == f"{XS}attribute"]
        return own, _first(kind, "sequence", "choice"), False, kind.attrib.get("mixed") == "true"

    def _declared(self, model: Element | None) -> Iterator[Element]:
        for child in () if model is None else model:
            if child.tag == f"{XS}element":
                yield child
            elif child.tag in (f"{XS}sequence", f"{XS}choice"):
                yield from self._declared(child)

    def _match(self, children: list[Element], at: int, particle: Element) -> Iterator[int]:
        """Yield every position that a particle can lead to from `at`."""
        least = int(particle.attrib.get("minOccurs", "1"))
        most = particle.attrib.get("maxOccurs", "1")
        limit = len(children) + least if most == "unbounded" else int(most)
        reached, places = {at}, {at}
        if least == 0:
            yield at
        for count in range(1, limit + 1):
            places = {end for place in places for end in self._once(children, place, particle)}
            fresh = places - reached
            if count >= least:
                yield from sorted(fresh if least == 0 or count > least else places, reverse=True)
            if not fresh and count >= least:
                return
            reached |= places

    def _once(self, children: list[Element], at: int, particle: Element) -> Iterator[int]:
        if particle.tag == f"{XS}element":
            if at < len(children) and children[at].tag == (particle.attrib.get("name") or particle.attrib.get("ref")):
                yield at + 1
        elif particle.tag == f"{XS}choice":
            for child in particle:
                if child.tag != f"{XS}annotation":
                    yield from self._match(children, at, child)
        else:
            places = {at}
            for child in particle:
                if child.tag != f"{XS}annotation":
                    places = {end for place in places for end in self._match(children, place, child)}
            yield from places

    def _attributes(self, node: Element, declared: list[Element], path: str) -> Iterator[str]:
        known = {one.attrib["name"]: one for one in declared}
        for name in node.attrib:
            if name not in known:
                yield f"{path}: the attribute {name} is not allowed"
        for name, one in known.items():
            if name in node.attrib:
                kind = one.attrib.get("type")
                yield from self._simple(
                    node.attrib[name], kind, self.named.get(kind or "", _first(one, "simpleType")), f"{path}@{name}"
                )
            elif one.attrib.get("use") == "required":
                yield f"{path}: the attribute {name} is missing"

    def _simple(self, text: str, name: str | None, kind: Element | None, path: str) -> Iterator[str]:
        if name in _LEXICAL and not _LEXICAL[name].fullmatch(text):
            yield f"{path}: {text!r} is no {name}"
        restriction = None if kind is None else _first(kind, "restriction")
        if restriction is None:
            return
        yield from self._simple(text, restriction.attrib["base"], None, path)
        for facet in restriction:
            value = facet.attrib.get("value", "")
            if facet.tag == f"{XS}pattern" and not re.fullmatch(value, text):
                yield f"{path}: {text!r} does not match {value}"
            if facet.tag == f"{XS}minLength" and len(text.strip()) < int(value):
                yield f"{path}: {text!r} is too short"


def _first(node: Element, *tags: str) -> Element | None:
    return next((child for child in node if child.tag in {f"{XS}{tag}" for tag in tags}), None)
