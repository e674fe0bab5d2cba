"""Paths that mean something only beside the document they are written in, made into names of the snapshot.

Secret files and TLS files of an endpoint can come from `defaults` in another document, so their base would be lost by merging. They are
resolved before. Absolute paths stay as written. Paths of schemas and examples stay relative: the compiler resolves them at their origin.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

__all__ = ["resolve_files"]

_SECTIONS = ("sources", "endpoints", "defaults")


def resolve_files(document: dict[str, Any], resolve: Callable[[str], str]) -> dict[str, Any]:
    """Return a validated document whose secret and TLS files are names that the snapshot reads."""
    result = dict(document)
    for section in _SECTIONS:
        if section in result:
            result[section] = _resolved(result[section], resolve)
    return result


def _resolved(value: Any, resolve: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_resolved(item, resolve) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"file"} and isinstance(value["file"], str):
        return {"file": _path(value["file"], resolve)}
    result = {key: _resolved(inner, resolve) for key, inner in value.items()}
    tls = result.get("tls")
    if isinstance(tls, dict):
        paths = {key: _path(tls[key], resolve) for key in ("cert", "ca") if isinstance(tls.get(key), str)}
        result["tls"] = {**tls, **paths}
    return result


def _path(written: str, resolve: Callable[[str], str]) -> str:
    return written if posixpath.isabs(written) else resolve(written)
