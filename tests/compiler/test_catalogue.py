"""Every code has one page, every page a code that is emitted, and the examples on the pages do what the pages say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from router.compiler import compile_snapshot
from router.compiler.checks import catalogue, running_checks
from router.syntax.diagnostic import Diagnostic, Severity
from router.syntax.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
CHECKS = ROOT / "router" / "compiler" / "checks"
CODES = tuple(catalogue())
_CODE = re.compile(r"[\"'](RT\d{3})[\"']")


def _findings(
    files: Mapping[str, str], folder: Path, environ: Mapping[str, str], base: Mapping[str, str], *, strict: bool
) -> tuple[Diagnostic, ...]:
    new, old = folder / "new", folder / "old"
    for root, written in ((new, files), (old, base)):
        for name, text in written.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
    before = Snapshot.take(old, environ={}) if base else None
    snapshot = Snapshot.take(new, environ=dict(environ))
    return compile_snapshot(snapshot, require_secrets=strict, base=before).diagnostics


def test_every_code_that_is_emitted_has_a_page() -> None:
    emitted: dict[str, Path] = {}
    for path in (ROOT / "router").rglob("*.py"):
        if not path.is_relative_to(CHECKS):
            emitted |= dict.fromkeys(_CODE.findall(path.read_text(encoding="utf-8")), path)
    missing = {code: str(path) for code, path in emitted.items() if code not in catalogue()}
    assert not missing


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_where_its_code_says_and_its_code_is_emitted(code: str) -> None:
    page = catalogue()[code]
    assert page.code == code
    assert page.name == catalogue().name(code)
    if page.emitted_by is not None:
        spec = find_spec(page.emitted_by)
        assert spec is not None
        assert spec.origin is not None
        assert code in _CODE.findall(Path(spec.origin).read_text(encoding="utf-8"))
    else:
        assert page.check is not None
        assert page in running_checks()


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_a_manual(code: str) -> None:
    page = catalogue()[code]
    assert page.summary
    assert not page.summary.endswith(".")
    assert len(page.summary) <= 100
    assert len(page.manual) > 80
    if page.bad:
        assert "Write instead:" in page.manual
        assert page.good
    else:
        assert page.shown_by is not None
        assert (ROOT / page.shown_by).exists()


@pytest.mark.parametrize("code", [code for code in CODES if catalogue()[code].bad])
def test_the_bad_example_yields_the_code_at_its_place(code: str, tmp_path: Path) -> None:
    page = catalogue()[code]
    found = _findings(page.bad, tmp_path, page.environ, page.base, strict=page.require_secrets)
    where = "{name}:{line}:{column}" if len(page.bad) > 1 else "{line}:{column}"
    places = [
        where.format(name=Path(one.span.file).name, line=one.span.line, column=one.span.column)
        for one in found
        if one.code == code
    ]
    assert page.at in places, [str(one) for one in found]
    assert page.severity in [one.severity for one in found if one.code == code]


@pytest.mark.parametrize("code", [code for code in CODES if catalogue()[code].good])
def test_the_good_example_yields_nothing(code: str, tmp_path: Path) -> None:
    page = catalogue()[code]
    strict = page.require_secrets and not page.environ
    found = _findings(page.good, tmp_path, {}, page.base, strict=strict)
    # What is only worth knowing may be said of a short example too, such as that it has no tests; but not what the page is about.
    assert not [str(one) for one in found if one.severity is not Severity.INFO or one.code == code]


def test_codes_and_names_are_found_in_any_spelling() -> None:
    assert catalogue().find("rt203") == "RT203"
    assert catalogue().find("Undefined_Reference") == "RT203"
    assert catalogue().find("RT999") is None


def test_linting_imports_no_page_of_another_pass() -> None:
    program = (
        "import sys; from router.compiler import compile_snapshot; from router.compiler.checks import running_checks; "
        "running_checks(); print([name for name in sys.modules if name.startswith('router.compiler.checks.pages.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_check_module_is_well_formed() -> None:
    for path in [*CHECKS.glob("rt*.py"), *(CHECKS / "pages").glob("rt*.py")]:
        package = "router.compiler.checks" if path.parent == CHECKS else "router.compiler.checks.pages"
        module = import_module(f"{package}.{path.stem}")
        assert path.stem == f"{module.CODE}_{module.NAME}".lower().replace("-", "_")
