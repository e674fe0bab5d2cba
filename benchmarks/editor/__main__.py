"""How long an editor waits: a check of 1,000 routes in 100 files after one of them was edited. Run: python -m benchmarks.editor [ROUTES]

Each edit gives all ten routes of one file a new line above them and one route a new filter, so nothing about that file can be reused by
place. The time is that of `Workspace.check`, from the buffer to the findings; no pause, no pipe.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.editor.configuration import write_configuration
from router.editor.workspace import Workspace

_EDITS = 30


def main() -> None:
    """Measure and print."""
    routes = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as directory:
        root = write_configuration(Path(directory) / "made-up", routes)
        workspace = Workspace(root, now=lambda: datetime.now(UTC), monotonic_s=time.monotonic)
        print(f"{routes:,} routes in {len(list(root.iterdir()))} files")
        print(f"first check        {_timed(workspace, {}):8.1f} ms")
        gc.freeze()  # as the server does
        print(f"nothing changed    {statistics.median(_timed(workspace, {}) for _ in range(5)):8.1f} ms")
        path = root / "team-00003.yaml"
        text = path.read_text(encoding="utf-8")
        taken = []
        for number in range(_EDITS):
            edited = text.replace("routes:", f"# edit {number}\nroutes:").replace("`30`", f"`30{number}`")
            taken.append(_timed(workspace, {path: edited}))
        print(f"one file edited    {statistics.median(taken):8.1f} ms median, {max(taken):.1f} ms slowest of {_EDITS}")


def _timed(workspace: Workspace, buffers: dict[Path, str]) -> float:
    start = time.perf_counter()
    workspace.check(buffers)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
