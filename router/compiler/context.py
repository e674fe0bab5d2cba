"""CheckContext: what a check sees of a compilation, and the place where engines shared by several checks keep their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec

from router.compiler.findings import Findings, Site
from router.language.documents import Configuration
from router.plan import PlannedEventType, PlannedRoute
from router.syntax.memory import Memory
from router.syntax.snapshot import Snapshot

__all__ = ["Base", "CheckContext", "SchemaDocument"]

T = TypeVar("T")


class SchemaDocument(msgspec.Struct, frozen=True):
    """A JSON Schema as it is written: the document, and the name of the file that its relative references start from."""

    document: Mapping[str, Any] | bool
    base: str


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier state of the configuration that a new one is compared with."""

    configuration: Configuration
    snapshot: Snapshot
    schemas: Mapping[str, SchemaDocument]


class CheckContext:
    """One compilation as the checks see it.

    `configuration` has every definition that could be read. `schemas` has the schema document of each event type whose schema compiles,
    `event_types` the compiled ones, `routes` the enabled routes with compiled filters and transforms; broken parts are absent there.
    `base` is the earlier state to compare with, if there is one.
    """

    def __init__(
        self,
        configuration: Configuration,
        snapshot: Snapshot,
        findings: Findings,
        *,
        schemas: Mapping[str, SchemaDocument],
        event_types: Mapping[str, PlannedEventType],
        routes: Sequence[PlannedRoute],
        examples: Mapping[str, Mapping[int, Any]],
        base: Base | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.configuration = configuration
        self.snapshot = snapshot
        self.schemas = schemas
        self.event_types = event_types
        self.routes = routes
        self.base = base
        self._findings = findings
        self._examples = examples
        self._results: dict[Callable[[CheckContext], Any], Any] = {}
        self._memory = Memory() if memory is None else memory

    @property
    def is_whole(self) -> bool:
        """Say whether every definition could be read; if not, what seems absent may only be unreadable."""
        return self._findings.is_whole

    def site(self, section: str, name: str | int) -> Site:
        """Return the place of a definition: `context.site("routes", "paid") / "filter"`."""
        return self._findings.site(section, name)

    def examples(self, event_type: str) -> Mapping[int, Any]:
        """Return the payloads of an event type's examples, by number; those that cannot be read or break their schema are left out."""
        return self._examples.get(event_type, {})

    def result_of(self, engine: Callable[[CheckContext], T]) -> T:
        """Return what an engine makes of this context; it runs once, however many checks ask."""
        if engine not in self._results:
            self._results[engine] = engine(self)
        return cast("T", self._results[engine])

    def recall(self, key: Any, make: Callable[[], T], *held: object) -> T:
        """Return what an earlier compilation of a watching process made of this key and these very objects, or make it now.

        For costly answers about one definition. Routes, event types and schema documents that have not changed are the same objects.
        """
        return self._memory.recall(key, make, held)
