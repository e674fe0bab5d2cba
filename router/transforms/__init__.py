"""Transforms: Jinja templates and trees of them, compiled ahead to Python functions that shape payloads and headers.

    payload, content type, headers ─ compile_transform ─► CompiledTransform ─ render(document) ─► Rendered

The only room that opens `jinja2`, and of that only the parser: what a template may do is an allow-list of our own (`expression`,
`statement`, `catalogue`), and everything is bounded (`limits`). `docs/templates.md` is the manual.
"""

from __future__ import annotations

from router.transforms.problem import RenderError, TransformProblem
from router.transforms.transform import CompiledTransform, Rendered, compile_transform
from router.transforms.workshop import Reference

__all__ = ["CompiledTransform", "Reference", "RenderError", "Rendered", "TransformProblem", "compile_transform"]
