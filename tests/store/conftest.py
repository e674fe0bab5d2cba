"""Both stores, for every test of what all stores promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.store.port import Store
from tests.store.builders import STORES


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return STORES[request.param](tmp_path)
