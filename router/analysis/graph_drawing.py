"""Drawing: a Graph -> SVG, Mermaid or DOT, as text. Deterministic; needs no program and no font metrics.

The SVG has three columns of boxes of one width, a heading where the owner changes, and a curve for each edge. Text that is too long for
its box is cut; the whole of it, and a route's filter, is in the tooltip. Every text is escaped for the notation it is put into.
"""

from __future__ import annotations

from html import escape
from typing import Final

from router.analysis.graph import Graph

__all__ = ["dot", "mermaid", "svg"]

_WIDTH: Final = 300
_GAP: Final = 190
_HEIGHT: Final = 24
_PITCH: Final = 32
_MARGIN: Final = 20
_COLUMNS: Final = tuple(_MARGIN + number * (_WIDTH + _GAP) for number in range(3))
_CHARACTERS_MAX: Final = 42
_COLOURS: Final = ("#2563eb", "#059669", "#d97706", "#7c3aed", "#db2777", "#0891b2", "#65a30d", "#dc2626")
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#111}.g{font-weight:600;fill:#555}.b{fill:#fff;stroke:#888}.t{fill:#eef2ff}"
    ".e{fill:#ecfdf5}path{fill:none;stroke-opacity:.45}path:hover{stroke-opacity:1;stroke-width:3}"
)


def svg(graph: Graph) -> str:
    """Return an SVG document."""
    left, right = _spread(graph.types, graph), _spread(graph.endpoints, graph)
    boxes = [_box(_COLUMNS[0], y, name, "b t", name) for name, y in left.items()]
    boxes += [_box(_COLUMNS[2], y, name, "b e", name) for name, y in right.items()]
    edges, middle, bottom = _middle(graph, left, right)
    width = _COLUMNS[2] + _WIDTH + _MARGIN
    height = max([bottom, *(each + _PITCH for each in (*left.values(), *right.values()))]) + _MARGIN
    headings = [
        f'<text class="g" x="{x}" y="{_MARGIN + 10}">{text}</text>'
        for x, text in zip(_COLUMNS, ("Event types", "Routes", "Endpoints"), strict=True)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img">',
            "<title>Event types, routes and endpoints</title>",
            f"<style>{_STYLE}</style>",
            f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
            *edges,
            *headings,
            *boxes,
            *middle,
            "</svg>\n",
        ]
    )


def _middle(graph: Graph, left: dict[str, float], right: dict[str, float]) -> tuple[list[str], list[str], float]:
    """Return the edges, the boxes of the routes with a heading for each owner, and where the column ends."""
    edges: list[str] = []
    boxes: list[str] = []
    x = _COLUMNS[1]
    y, owner = float(_MARGIN + _PITCH), None
    colour_of = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(graph.types)}
    for route in graph.routes:
        if route.owner != owner:
            owner = route.owner
            boxes.append(f'<text class="g" x="{x}" y="{y + 16:g}">{_xml(owner or "without owner")}</text>')
            y += _PITCH
        boxes.append(_box(x, y, route.name, "b", route.name + (f"\n{route.filter}" if route.filter else "")))
        edges += [
            _edge(_COLUMNS[0] + _WIDTH, left[event], x, y, colour_of[event], f"{event} → {route.name}")
            for event in route.events
        ]
        colour = colour_of[route.events[0]] if route.events else "#888"
        edges += [
            _edge(x + _WIDTH, y, _COLUMNS[2], right[endpoint], colour, f"{route.name} → {endpoint}")
            for endpoint in route.endpoints
        ]
        y += _PITCH
    return edges, boxes, y


def _spread(names: tuple[str, ...], graph: Graph) -> dict[str, float]:
    """Place names evenly over the height of the middle column, never closer than the pitch."""
    rows = len(graph.routes) + len({route.owner for route in graph.routes})
    pitch = max(_PITCH, _PITCH * rows / len(names)) if names else _PITCH
    return {name: _MARGIN + _PITCH + (number + 0.5) * pitch - _PITCH / 2 for number, name in enumerate(names)}


def _box(x: float, y: float, text: str, kind: str, title: str) -> str:
    shown = text if len(text) <= _CHARACTERS_MAX else text[: _CHARACTERS_MAX - 1] + "…"
    return (
        f'<g><title>{_xml(title)}</title><rect class="{kind}" x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="5"/>'
        f'<text x="{x + 8:g}" y="{y + 16:g}">{_xml(shown)}</text></g>'
    )


def _edge(x1: float, y1: float, x2: float, y2: float, colour: str, title: str) -> str:
    start, end, middle = y1 + _HEIGHT / 2, y2 + _HEIGHT / 2, (x1 + x2) / 2
    curve = f"M{x1:g} {start:g}C{middle:g} {start:g} {middle:g} {end:g} {x2:g} {end:g}"
    return f'<path d="{curve}" stroke="{colour}"><title>{_xml(title)}</title></path>'


def _xml(text: str) -> str:
    """Escape for XML; characters that XML cannot hold at all are replaced."""
    return escape("".join(character if character in "\n\t" or character >= " " else "\ufffd" for character in text))


def mermaid(graph: Graph) -> str:
    """Return a Mermaid flowchart; nodes have numbers for ids, so no name can break it."""
    lines = ["flowchart LR"]
    types = {name: f"t{number}" for number, name in enumerate(graph.types)}
    ends = {name: f"e{number}" for number, name in enumerate(graph.endpoints)}
    lines += [f'  {id}(["{_entities(name)}"])' for name, id in types.items()]
    owner = None
    for number, route in enumerate(graph.routes):
        if route.owner != owner:
            lines += ["  end"] if owner is not None else []
            owner = route.owner
            lines.append(f'  subgraph g{number}["{_entities(owner or "without owner")}"]')
        lines.append(f'    r{number}["{_entities(route.name)}"]')
    lines += ["  end"] if owner is not None else []
    lines += [f'  {id}[/"{_entities(name)}"/]' for name, id in ends.items()]
    for number, route in enumerate(graph.routes):
        lines += [f"  {types[event]} --> r{number}" for event in route.events]
        lines += [f"  r{number} --> {ends[endpoint]}" for endpoint in route.endpoints]
    return "\n".join(lines) + "\n"


def _entities(text: str) -> str:
    """Escape for a quoted Mermaid label, whose escapes are `#35;` and the like."""
    return "".join(c if c.isalnum() or c in " .-_():/" else f"#{ord(c)};" for c in text)


def dot(graph: Graph) -> str:
    """Return a Graphviz digraph."""
    lines = ["digraph routes {", "  rankdir=LR;", "  node [shape=box, fontname=sans];"]
    lines += [f"  {_quoted('type ' + name)} [label={_quoted(name)}, shape=oval];" for name in graph.types]
    lines += [f"  {_quoted('endpoint ' + name)} [label={_quoted(name)}, shape=cds];" for name in graph.endpoints]
    owners = list(dict.fromkeys(route.owner for route in graph.routes))
    for number, owner in enumerate(owners):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(owner or 'without owner')};"]
        for route in graph.routes:
            if route.owner == owner:
                tooltip = f", tooltip={_quoted(route.filter)}" if route.filter else ""
                lines.append(f"    {_quoted('route ' + route.name)} [label={_quoted(route.name)}{tooltip}];")
        lines.append("  }")
    for route in graph.routes:
        name = _quoted("route " + route.name)
        lines += [f"  {_quoted('type ' + event)} -> {name};" for event in route.events]
        lines += [f"  {name} -> {_quoted('endpoint ' + endpoint)};" for endpoint in route.endpoints]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
