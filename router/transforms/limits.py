"""Limits: every bound on a transform, in one place, with its reason.

Static ones are checked when a configuration is compiled, the others while an event is rendered. None depends on the clock: the same
event under the same revision always renders to the same bytes or fails in the same place.
"""

from __future__ import annotations

__all__ = [
    "BRANCHES_MAX",
    "DEPTH_MAX",
    "HEADER_CHARS_MAX",
    "INTEGER_MAX",
    "INTEGER_MIN",
    "LOOPS_NESTED_MAX",
    "NODES_MAX",
    "NODES_PER_STEP",
    "OUTPUT_BYTES_MAX",
    "STEPS_MAX",
    "TEMPLATE_CHARS_MAX",
    "TEXT_PER_STEP",
    "TREE_DEPTH_MAX",
]

OUTPUT_BYTES_MAX = 1024 * 1024
"""Size of a rendered body, of any single text on the way to it, and of all its parts together. Receivers of webhooks commonly refuse more:
GitHub cuts at 25 MB, AWS EventBridge at 256 KiB, nginx by default at 1 MiB (`client_max_body_size`)."""

STEPS_MAX = 100_000
"""Work that one render may do: a step is one item visited by a loop or filter, or TEXT_PER_STEP characters produced or compared.
About 10 ms; minijinja's default fuel tests use the same order of magnitude."""

TEXT_PER_STEP = 64
"""Characters that count as one step: copying 64 characters costs about what one turn of a loop does."""

NODES_PER_STEP = 8
"""A loop body with more syntax nodes than this costs a further step a turn, so that a long body cannot hide work from STEPS_MAX."""

TEMPLATE_CHARS_MAX = 64 * 1024
"""Length of one template. Parsing is linear, and no payload that a person wrote comes near."""

NODES_MAX = 50_000
"""Syntax nodes, and nodes of the YAML tree, in one transform: bounds compile time (about 10 us a node) and straight-line work."""

DEPTH_MAX = 60
"""Nesting of one template's syntax tree; the parser itself gives up at about 80 parentheses."""

BRANCHES_MAX = 100
"""`elif`s of one `if`: each nests one level deeper in the generated code, and Python's compiler recurses. More of them are an object
literal and a lookup."""

LOOPS_NESTED_MAX = 8
"""Loops within loops. CPython's compiler stops at 20 nested blocks."""

TREE_DEPTH_MAX = 64
"""Nesting of a structured payload; orjson writes at most 254 levels, and the event's data may add its own below a leaf."""

HEADER_CHARS_MAX = 8 * 1024
"""Length of one header value: what common servers accept for a whole header line (nginx `large_client_header_buffers` 8k, Apache
`LimitRequestFieldSize` 8190)."""

INTEGER_MIN, INTEGER_MAX = -(2**63), 2**64 - 1
"""Integers that orjson writes: the union of signed and unsigned 64 bit."""
