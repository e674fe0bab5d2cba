"""The commands that need no running router, called as the program calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from router.cli import main

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("lint", "test", "run", "send", "listen", "deliveries", "schema", "demo", "version")

GOOD = """\
version: 1
event_types: {order.paid: {schema: {type: object}, examples: [{id: o1}]}}
endpoints: {crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}}
routes: {paid: {events: [order.paid], targets: [crm]}}
tests:
  - {name: paid orders reach the CRM, example: order.paid, expect: [{route: paid, endpoint: crm}]}
"""

BAD = """\
version: 1
event_types: {order.paid: {schema: {type: object}}}
endpoints: {crm-v2: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}}
routes:
  paid:
    events: [order.paid]
    targets: [crm-v3]
"""


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "a.yaml").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "routes"


@pytest.fixture
def bad(good: Path) -> Path:
    (good / "a.yaml").write_text(BAD, encoding="utf-8")
    return good


def test_help_of_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    overview = capsys.readouterr().out
    for command in COMMANDS:
        assert command in overview
        assert main([command, "--help"]) == 0
        text = capsys.readouterr().out
        assert "examples:" in text
        assert "exit codes: 0" in text


def test_wrong_usage_is_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["lintt"]) == 2
    assert main(["lint", "--format", "xml"]) == 2
    assert "router lint: error:" in capsys.readouterr().err


def test_a_clean_configuration(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint"]) == 0
    assert capsys.readouterr().out == "no findings in 1 document\n"


def test_findings(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "routes"]) == 1
    output = capsys.readouterr()
    assert "routes/a.yaml:7:15: error RT203: endpoint `crm-v3` is not defined\n" in output.out
    assert "  7 |     targets: [crm-v3]\n    |               ^^^^^^\n    = help: did you mean `crm-v2`?" in output.out
    assert "1 error" in output.out.splitlines()[-1]
    assert output.err == ""


def test_findings_as_json(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    (error,) = [finding for finding in report["diagnostics"] if finding["severity"] == "error"]
    assert (error["code"], error["file"], error["line"], error["column"], error["end_column"]) == (
        "RT203",
        "routes/a.yaml",
        7,
        15,
        21,
    )
    assert report["summary"]["errors"] == 1
    assert report["summary"]["revision"] is None


def test_a_clean_report_as_json(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["diagnostics"] == []
    assert len(report["summary"]["revision"]) == 16


@pytest.mark.parametrize("command", ["lint", "test"])
def test_nothing_to_read(good: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "nowhere"]) == 2
    assert capsys.readouterr().err == "router: no such file or directory: nowhere\n"
    (good / "a.yaml").unlink()
    assert main([command]) == 2
    assert capsys.readouterr().err.startswith("router: no YAML files in routes: ")
    (good / "b.yaml").symlink_to("gone.yaml")
    assert main([command]) == 2
    assert capsys.readouterr().err == "router: cannot read routes/b.yaml: No such file or directory\n"


def test_one_file(good: Path) -> None:
    assert main(["lint", str(good / "a.yaml")]) == 0


def test_colours_when_asked(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["lint", "--color", "always"])
    assert "\x1b[31;1m^^^^^^\x1b[0m" in capsys.readouterr().out
    main(["lint"])
    assert "\x1b" not in capsys.readouterr().out


def test_route_tests(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test"]) == 0
    assert capsys.readouterr().out == "ok    paid orders reach the CRM\n\n1 test: all passed\n"


def test_a_failing_route_test(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (good / "a.yaml").write_text(
        GOOD.replace("endpoint: crm}]", "endpoint: crm, payload: {id: o2}}]"), encoding="utf-8"
    )
    assert main(["test"]) == 1
    assert capsys.readouterr().out == (
        "FAIL  paid orders reach the CRM (routes/a.yaml:6:12)\n"
        "      `paid` to `crm` is not as expected\n"
        '        /id: expected "o2", got "o1"\n'
        "\n"
        "1 test: 1 failed\n"
    )


def test_tests_of_a_broken_configuration(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "RT203" in output.err
    assert output.err.endswith("router: the configuration is broken, so no test ran\n")


def test_some_tests(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--run", "CRM"]) == 0
    assert main(["test", "--run", "ERP"]) == 2
    assert capsys.readouterr().err == "router: no test has `ERP` in its name\n"


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(
        (ROOT / "schemas/config/v1/config.schema.json").read_bytes()
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    first = capsys.readouterr().out
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith(first)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--data", "{}"], "router: --data is a payload, so say of which event type: --type order.paid\n"),
        (["gone.json"], "router: cannot read gone.json: No such file or directory\n"),
        (["--type", "a", "--data", "{"], "router: --data: not JSON:"),
        (["--example", "order.gone"], "router: --example order.gone: no event type `order.gone` is defined\n"),
        (["--type", "a", "--data", "1", "-a", "x"], "router: --attribute x: write NAME=VALUE\n"),
        (["--type", "a", "--data", "1", "--to", "localhost:80"], "router: `localhost:80` is no URL of a router;"),
        (["--type", "a", "--data", "1", "--to", "http://127.0.0.1:1"], "router: cannot reach http://127.0.0.1:1: "),
    ],
)
def test_what_cannot_be_sent(good: Path, argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", *argv]) == 2
    assert capsys.readouterr().err.startswith(sentence)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--secret-env", "ROUTER_TEST_UNSET"], "router: --secret-env ROUTER_TEST_UNSET: the variable is not set\n"),
        (["--secret", "whsec_%%"], "router: --secret: a signing secret is"),
    ],
)
def test_secrets_that_are_none(argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", *argv]) == 2
    assert capsys.readouterr().err.startswith(sentence)


def test_start_is_quick_because_nothing_is_imported_early() -> None:
    code = "import sys, router.cli.program as p; p.build_parser(); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "yaml",
        "jsonschema",
        "jsonschema_rs",
        "jinja2",
        "httpx",
        "uvicorn",
        "starlette",
        "apsw",
        "asyncio",
        "msgspec",
        "uvloop",
    }
    assert heavy & set(loaded) == set()


def test_a_reader_that_goes_away_is_no_fault(bad: Path) -> None:
    command = f"{sys.executable} -m router lint --format json | head -c 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False, cwd=bad.parent)
    assert done.stderr == b""
