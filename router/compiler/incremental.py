"""Incremental compilation, for processes that watch a configuration: the language server, a reloading router.

    snapshot ─ compile_snapshot, with the memory of the last rounds ─► Compilation

Kept are, each with what it was made from: documents by name, bytes and variables; definitions and what they compile to by their document;
filters and transforms by their text, so that one that only moved is not compiled again; event types by all the files their schemas and
examples read. Looking across definitions (references, coverage, duplicates) is done anew on the merged result, since any change may
matter there. The result is the one that `compile_snapshot` gives without memory; tests compare the two.
"""

from __future__ import annotations

from router.compiler.compilation import Compilation, compile_snapshot
from router.syntax.memory import Memory
from router.syntax.snapshot import Snapshot

__all__ = ["IncrementalCompiler"]


class IncrementalCompiler:
    """Compiles snapshot after snapshot of one configuration. One thread at a time."""

    def __init__(self) -> None:
        self._memory = Memory()

    def compile(self, snapshot: Snapshot, *, require_secrets: bool = False, with_plan: bool = True) -> Compilation:
        """Compile a snapshot as `compile_snapshot` does; what has not changed since the last one costs next to nothing.

        Without `with_plan` there is no Plan in the result, and no time is spent on its index.
        """
        self._memory.begin_round()
        return compile_snapshot(snapshot, require_secrets=require_secrets, memory=self._memory, with_plan=with_plan)
