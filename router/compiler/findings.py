"""Findings: the one collector that all passes report to, and the one way from a definition to its place in a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from router.language.documents import Configuration, Origin
from router.syntax.diagnostic import Diagnostic, Fix, Note, Severity, Span
from router.syntax.memory import Files, Memory
from router.syntax.nearest import nearest
from router.syntax.writing import scalar_text

__all__ = ["Findings", "Site"]

T = TypeVar("T")

_MEANT = re.compile(r"did you mean `([A-Za-z_][A-Za-z0-9_]*)`\?")
_SECTIONS = ("sources", "event_types", "transforms", "endpoints", "routes")


class Site:
    """A place in the sources that can be narrowed: a definition, then a member of it, then characters within a scalar."""

    __slots__ = ("_origin", "_steps")

    def __init__(self, origin: Origin, steps: tuple[str | int, ...] = ()) -> None:
        self._origin = origin
        self._steps = steps

    def __truediv__(self, step: str | int) -> Site:
        return Site(self._origin, (*self._steps, step))

    @property
    def file(self) -> str:
        """Return the name of the document."""
        return self._origin.tree.file

    def has(self, step: str | int) -> bool:
        """Say whether the source itself has this member (defaults are merged in from elsewhere)."""
        return (*self._origin.path, *self._steps, step) in self._origin.tree.places

    @property
    def origin(self) -> Origin:
        """Return the place of the whole definition."""
        return self._origin

    def value(self) -> Span:
        """Return where the value stands."""
        return self._origin.tree.span((*self._origin.path, *self._steps))

    def key(self) -> Span:
        """Return where the key stands."""
        return self._origin.tree.key_span((*self._origin.path, *self._steps))

    def characters(self, start: int, end: int) -> Span:
        """Return where these characters of the scalar stand."""
        return self._origin.tree.inside((*self._origin.path, *self._steps), start, end)

    def renaming(self, start: int, end: int, message: str, help: str | None) -> tuple[Fix, ...]:
        """Return the edit that puts the name which `help` asks about for the one which `message` names in backticks.

        Empty where these characters of the scalar are not just that name, or a path that ends with it.
        """
        meant = _MEANT.fullmatch(help or "")
        if meant is None:
            return ()
        span = self.characters(start, end)
        written = self._origin.tree.written(span)
        before, dot, name = written.rpartition(".")
        if not all(part.isidentifier() for part in written.split(".")) or f"`{name}`" not in message:
            return ()
        return (Fix(span, before + dot + meant[1]),)

    def rewriting(self, text: str, start: int, end: int, replacement: str) -> tuple[Fix, ...]:
        """Return the edit that puts `replacement` for these characters of the scalar, whose decoded text is `text`.

        Empty where the file has the characters written otherwise (escapes, a variable put in), because an edit could not be exact. A
        plain scalar that could not begin with the replacement gets quotes.
        """
        tree, path = self._origin.tree, (*self._origin.path, *self._steps)
        span = tree.inside(path, start, end)
        if tree.written(span) != text[start:end]:
            return ()
        whole = tree.span(path)
        is_plain = tree.written(whole) == text
        if is_plain and start == 0:
            return (Fix(whole, scalar_text(replacement + text[end:], is_flow=True)),)
        written = tree.written(whole)[:1]
        if written in ("'", '"') and (written in replacement or "\\" in replacement):
            return ()
        return (Fix(span, replacement),)


class Findings:
    """Collects diagnostics over all passes of one compilation."""

    def __init__(
        self, configuration: Configuration, diagnostics: Iterable[Diagnostic] = (), *, unread: bool = False
    ) -> None:
        self._configuration = configuration
        self._unread = unread
        self.diagnostics: list[Diagnostic] = list(diagnostics)
        self._defined: dict[str, frozenset[str]] = {}

    def site(self, section: str, name: str | int) -> Site:
        """Return the place of a definition."""
        return Site(self._configuration.origin[(section, name)])

    def defined(self, section: str) -> frozenset[str]:
        """Return the names that a section defines, those with mistakes in their definition too."""
        if section not in self._defined:
            self._defined[section] = frozenset(
                str(name) for where, name in self._configuration.origin if where == section
            )
        return self._defined[section]

    def once(self, memory: Memory, key: Any, make: Callable[[], T], held: tuple[object, ...]) -> T:
        """Return what `make` makes, from memory when nothing it depends on has changed; what it reports is reported either way.

        `make` must depend on `key` and the objects `held` only. A definition's places are those of its Origin, so that one must be held.
        """
        return self._replay(*memory.recall(key, lambda: self._apart(make), held))

    def once_read(
        self, memory: Memory, key: Any, files: Files, make: Callable[[Files], T], held: tuple[object, ...]
    ) -> T:
        """As `once`, for what depends on files too: `make` reads them through what it is given."""
        return self._replay(*memory.recall_read(key, files, lambda read: self._apart(lambda: make(read)), held))

    def _apart(self, make: Callable[[], T]) -> tuple[T, list[Diagnostic]]:
        before, self.diagnostics = self.diagnostics, []
        try:
            return make(), self.diagnostics
        finally:
            self.diagnostics = before

    def _replay(self, result: T, found: list[Diagnostic]) -> T:
        self.diagnostics += found
        return result

    @property
    def is_whole(self) -> bool:
        """Say whether every definition could be read; if not, a name that seems unused may be used by one that could not."""
        kept = sum(len(getattr(self._configuration, section)) for section in _SECTIONS)
        return not self._unread and kept == sum(1 for section, _ in self._configuration.origin if section != "tests")

    def error(self, code: str, span: Span, message: str, help: str | None = None, notes: tuple[Note, ...] = ()) -> None:
        """Report an error."""
        self._add(Severity.ERROR, code, span, message, help, notes)

    def warning(
        self, code: str, span: Span, message: str, help: str | None = None, notes: tuple[Note, ...] = ()
    ) -> None:
        """Report a warning."""
        self._add(Severity.WARNING, code, span, message, help, notes)

    def report(
        self,
        severity: str,
        code: str,
        span: Span,
        message: str,
        help: str | None = None,
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        """Report a finding whose severity another room has decided."""
        self._add(Severity(severity), code, span, message, help, (), fixes)

    def undefined(self, code: str, span: Span, what: str, name: str, section: str) -> None:
        """Report a name that nothing defines, with the nearest one that something does, and where.

        Says nothing while a document could not be read at all: the definition may well be there.
        """
        if self._unread:
            return
        names = sorted(self.defined(section))
        close = nearest(name, names)
        notes: tuple[Note, ...] = ()
        if close is not None:
            help_text = f"did you mean `{close}`?"
            notes = (Note(f"`{close}` is defined here", self.site(section, close).key()),)
        elif names:
            shown = ", ".join(f"`{known}`" for known in names[:8])
            help_text = f"defined in `{section}`: {shown}" + (", …" if len(names) > 8 else "")
        else:
            help_text = f"define it under `{section}:`"
        fixes = self._renaming(span, name, close) if close is not None else ()
        self._add(Severity.ERROR, code, span, f"{what} `{name}` is not defined", help_text, notes, fixes)

    def _renaming(self, span: Span, name: str, meant: str) -> tuple[Fix, ...]:
        """Return the edit that writes another name, where the whole span is the name as it was written, quoted or not."""
        tree = next((tree for tree in self._configuration.trees if tree.file == span.file), None)
        if tree is None or tree.written(span) not in (name, f"'{name}'", f'"{name}"'):
            return ()
        return (Fix(span, scalar_text(meant, is_flow=True)),)

    def _add(
        self,
        severity: Severity,
        code: str,
        span: Span,
        message: str,
        help: str | None,
        notes: tuple[Note, ...],
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        self.diagnostics.append(
            Diagnostic(code=code, severity=severity, message=message, span=span, help=help, notes=notes, fixes=fixes)
        )
