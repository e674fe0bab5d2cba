"""Each report format against the schema of those who read it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.analysis.report import Finding, LintReport, Rule, Suppression
from router.analysis.reports import FORMATS, render
from router.analysis.reports.github import command
from router.analysis.reports.sarif import FINGERPRINT
from router.syntax.diagnostic import Diagnostic, Fix, Note, Severity, Span
from tests.analysis.xsd import Schema
from tests.corpora import corpus

HOSTILE = "a <b> & \"c\" 'd' % : , :: ]]> \r\n\t 日本 \x1b[31m \x00 \ufffe \ud800 &#0;"

UNDEFINED = Diagnostic(
    code="RT203",
    severity=Severity.ERROR,
    message="endpoint `crm-v3` is not defined",
    span=Span("routes/sales.yaml", 5, 15, 5, 21),
    help="did you mean `crm-v2`?",
    notes=(
        Note("`crm-v2` is defined here", Span("routes/end points.yaml", 100, 3, 100, 9)),
        Note("a note without place"),
    ),
    fixes=(Fix(Span("routes/sales.yaml", 5, 15, 5, 21), "crm-v2"),),
)
UNUSED = Diagnostic(
    code="RT205",
    severity=Severity.WARNING,
    message=HOSTILE.replace("\ud800", ""),
    span=Span("routes/a%20é.yaml", 3, 1, 9, 1),
)
REMARK = Diagnostic(
    code="RT314", severity=Severity.INFO, message="every event is looked at", span=Span("../x.yaml", 1, 1, 1, 1)
)
ABSOLUTE = Diagnostic(code="RT201", severity=Severity.ERROR, message="m", span=Span("/etc/routes/a b.yaml", 1, 1, 1, 4))
RULE = Rule(
    code="RT203",
    name="undefined-reference",
    summary="A name that nothing defines",
    manual="Reported when.\n\nWrite instead: the name.",
    severity=Severity.ERROR,
)


def report(*findings: Finding, **changes: Any) -> LintReport:
    values: dict[str, Any] = {
        "findings": findings,
        "documents": ("routes/endpoints.yaml", "routes/sales.yaml"),
        "revision": None,
        "fail_level": Severity.WARNING,
        "started_at": datetime(2026, 11, 24, 13, 45, 1, tzinfo=UTC),
        "duration_s": 0.1234,
        "version": "0.1.0",
        "sources": lambda _: None,
        "rules": (RULE,),
    }
    return LintReport(**{**values, **changes})


ALL = report(
    Finding(diagnostic=UNDEFINED, fingerprint="f1"),
    Finding(diagnostic=UNUSED, fingerprint="f2"),
    Finding(diagnostic=REMARK, fingerprint="f3"),
    Finding(diagnostic=ABSOLUTE, fingerprint="f4"),
    Finding(diagnostic=UNUSED, fingerprint="f5", suppression=Suppression("inline", "kept until spring")),
    Finding(diagnostic=UNUSED, fingerprint="f6", suppression=Suppression("baseline")),
)
EMPTY = report()


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    schema = json.loads(corpus("lint-formats", "sarif-2.1.0.schema.json").read_bytes())
    return jsonschema.validators.validator_for(schema)(schema)


@pytest.mark.parametrize("made", [ALL, EMPTY], ids=["findings", "nothing"])
def test_sarif_is_valid(made: LintReport, sarif_schema: Any) -> None:
    log = json.loads(render(made, "sarif"))
    assert [error.message for error in sarif_schema.iter_errors(log)] == []


def test_sarif_says_everything() -> None:
    (run,) = json.loads(render(ALL, "sarif"))["runs"]
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == ["RT203", "RT201", "RT205", "RT314"]
    assert driver["rules"][0]["name"] == "UndefinedReference"
    assert "Write instead: the name." in driver["rules"][0]["help"]["markdown"]
    first = run["results"][0]
    assert (first["ruleId"], first["level"]) == ("RT203", "error")
    assert driver["rules"][first["ruleIndex"]]["id"] == "RT203"
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "routes/sales.yaml"},
        "region": {"startLine": 5, "startColumn": 15, "endLine": 5, "endColumn": 21},
    }
    assert first["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "routes/end%20points.yaml"
    assert first["partialFingerprints"] == {FINGERPRINT: "f1"}
    change = first["fixes"][0]["artifactChanges"][0]
    assert change["replacements"][0]["insertedContent"]["text"] == "crm-v2"
    assert [result.get("suppressions") for result in run["results"]] == [
        None,
        None,
        None,
        None,
        [{"kind": "inSource", "status": "accepted", "justification": "kept until spring"}],
        [{"kind": "external", "status": "accepted"}],
    ]
    assert (
        run["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "routes/a%2520%C3%A9.yaml"
    )
    assert (
        run["results"][3]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        == "file:///etc/routes/a%20b.yaml"
    )
    assert run["columnKind"] == "unicodeCodePoints"


@pytest.mark.parametrize("made", [ALL, EMPTY, report(*ALL.findings, fail_level=Severity.ERROR)])
@pytest.mark.parametrize("schema", ["junit-10.xsd", "junit-windyroad.xsd"])
def test_junit_is_valid(made: LintReport, schema: str) -> None:
    assert Schema(corpus("lint-formats", schema)).problems(render(made, "junit")) == []


@pytest.mark.parametrize("schema", ["junit-10.xsd", "junit-windyroad.xsd"])
def test_junit_is_valid_to_xmllint(schema: str, tmp_path: Path) -> None:
    if shutil.which("xmllint") is None:
        pytest.skip("xmllint is not installed; the test above checks the same schemas")
    (tmp_path / "report.xml").write_text(render(ALL, "junit"), encoding="utf-8")
    command_line = ["xmllint", "--noout", "--schema", str(corpus("lint-formats", schema)), str(tmp_path / "report.xml")]
    done = subprocess.run(command_line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_validator_refuses() -> None:
    schema = Schema(corpus("lint-formats", "junit-windyroad.xsd"))
    good = render(ALL, "junit")
    for find, replace in (
        ("<properties/>", ""),
        ('id="0"', 'id="x"'),
        ('hostname="localhost"', ""),
        ("T13:45:01", "T13:45"),
        ("<testsuites>", '<testsuites name="x">'),
        ("<system-out></system-out>", ""),
    ):
        assert find in good
        assert schema.problems(good.replace(find, replace)), find


def test_junit_counts() -> None:
    root = ET.fromstring(render(ALL, "junit").encode())
    suites = {suite.attrib["name"]: suite for suite in root}
    assert list(suites) == [
        "routes/endpoints.yaml",
        "routes/sales.yaml",
        "routes/a%20é.yaml",
        "../x.yaml",
        "/etc/routes/a b.yaml",
    ]
    assert [case.attrib["name"] for case in suites["routes/endpoints.yaml"].iter("testcase")] == ["no findings"]
    assert suites["routes/sales.yaml"].attrib["failures"] == "1"
    (failure,) = suites["routes/sales.yaml"].iter("failure")
    assert failure.attrib["type"] == "error RT203"
    assert "did you mean `crm-v2`?" in str(failure.text)
    assert suites["../x.yaml"].attrib["skipped"] == "1"  # info is below the fail level


def test_github_commands_as_the_toolkit_writes_them() -> None:
    rows = [
        json.loads(line)
        for line in corpus("lint-formats", "github-workflow-commands.jsonl").read_text("utf-8").splitlines()
    ]
    assert rows
    for row in rows:
        assert command(row["command"], row["properties"], row["message"]) == row["line"]


def test_github() -> None:
    lines = render(ALL, "github").splitlines()
    assert lines[0] == (
        "::error file=routes/sales.yaml,line=5,endLine=5,col=15,endColumn=21,title=RT203 undefined-reference::"
        "endpoint `crm-v3` is not defined%0Adid you mean `crm-v2`?"
        "%0A`crm-v2` is defined here (routes/end points.yaml:100:3)%0Aa note without place"
    )
    assert lines[1].startswith("::warning file=routes/a%2520é.yaml,line=3,endLine=9,title=RT205::a <b> ")
    assert lines[2].startswith("::notice ")
    assert len(lines) == 4


def test_checkstyle() -> None:
    root = ET.fromstring(render(ALL, "checkstyle").encode())
    assert root.tag == "checkstyle"
    first = root[0][0].attrib
    assert root[0].attrib == {"name": "routes/sales.yaml"}
    assert first == {
        "line": "5",
        "column": "15",
        "severity": "error",
        "message": "endpoint `crm-v3` is not defined (did you mean `crm-v2`?)",
        "source": "router.RT203",
    }
    assert {error.attrib["severity"] for error in root.iter("error")} == {"error", "warning", "info"}


def test_gitlab() -> None:
    entries = json.loads(render(ALL, "gitlab"))
    assert [entry["fingerprint"] for entry in entries] == ["f1", "f2", "f3", "f4"]
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert set(entry["location"]) == {"path", "lines"}
        assert entry["location"]["lines"]["begin"] >= 1
    assert entries[0]["check_name"] == "RT203 undefined-reference"


def test_json() -> None:
    content = json.loads(render(ALL, "json"))
    assert [found["fingerprint"] for found in content["diagnostics"]] == ["f1", "f2", "f3", "f4"]
    assert content["diagnostics"][0]["fixes"] == [
        {"file": "routes/sales.yaml", "line": 5, "column": 15, "end_line": 5, "end_column": 21, "replacement": "crm-v2"}
    ]
    assert content["diagnostics"][0]["notes"] == [
        {
            "message": "`crm-v2` is defined here",
            "file": "routes/end points.yaml",
            "line": 100,
            "column": 3,
            "end_line": 100,
            "end_column": 9,
        },
        {"message": "a note without place"},
    ]
    assert [found["suppression"]["kind"] for found in content["suppressed"]] == ["inline", "baseline"]
    assert content["summary"] == {
        "documents": 2,
        "errors": 2,
        "warnings": 1,
        "infos": 1,
        "suppressed": 2,
        "fixable": 1,
        "revision": None,
    }


@given(message=st.text(), name=st.text(min_size=1), help=st.none() | st.text())
def test_no_text_breaks_a_format(message: str, name: str, help: str | None) -> None:
    found = Diagnostic(
        code="RT203",
        severity=Severity.ERROR,
        message=message,
        span=Span(name, 1, 1, 1, 2),
        help=help,
        notes=(Note(message),),
    )
    made = report(Finding(diagnostic=found, fingerprint="f"), documents=(name,))
    for format in FORMATS:
        text = render(made, format)
        assert text.endswith("\n")
        if format in ("json", "sarif", "gitlab"):
            json.loads(text)
        elif format == "github":
            assert re.fullmatch(r"::error [^\r\n]*\n", text)
        else:
            ET.fromstring(text.encode("utf-8", "replace"))
