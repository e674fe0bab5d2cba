"""Where the outside test material is, and what happens where it is not: the test is skipped and says so."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(os.environ.get("ROUTER_CORPORA", Path(__file__).resolve().parents[2] / "shared" / "corpora"))


def corpus(*parts: str) -> Path:
    """Return a path in the corpora; skip the calling test, or the module being collected, where it is absent."""
    path = _ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"corpus {'/'.join(parts)} is not here (set ROUTER_CORPORA to its folder)", allow_module_level=True)
    return path


def corpus_lines(*parts: str) -> Iterator[Any]:
    """Yield the objects of a JSON Lines corpus."""
    with corpus(*parts).open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
