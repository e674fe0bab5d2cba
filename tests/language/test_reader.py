"""Reading a configuration: models, units, defaults, merging, and what is left when something is wrong."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.language.documents import (
    DEFAULT_RETRY_S,
    Auth,
    Batch,
    Configuration,
    Endpoint,
    OnInvalid,
    Order,
    SecretRef,
    Target,
    Timeout,
    Tls,
    Transform,
    Url,
)
from router.language.reader import read_configuration
from router.syntax.diagnostic import Diagnostic
from router.syntax.snapshot import Snapshot

_GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def _read(root: Path, environ: dict[str, str] | None = None) -> tuple[Configuration, list[Diagnostic]]:
    return read_configuration(Snapshot.take(root, environ=environ or {}))


def _write(root: Path, **documents: str) -> Path:
    for name, text in documents.items():
        (root / f"{name}.yaml").write_text(f"version: 1\n{text}", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def reference() -> Configuration:
    configuration, findings = _read(
        _GOLDEN / "ok" / "reference.yaml", {"HOST": "crm.example.com", "EIGHT": "8", "AUDIT_ENABLED": ""}
    )
    assert findings == []
    return configuration


def test_an_endpoint(reference: Configuration) -> None:
    folder = str(_GOLDEN / "ok")
    crm = reference.endpoints["crm"]
    assert crm.urls == (Url(url="https://crm.example.com/hooks"),)
    assert crm.auth == Auth(bearer=SecretRef(env="CRM_TOKEN"))
    assert crm.signing is not None
    assert crm.signing.secrets == (SecretRef(env="CRM_KEY"), SecretRef(env="CRM_KEY_OLD"))
    assert crm.timeout == Timeout(connect_s=0.5, total_s=15)
    assert crm.retry.schedule_s == DEFAULT_RETRY_S
    assert crm.retry.outcomes == {"404": "dead", "409": "deliver", "5xx": "retry", "4xx": "throttle", "410": "disable"}
    assert (crm.limits.concurrency, crm.limits.rate_per_s) == (None, 50)
    assert crm.order == Order(by="data.customer_id", on_failure="block")
    assert crm.batch == Batch(max_events=100, max_wait_s=2)
    assert crm.tls is not None
    assert [Path(crm.tls.cert or "").name, Path(crm.tls.ca or "").name] == ["client.pem", "ca.pem"]
    assert crm.tls.key is not None
    assert Path(crm.tls.key.file or "").resolve() == Path(folder, "client.key")


def test_defaults_and_variables(reference: Configuration) -> None:
    audit = reference.endpoints["audit"]
    assert audit.urls == (
        Url(url="https://a.example.com/hooks", weight=3),
        Url(url="https://b.example.com/hooks", priority=1),
    )
    assert audit.timeout == Timeout(connect_s=5, total_s=10)
    assert audit.owner == "team-platform"
    assert audit.limits.concurrency == 8
    assert audit.limits.rate_per_s == pytest.approx(1000 / 3600)
    assert audit.retry.schedule_s == ()
    assert (audit.allow_private, audit.enabled) == (True, False)
    assert audit.signing is not None
    assert reference.endpoints["ops-alerts"].limits.concurrency == 4


def test_sources(reference: Configuration) -> None:
    assert reference.sources["github"].path == "/in/github"
    assert reference.sources["stripe"].path == "/in/stripe"
    assert reference.sources["stripe"].verify.tolerance_s == 600
    assert reference.sources["stripe"].verify.secrets == (SecretRef(env="STRIPE_NEW"), SecretRef(env="STRIPE_OLD"))
    own = reference.sources["own"].verify
    assert (own.header, own.algorithm, own.encoding, own.prefix) == ("X-Signature", "sha512", "base64", "sha512=")
    assert reference.sources["slack"].verify.secrets == (SecretRef(file="/run/secrets/slack"),)


def test_event_types(reference: Configuration) -> None:
    paid = reference.event_types["order.paid"]
    assert paid.schema == "../schemas/events/order.paid.json"
    assert paid.on_invalid is OnInvalid.QUARANTINE
    assert list(paid.versions) == ["2", "1"]
    assert paid.examples[1]["note"] == "costs ${HOST}, literally"


def test_transforms_and_routes(reference: Configuration) -> None:
    assert reference.transforms["slack-text"].content_type == "text/plain; charset=utf-8"
    route = reference.routes["paid-eu-to-crm"]
    assert route.targets == (Target(endpoint="crm"), Target(endpoint="audit", transform="slack-text"))
    everything = reference.routes["everything"]
    assert everything.transform == Transform(name=None, payload="{{ id }}", content_type="text/plain")
    assert everything.targets[0].transform == Transform(
        name=None, payload={"id": "{{ id }}"}, content_type="application/json"
    )
    assert not everything.enabled
    assert reference.routes["rest"].unmatched


def test_tests(reference: Configuration) -> None:
    first, second, third = reference.tests
    assert first.event is not None
    assert first.expect[0].payload == {"id": "o1", "price": "$2000"}
    assert first.expect[1].payload is msgspec.UNSET
    assert (second.example, second.expect) == ("order.paid#0", ())
    assert third.file == "events/paid.json"


def test_every_definition_has_its_origin(reference: Configuration) -> None:
    for section in ("sources", "event_types", "transforms", "endpoints", "routes"):
        for name in getattr(reference, section):
            origin = reference.origin[section, name]
            assert origin.path == (section, name)
            assert origin.path in origin.tree.places
    assert [reference.origin["tests", n].path for n in range(3)] == [("tests", 0), ("tests", 1), ("tests", 2)]


def test_documents_are_merged_by_name() -> None:
    configuration, findings = _read(_GOLDEN / "ok" / "several-documents")
    assert findings == []
    assert configuration.endpoints["crm"].timeout == Timeout(connect_s=3, total_s=9)
    assert list(configuration.routes) == ["paid"]
    assert len(configuration.trees) == 2


def test_what_is_valid_is_there_although_other_things_are_not(tmp_path: Path) -> None:
    _write(
        tmp_path,
        a="endpoints:\n  good: {url: https://a.example.com}\n  bad: {ulr: https://a.example.com}\nzzz: 1\nroutes: []\ntests:\n  - {}\n  - {name: x, example: a, expect: []}\n",
        b="endpoints:\n  good: {url: https://b.example.com}\n  other: {url: https://c.example.com, description: '${UNSET}'}\n  fine: {url: https://d.example.com}\n",
    )
    (tmp_path / "c.yaml").write_text("version: [\n")
    (tmp_path / "d.yaml").write_text("services: {}\n")
    configuration, findings = _read(tmp_path)
    assert list(configuration.endpoints) == ["good", "fine"]
    assert configuration.endpoints["good"].urls[0].url == "https://a.example.com"
    assert [test.name for test in configuration.tests] == ["x"]
    assert configuration.origin["tests", 0].path == ("tests", 1)
    assert ("endpoints", "bad") in configuration.origin
    assert [d.code for d in findings if d.span.file.endswith("a.yaml")] == ["RT202"] * 2 + ["RT201"] * 4
    assert [d.code for d in findings if not d.span.file.endswith("a.yaml")] == ["RT204", "RT607", "RT101", "RT801"]


def test_a_filter_that_could_not_be_read_never_becomes_no_filter(tmp_path: Path) -> None:
    _write(
        tmp_path,
        a="routes:\n  paid: {events: [a], filter: !data.vip , targets: [crm]}\n  other: {events: [a], filter: *x, targets: [crm]}\n",
    )
    configuration, findings = _read(tmp_path)
    assert [d.code for d in findings] == ["RT105", "RT101"]
    assert configuration.routes == {}


def test_secret_files_of_defaults_are_relative_to_their_own_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team").mkdir()
    _write(tmp_path, a="defaults: {endpoint: {auth: {bearer: {file: secrets/token}}, tls: {ca: ca.pem}}}\n")
    _write(
        tmp_path / "team", b="endpoints:\n  crm: {url: https://a.example.com, signing: {secrets: [{file: ../key}]}}\n"
    )
    configuration, findings = _read(Path())
    assert findings == []
    crm = configuration.endpoints["crm"]
    assert crm.auth == Auth(bearer=SecretRef(file="secrets/token"))
    assert crm.tls == Tls(ca="ca.pem")
    assert crm.signing is not None
    assert crm.signing.secrets == (SecretRef(file="key"),)


def test_auth_of_an_endpoint_replaces_the_default(tmp_path: Path) -> None:
    _write(
        tmp_path,
        a="defaults: {endpoint: {auth: {bearer: {env: A}}, retry: {schedule: [1s, 2s], outcomes: {404: dead}}}}\n"
        "endpoints:\n  own: {url: https://a.example.com, auth: {basic: {username: u, password: {env: B}}}, retry: {schedule: [3s], outcomes: {409: deliver}}}\n"
        "  plain: {url: https://a.example.com}\n",
    )
    configuration, findings = _read(tmp_path)
    assert findings == []
    own: Endpoint = configuration.endpoints["own"]
    assert own.auth == Auth(basic_username="u", basic_password=SecretRef(env="B"))
    assert own.retry.schedule_s == (3,)
    assert own.retry.outcomes == {"404": "dead", "409": "deliver"}
    assert configuration.endpoints["plain"].auth == Auth(bearer=SecretRef(env="A"))


def test_variables_become_numbers_and_booleans_only_where_those_belong(tmp_path: Path) -> None:
    _write(
        tmp_path,
        a="endpoints:\n  a:\n    url: https://a.example.com\n    description: ${N}\n    limits: {concurrency: '${N}'}\n    allow_private: ${YES}\n"
        "    urls_: 1\n  b: {url: https://b.example.com, limits: {concurrency: '${N}x'}}\n".replace(
            "    urls_: 1\n", ""
        ),
    )
    configuration, findings = _read(tmp_path, {"N": "8", "YES": "true"})
    assert [(d.code, "8x" in d.message) for d in findings] == [("RT201", False)]
    endpoint = configuration.endpoints["a"]
    assert (endpoint.description, endpoint.limits.concurrency, endpoint.allow_private) == ("8", 8, True)


def test_a_value_from_the_environment_is_never_shown(tmp_path: Path) -> None:
    _write(tmp_path, a="endpoints:\n  a: {url: '${TOKEN}', timeout: {total: '${NUMBER}'}}\n")
    _, findings = _read(tmp_path, {"TOKEN": "hunter2", "NUMBER": "4711"})
    assert len(findings) == 2
    assert not any("hunter2" in f"{d.message}{d.help}" or "4711" in f"{d.message}{d.help}" for d in findings)


def test_an_empty_directory_is_not_a_configuration(tmp_path: Path) -> None:
    configuration, findings = _read(tmp_path)
    assert configuration.routes == {}
    assert [d.code for d in findings] == ["RT801"]


def test_a_document_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("nowhere")
    _, [finding] = _read(tmp_path)
    assert finding.code == "RT101"
    assert "No such file" in finding.message


def test_the_environment_asked_for_is_part_of_the_revision(tmp_path: Path) -> None:
    _write(tmp_path, a="endpoints:\n  a: {url: 'https://${HOST:-x}/'}\n")
    digests = []
    for environ in ({}, {"HOST": "a"}, {"OTHER": "a"}):
        snapshot = Snapshot.take(tmp_path, environ=environ)
        read_configuration(snapshot)
        digests.append(snapshot.digest())
    assert digests[0] == digests[2] != digests[1]


def test_the_projects_own_example_reads() -> None:
    configuration, findings = _read(Path(__file__).resolve().parents[2] / "routes")
    assert [str(d) for d in findings if d.severity == "error"] == []
    assert configuration.routes


_LINES = (_GOLDEN / "ok" / "reference.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
_SCRAPS = [
    "",
    "x",
    ": ",
    "[",
    "}",
    "null",
    "5",
    "{}",
    "[]",
    "'",
    "${HOST}",
    "${UNSET}",
    "!x ",
    "&a ",
    "*a",
    "- ",
    "  ",
    "true",
    "\n",
]


@settings(max_examples=300)
@given(st.data())
def test_no_mutilation_of_a_configuration_crashes_the_reader(data: st.DataObject) -> None:
    lines = list(_LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        column = data.draw(st.integers(0, len(line)))
        width = data.draw(st.integers(0, 12))
        lines[at] = line[:column] + data.draw(st.sampled_from(_SCRAPS)) + line[column + width :]
    text = "".join(lines)
    with TemporaryDirectory() as folder:
        document = Path(folder, "a.yaml")
        document.write_text(text, encoding="utf-8")
        configuration, findings = _read(document, {"HOST": "crm.example.com", "EIGHT": "8"})
    shown = text.splitlines()
    for finding in findings:
        assert 1 <= finding.span.line <= len(shown)
        assert 1 <= finding.span.column <= len(shown[finding.span.line - 1]) + 1
    for section in ("sources", "event_types", "transforms", "endpoints", "routes"):
        assert all((section, name) in configuration.origin for name in getattr(configuration, section))
