"""Manual pages of codes as text for a terminal, and the list of them."""

from __future__ import annotations

from collections.abc import Mapping

from router.cli.printing import Style
from router.compiler.checks import Check

__all__ = ["list_of", "page_of"]

_COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}


def list_of(checks: Mapping[str, Check], *, style: Style) -> str:
    """Return one line per code: code, severity, name and summary."""
    widest = max(len(check.name) for check in checks.values())
    return "\n".join(
        f"{style(code, 'bold')}  {style(f'{check.severity:7}', _COLOURS[check.severity])}  {check.name:{widest}}  {check.summary}"
        for code, check in checks.items()
    )


def page_of(check: Check, *, style: Style) -> str:
    """Return the page of a code."""
    parts = [
        f"{style(check.code, 'bold')} {check.name} ({style(check.severity, _COLOURS[check.severity])})",
        f"{check.summary}.",
        check.manual,
    ]
    if check.base:
        parts.append(_example("Before:", check.base))
    if check.bad:
        parts.append(_example(f"Reported, at {check.at}:", check.bad))
        parts.append(_example("Not reported:", check.good))
    return "\n\n".join(parts)


def _example(title: str, files: Mapping[str, str]) -> str:
    lines = [title]
    for name, text in files.items():
        if len(files) > 1:
            lines += ["", f"  {name}"]
        lines += ["", *(f"    {line}".rstrip() for line in text.splitlines())]
    return "\n".join(lines)
