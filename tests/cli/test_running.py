"""A running router, a receiver and the commands that talk to them, as real processes on this machine."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from router.cli import main
from tests.cli.processes import Process, running

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

CONFIGURATION = """\
version: 1
event_types:
  order.paid:
    schema: {type: object, required: [id], properties: {total: {type: number, minimum: 0}}}
    examples: [{id: example, total: 1}]
  note: {}
endpoints:
  crm:
    url: RECEIVER/crm
    allow_private: true
    signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}
    retry: {schedule: [100ms, 100ms], outcomes: {"418": dead}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""


class Running(NamedTuple):
    folder: Path
    router: Process
    receiver: Process
    url: str


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("running")
    listen = ["listen", "--listen", "127.0.0.1:0", "--json", "--secret-env", "CRM_KEY", "--fail-first", "1"]
    with running(listen, folder, "receiver", {"CRM_KEY": SECRET}) as receiver:
        configure(folder, receiver.url())
        with running(
            ["run", "--listen", "127.0.0.1:0", "--store", "router.db"], folder, "router", {"CRM_KEY": SECRET}
        ) as process:
            yield Running(folder, process, receiver, process.url())
            assert process.end() == 0, process.stderr
            assert "router stopping" in process.stderr
        assert receiver.end() == 0, receiver.stderr


def configure(folder: Path, receiver: str) -> None:
    (folder / "routes").mkdir(exist_ok=True)
    (folder / "routes" / "a.yaml").write_text(CONFIGURATION.replace("RECEIVER", receiver), encoding="utf-8")


@pytest.fixture
def url(both: Running, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(both.folder)
    monkeypatch.setenv("ROUTER_URL", both.url)
    monkeypatch.delenv("ROUTER_ADMIN_TOKEN", raising=False)
    return both.url


def settled(url: str, id: str, state: str = "delivered") -> dict[str, Any]:
    """Wait until a delivery has a state."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        delivery: dict[str, Any] = httpx.get(f"{url}/api/v1/deliveries/{id}").json()
        if delivery["state"] == state:
            return delivery
        time.sleep(0.02)
    raise AssertionError(f"{id} is not {state}: {delivery}")


def sent(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Send one event; return the id of its delivery."""
    assert main(["send", "--json", *argv]) == 0
    (delivery,) = json.loads(capsys.readouterr().out)["answer"]["deliveries"]
    return str(delivery["id"])


def test_send_shows_what_was_answered(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "--example", "order.paid", "--id", "shown"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "accepted order.paid shown"
    assert second.startswith("  paid → crm  dlv_")


def test_an_event_that_no_route_takes(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "--type", "note", "--data", '"x"', "--id", "n1"]) == 0
    assert capsys.readouterr().out == "accepted note n1: no route took it\n"


def test_refusals_say_why(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "--type", "order.paid", "--data", '{"total": -1}', "--id", "bad"]) == 1
    output = capsys.readouterr().out
    assert output.startswith("refused  order.paid bad: 422 ")
    assert "  /data/total: " in output


def test_many_events(url: str, both: Running, capsys: pytest.CaptureFixture[str]) -> None:
    events = both.folder / "events.jsonl"
    lines = [{"type": "order.paid", "data": {"id": f"m{number}"}} for number in range(5)] + [
        {"type": "gone", "data": {}}
    ]
    events.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    assert main(["send", "--quiet", str(events)]) == 1
    output = capsys.readouterr()
    assert output.out.count("\n") == 1
    assert output.out.startswith("refused  gone ")
    assert output.err == "6 events sent: 5 accepted, 1 refused\n"


def test_deliveries_are_listed_shown_and_sent_again(
    url: str, both: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    id = sent(capsys, "--type", "order.paid", "--data", '{"id": "again"}')
    settled(url, id)
    assert main(["deliveries", "--endpoint", "crm", "--state", "delivered", "--all"]) == 0
    assert f"{id}  delivered  order.paid  paid   crm " in capsys.readouterr().out
    assert main(["deliveries", "show", id]) == 0
    shown = capsys.readouterr().out
    assert "  state:        delivered" in shown
    assert re.search(r"(retry|throttle) +503 ", shown), shown
    assert re.search(r" deliver +200 ", shown)
    assert main(["deliveries", "retry", id]) == 0
    assert capsys.readouterr().out.startswith(f"{id} is ")
    settled(url, id)
    arrivals = [json.loads(line) for line in both.receiver.stdout.splitlines()]
    mine = [arrival for arrival in arrivals if arrival["headers"]["webhook-id"] == id]
    assert [(arrival["attempt"], arrival["status"], arrival["verified"]) for arrival in mine[:2]] == [
        (1, 503, True),
        (2, 200, True),
    ]
    assert all(arrival["body"] == {"id": "again"} for arrival in mine)


def test_deliveries_as_json_through_pages(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    ids = {sent(capsys, "--type", "order.paid", "--data", '{"id": "p"}') for _ in range(3)}
    assert main(["deliveries", "--json", "--all", "--route", "paid"]) == 0
    assert ids <= {json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()}
    assert main(["deliveries", "--limit", "2"]) == 0
    output = capsys.readouterr()
    assert len(output.out.splitlines()) == 3
    assert output.err == "the newest 2; there are more (--all, --limit N)\n"


def test_deliveries_that_are_not_there(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deliveries", "show", "dlv_gone"]) == 1
    assert main(["deliveries", "retry", "../../x"]) in (1, 2)
    assert main(["deliveries", "--endpoint", "nobody"]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("router: dlv_gone: 404 ")
    assert output.err.endswith("no deliveries that match\n")


def test_hang_up_reloads(both: Running, url: str) -> None:
    before = httpx.get(f"{url}/readyz").json()["revision"]
    path = both.folder / "routes" / "a.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    both.router.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 15
    while httpx.get(f"{url}/readyz").json()["revision"] == before:
        assert time.monotonic() < deadline, both.router.stderr
        time.sleep(0.05)


def test_the_admin_token_is_demanded_and_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    token = tmp_path / "token"
    token.write_text("let-me-in\n", encoding="utf-8")
    command = ["run", "--listen", "127.0.0.1:0", "--store", ":memory:", "--admin-token-file", str(token)]
    monkeypatch.delenv("ROUTER_ADMIN_TOKEN", raising=False)
    with running(command, tmp_path, "router", {"CRM_KEY": SECRET}) as process:
        url = process.url()
        assert main(["deliveries", "--url", url]) == 2
        assert "give its admin token by ROUTER_ADMIN_TOKEN or --admin-token-file" in capsys.readouterr().err
        assert main(["deliveries", "--url", url, "--admin-token-file", str(token)]) == 0
        monkeypatch.setenv("ROUTER_ADMIN_TOKEN", "let-me-in")
        assert main(["deliveries", "--url", url]) == 0
        assert process.end(signal.SIGINT) == 0
        assert not list(tmp_path.glob("*.db"))


def test_a_broken_configuration_and_nothing_to_fall_back_to(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    path = tmp_path / "routes" / "a.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("targets: [crm]", "targets: [crn]"), encoding="utf-8")
    with running(["run", "--listen", "127.0.0.1:0"], tmp_path, "router", {"CRM_KEY": SECRET}) as process:
        assert process.process.wait(20) == 2
        assert "error RT203: endpoint `crn` is not defined" in process.stderr
        assert "^^^" in process.stderr
        assert "router: the configuration is broken" in process.stderr


def test_secrets_must_be_set_to_run(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    with running(["run", "--listen", "127.0.0.1:0"], tmp_path, "router", {"CRM_KEY": ""}) as process:
        assert process.process.wait(20) == 2
        assert "RT602" in process.stderr


def test_the_last_good_revision_survives_a_restart(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    command = ["run", "--listen", "127.0.0.1:0", "--store", "router.db"]
    with running(command, tmp_path, "first", {"CRM_KEY": SECRET}) as process:
        revision = httpx.get(process.url() + "/readyz").json()["revision"]
        assert process.end() == 0
    (tmp_path / "routes" / "a.yaml").write_text("version: 1\nroutes: [", encoding="utf-8")
    with running(command, tmp_path, "second", {"CRM_KEY": SECRET}) as process:
        assert httpx.get(process.url() + "/readyz").json()["revision"] == revision
        assert "router runs the last good revision, because the files are broken" in process.stderr
        assert process.end() == 0


def test_an_address_that_is_taken(both: Running, tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    address = both.url.removeprefix("http://")
    with running(["run", "--listen", address], tmp_path, "router", {"CRM_KEY": SECRET}) as process:
        assert process.process.wait(20) == 2
        assert f"router: cannot listen on {address}: " in process.stderr
    with running(["listen", "--listen", address], tmp_path, "listen") as process:
        assert process.process.wait(20) == 2
        assert f"router: cannot listen on {address}: Address already in use" in process.stderr


def test_settings_from_variables(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    environ = {
        "CRM_KEY": SECRET,
        "ROUTER_LISTEN": "127.0.0.1:0",
        "ROUTER_STORE": "kept.db",
        "ROUTER_LOG_LEVEL": "debug",
    }
    with running(["run"], tmp_path, "router", environ) as process:
        process.url()
        assert (tmp_path / "kept.db").exists()
        assert process.end() == 0
    with running(["run"], tmp_path, "router", {**environ, "ROUTER_DRAIN": "soon"}) as process:
        assert process.process.wait(20) == 2
        assert process.stderr.startswith("router: ROUTER_DRAIN: `soon`: write a whole number and a unit")


def test_forged_requests_are_answered_401_and_remembered(tmp_path: Path) -> None:
    command = ["listen", "--listen", "127.0.0.1:0", "--secret", SECRET, "--count", "1", "--color", "never"]
    with running(command, tmp_path, "listen") as process:
        headers = {"webhook-id": "x", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}
        assert httpx.post(process.url() + "/hook", json={"a": 1}, headers=headers).status_code == 401
        assert process.process.wait(20) == 1
        assert "POST /hook → 401  not verified: no entry of webhook-signature matches" in process.stdout


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    with running(["listen", "--listen", "127.0.0.1:0", "--delay", "30s"], tmp_path, "slow") as slow:
        configure(tmp_path, slow.url())
        with running(["run", "--listen", "127.0.0.1:0"], tmp_path, "router", {"CRM_KEY": SECRET}) as process:
            url = process.url()
            assert main(["send", "--to", url, "--type", "order.paid", "--data", '{"id": "slow"}']) == 0
            os.kill(process.process.pid, signal.SIGTERM)
            process.wait_for("router stopping")
            time.sleep(0.2)
            assert process.end() == 130
