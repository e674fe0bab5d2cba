"""`router rule`: the list of codes, and the page of each."""

from __future__ import annotations

import pytest

from router.cli import main
from router.compiler.checks import catalogue


def test_the_list_has_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "--color", "never"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(catalogue())


@pytest.mark.parametrize("word", ["RT203", "rt203", "undefined-reference"])
def test_a_page_by_number_or_name(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", word, "--color", "never"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("RT203 undefined-reference (error)\n")
    assert "Write instead:" in shown
    assert "    targets: [cmr]" in shown.replace("        ", "    ")


def test_every_page_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for code in catalogue():
        assert main(["rule", code]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_an_unknown_code_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "RT20"]) == 2
    assert "there is no code `RT20`" in capsys.readouterr().err
    assert main(["rule", "undefined-referense"]) == 2
    assert "did you mean `undefined-reference`?" in capsys.readouterr().err
