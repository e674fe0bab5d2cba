"""The catalogue of codes: from a code to its page, found among the files of this package.

Only names are read to build it; a page's module is imported when its entry is asked for, so that `router lint` does not pay for manual
pages it does not print. Knows nothing of what any check does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING

import msgspec

from router.syntax.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from router.compiler.context import CheckContext

__all__ = ["Catalogue", "Check", "catalogue", "running_checks"]

_PACKAGES = ("router.compiler.checks", "router.compiler.checks.pages")
_FILE = re.compile(r"^(rt\d{3})_([a-z0-9_]+)$")


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One code: its page and, when it is a check over the finished configuration, its function.

    `manual` is the page without its first sentence, which is `summary`. `bad` and `good` are example configurations by file name.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    manual: str
    bad: Mapping[str, str] = {}
    at: str = ""
    good: Mapping[str, str] = {}
    base: Mapping[str, str] = {}
    require_secrets: bool = False
    environ: Mapping[str, str] = {}
    emitted_by: str | None = None
    shown_by: str | None = None
    check: Callable[[CheckContext], Iterator[Diagnostic]] | None = None


class Catalogue(Mapping[str, Check]):
    """All codes in order. Reading an entry imports its page; the names of the pages are known without."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = dict(sorted(modules.items()))

    def __getitem__(self, code: str) -> Check:
        return _page(self._modules[code])

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def name(self, code: str) -> str:
        """Return the name of a code (`filter-syntax`) without importing its page."""
        return self._modules[code].rpartition(".")[2].partition("_")[2].replace("_", "-")

    def find(self, word: str) -> str | None:
        """Return the code that a word means, a code in any case or a name; None when there is none."""
        wanted = word.strip().casefold().replace("_", "-")
        return next((code for code in self if wanted in (code.casefold(), self.name(code))), None)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue of every code there is. Raises RuntimeError when two files claim one code."""
    modules: dict[str, str] = {}
    for package in _PACKAGES:
        for code, module in _modules(package):
            if code in modules:
                raise RuntimeError(f"{code} has two pages: {modules[code]} and {module}")
            modules[code] = module
    return Catalogue(modules)


@cache
def running_checks() -> tuple[Check, ...]:
    """Return the checks that run over a finished configuration, by code."""
    checks = (_page(module) for _, module in sorted(_modules(_PACKAGES[0])))
    return tuple(page for page in checks if page.check is not None)


def _modules(package: str) -> Iterator[tuple[str, str]]:
    for found in iter_modules(import_module(package).__path__):
        match = _FILE.match(found.name)
        if match is not None:
            yield match[1].upper(), f"{package}.{found.name}"


@cache
def _page(module_name: str) -> Check:
    module = import_module(module_name)
    summary, _, manual = (module.__doc__ or "").strip().partition("\n")
    return Check(
        code=module.CODE,
        name=module.NAME,
        severity=module.SEVERITY,
        summary=summary.strip(),
        manual=manual.strip(),
        bad=_files(module, "BAD"),
        at=getattr(module, "AT", ""),
        good=_files(module, "GOOD"),
        base=_files(module, "BASE"),
        require_secrets=getattr(module, "REQUIRE_SECRETS", False),
        environ=getattr(module, "ENVIRON", {}),
        emitted_by=getattr(module, "EMITTED_BY", None),
        shown_by=getattr(module, "SHOWN_BY", None),
        check=getattr(module, "check", None),
    )


def _files(module: ModuleType, attribute: str) -> Mapping[str, str]:
    written: str | Mapping[str, str] | None = getattr(module, attribute, None)
    if written is None:
        return {}
    return {"routes.yaml": written} if isinstance(written, str) else written
