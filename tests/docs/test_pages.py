"""The documentation says what is: diagram, indexes and links are in step with the tree."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

import pytest

import router
from router.cli import main
from router.language.reader import read_configuration
from router.syntax.loader import load
from router.syntax.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def test_generated_parts_are_in_step() -> None:
    stale = [page.name for page, _ in runpy.run_path(str(DOCS / "refresh.py"))["stale"]()]
    assert not stale, "run: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    links = [link.partition("#")[0] for link in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    missing = [link for link in links if link and not (page.parent / link).exists()]
    assert not missing


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [page.name[:4] for page in (DOCS / "decisions").glob("0*.md")]
    assert len(numbers) == len(set(numbers))


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == router.__version__


def test_the_readme_shows_what_lint_says(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(Path(__file__).parent / "mistakes")
    assert main(["lint"]) == 1
    assert f"$ router lint\n{capsys.readouterr().out}```\n" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_s_configuration_is_part_of_the_example() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    tree, found = load("README.md", block.encode())
    assert found == []
    assert tree is not None
    configuration, _ = read_configuration(Snapshot.take(ROOT / "routes"))
    assert tree.value["endpoints"].keys() <= configuration.endpoints.keys()
    for name, written in tree.value["routes"].items():
        assert configuration.routes[name].filter == written.get("filter")
        assert configuration.routes[name].unmatched == written.get("unmatched", False)
    for written in tree.value["tests"]:
        (test,) = [test for test in configuration.tests if test.name == written["name"]]
        assert [(wanted.route, wanted.endpoint) for wanted in test.expect] == [
            (one["route"], one["endpoint"]) for one in written["expect"]
        ]
