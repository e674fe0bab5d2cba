"""The documents about the HTTP interface say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from starlette.routing import Route

from router.delivery.record import Outcome
from router.delivery.state import DeliveryState
from router.errors import EventFault
from router.server.application import Application
from router.server.replies import PROBLEMS
from router.server.settings import ServerSettings
from router.server.verification import ALGORITHMS, SCHEMES
from tests.server.fake_host import FakeHost, plan
from tests.server.http_client import Caller

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")
OPENAPI = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))


def routes() -> dict[str, str]:
    app = Application(FakeHost(plan()), ServerSettings())._operators._app
    found = {}
    for route in app.routes:
        assert isinstance(route, Route)
        found[route.path] = "post" if re.search("/(retry|cancel|hold|resume|reload|rollback)", route.path) else "get"
    return found


def test_openapi_has_every_path_and_method() -> None:
    described = {path: set(item) - {"parameters"} for path, item in OPENAPI["paths"].items()}
    assert described.pop("/events") == {"post", "options"}
    assert described.pop("/in/{name}") == {"post"}
    assert described == {path: {method} for path, method in routes().items()}


def test_the_page_has_every_path() -> None:
    for path in routes():
        last = path.rsplit("/", 1)[1]
        assert f"{path}`" in PAGE or f"/{last}`" in PAGE, path


def test_every_problem_is_in_the_page_with_its_status() -> None:
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", PAGE, re.MULTILINE))
    assert listed == {name: str(status) for name, (status, _) in PROBLEMS.items()}
    assert {fault.value for fault in EventFault} <= PROBLEMS.keys()


def test_bounds_in_the_page_are_the_defaults() -> None:
    settings = ServerSettings()
    for text in (
        f"{settings.body_bytes_max // 2**20} MiB",
        f"{settings.held_bytes_max // 2**20} MiB",
        f"{settings.header_bytes_max // 2**10} KiB",
        f"| {settings.header_timeout_s:g} s |",
        f"| {settings.body_timeout_s:g} s |",
        f"| {settings.idle_timeout_s:g} s |",
        f"| {settings.write_timeout_s:g} s |",
        f"| {settings.connections_max:,},",
    ):
        assert text in PAGE, text


def test_schemes_are_those_of_the_language() -> None:
    schema = json.loads((ROOT / "schemas" / "config" / "v1" / "config.schema.json").read_text(encoding="utf-8"))
    enums = [set(value) for value in _enums(schema)]
    assert set(SCHEMES) in enums
    assert set(ALGORITHMS) in enums
    for scheme in SCHEMES:
        assert f"`{scheme}`" in PAGE


def test_enumerations_in_openapi() -> None:
    schemas = OPENAPI["components"]["schemas"]
    assert schemas["DeliveryState"]["enum"] == [state.value for state in DeliveryState]
    assert schemas["Attempt"]["properties"]["outcome"]["enum"] == [outcome.value for outcome in Outcome]


@pytest.fixture
def call() -> Caller:
    return Caller(FakeHost(plan()))


def conforms(answer: Any, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator({**schema, "components": OPENAPI["components"]}).validate(answer)


def test_answers_conform_to_openapi(call: Caller) -> None:
    accepted = call.post_event()
    key, id = accepted.json()["key"], accepted.json()["deliveries"][0]["id"]
    known = {"{key}": key, "{id}": id, "{name}": "crm", "{revision}": "aaaa"}
    conforms(accepted.json(), {"$ref": "#/components/schemas/Acceptance"})
    for path, method in sorted(routes().items()):
        concrete = re.sub(r"\{\w+\}", lambda found: known[found.group()], path)
        response = call(method.upper(), concrete)
        described = OPENAPI["paths"][path][method]["responses"][str(response.status_code)]
        if "$ref" in described:
            described = OPENAPI["components"]["responses"][described["$ref"].rpartition("/")[2]]
        media_type = response.headers["content-type"].partition(";")[0]
        schema = described["content"][media_type]["schema"]
        conforms(response.text if media_type == "text/plain" else response.json(), schema)


def _enums(value: Any) -> list[list[str]]:
    if isinstance(value, list):
        return [found for one in value for found in _enums(one)]
    if isinstance(value, dict):
        own = [value["enum"]] if isinstance(value.get("enum"), list) else []
        return own + [found for one in value.values() for found in _enums(one)]
    return []
