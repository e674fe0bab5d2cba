"""Report formats: one module a format, each a pure function from a LintReport to the text of a file.

Imported when asked for: a run pays for the format it writes. `text`, for people, is the command line's own.
"""

from __future__ import annotations

from importlib import import_module

from router.analysis.report import LintReport

__all__ = ["FORMATS", "render"]

_MODULES = {
    "json": "plain",
    "sarif": "sarif",
    "github": "github",
    "junit": "junit",
    "checkstyle": "checkstyle",
    "gitlab": "gitlab",
}

FORMATS: tuple[str, ...] = tuple(_MODULES)
"""The formats for programs."""


def render(report: LintReport, format: str) -> str:
    """Return a report in one of `FORMATS`, with a line break at its end."""
    text: str = import_module(f"{__name__}.{_MODULES[format]}").render(report)
    return text
