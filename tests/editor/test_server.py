"""`router lsp` as an editor meets it: a process, JSON-RPC over its pipes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.editor.client import Client, session

TYPES = """\
version: 1
event_types:
  order.paid:
    description: A customer paid.
    schema:
      type: object
      required: [total, country]
      properties:
        total: {type: number}
        country: {enum: [DE, FR]}
        customer: {type: object, properties: {name: {type: string}}}
        items: {type: array, items: {type: object, properties: {sku: {type: string}, price: {type: number}}}}
endpoints:
  crm:
    description: The customer database.
    url: https://crm.example.com/hooks
    signing: {secrets: [{env: CRM_KEY}]}
"""
ROUTES = """\
version: 1
routes:
  paid:
    events: [order.paid]
    filter: data.total > `10`
    transform:
      payload: {name: "{{ data.customer.name | default('') }}"}
    targets: [crm]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "types.yaml").write_text(TYPES)
    (tmp_path / "routes" / "sales.yaml").write_text(ROUTES)
    return tmp_path


def _run(folder: Path, steps: Callable[[Client], Awaitable[None]], *arguments: str, **options: Any) -> None:
    async def run() -> None:
        async with session(folder, *arguments, **options) as client:
            await asyncio.wait_for(steps(client), 60)

    asyncio.run(run())


def _range(found: dict[str, Any]) -> tuple[int, int, int, int]:
    start, end = found["range"]["start"], found["range"]["end"]
    return start["line"], start["character"], end["line"], end["character"]


def _errors(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["severity"] == 1]


def test_findings_come_as_one_types_and_go_when_mended(folder: Path) -> None:
    async def steps(client: Client) -> None:
        broken = ROUTES.replace("targets: [crm]", "targets: [crn]")
        uri = await client.open(folder / "routes" / "sales.yaml", broken)
        found = _errors(await client.diagnostics(uri, lambda found: bool(_errors(found))))
        assert [(one["code"], _range(one)) for one in found] == [("RT203", (7, 14, 7, 17))]
        assert "did you mean `crm`" in found[0]["message"]
        assert found[0]["source"] == "router"
        await client.change(uri, ROUTES)
        await client.diagnostics(uri, lambda found: not _errors(found))
        await client.change(uri, ROUTES.replace("routes:", "routes: ["))
        found = await client.diagnostics(uri, lambda found: bool(_errors(found)))
        assert found[0]["code"] == "RT101"
        await client.change(uri, ROUTES)
        await client.diagnostics(uri, lambda found: not _errors(found))

    _run(folder, steps)


def test_findings_of_other_files_are_published_and_cleared(folder: Path) -> None:
    async def steps(client: Client) -> None:
        uri = await client.open(folder / "routes" / "types.yaml", TYPES.replace("  crm:", "  crm2:"))
        other = (folder / "routes" / "sales.yaml").as_uri()
        found = _errors(await client.diagnostics(other, lambda found: bool(_errors(found))))
        assert found[0]["code"] == "RT203"
        assert found[0]["relatedInformation"][0]["location"]["uri"] == uri
        await client.change(uri, TYPES)
        await client.diagnostics(other, lambda found: not _errors(found))
        (folder / "routes" / "sales.yaml").write_text(ROUTES.replace("[crm]", "[nobody]"))
        changes = [{"uri": other, "type": 2}]
        await client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        await client.diagnostics(other, lambda found: bool(_errors(found)))

    _run(folder, steps)


def test_places_count_as_the_editor_counts(folder: Path) -> None:
    text = ROUTES.replace("filter: data.total > `10`", "filter: data.country == '😀' && nope(data.total)")

    async def utf16(client: Client) -> None:
        uri = await client.open(folder / "routes" / "sales.yaml", text)
        found = await client.diagnostics(uri, lambda found: any(one["code"] == "RT306" for one in found))
        assert _range(next(one for one in found if one["code"] == "RT306")) == (4, 36, 4, 40)

    async def utf32(client: Client) -> None:
        uri = await client.open(folder / "routes" / "sales.yaml", text)
        found = await client.diagnostics(uri, lambda found: any(one["code"] == "RT306" for one in found))
        assert _range(next(one for one in found if one["code"] == "RT306")) == (4, 35, 4, 39)

    _run(folder, utf16)
    _run(folder, utf32, encodings=["utf-32"])


def test_completion(folder: Path) -> None:
    async def steps(client: Client) -> None:
        path = folder / "routes" / "sales.yaml"
        uri = await client.open(path)
        await client.diagnostics((folder / "routes" / "sales.yaml").as_uri(), lambda _: True)

        async def at(old: str, new: str) -> list[str]:
            """Complete at the `^` of an edited document."""
            text = ROUTES.replace(old, new)
            before = text[: text.index("^")]
            await client.change(uri, text.replace("^", ""))
            return await client.labels(uri, before.count("\n"), len(before) - before.rfind("\n") - 1)

        assert await at("data.total > `10`", "data.^") == ["total", "country", "customer", "items"]
        assert await at("data.total > `10`", "length(data.items[?pr^") == [*("sku", "price"), *_FUNCTIONS]
        assert await at("data.total > `10`", "data.country == '^") == ["DE", "FR"]
        assert "contains" in await at("data.total > `10`", "con^")
        assert await at("targets: [crm]", "targets: [^") == ["crm"]
        assert "order.paid" in await at("[order.paid]", "[ord^")
        assert await at("{{ data.customer.name | default('') }}", "{{ data.customer.^") == ["name"]
        assert "default" in await at("{{ data.customer.name | default('') }}", "{{ data.customer.name | ^ }}")
        keys = await at("    targets: [crm]\n", "    tar^\n")
        assert "targets" in keys
        assert "filter" not in keys
        assert "unmatched" not in keys
        assert "endpoints" in await at("routes:\n", "en^\nroutes:\n")

    _run(folder, steps)


_FUNCTIONS = tuple(__import__("router.filters.signatures", fromlist=["SIGNATURES"]).SIGNATURES)


def test_hover_definition_references_and_outline(folder: Path) -> None:
    async def steps(client: Client) -> None:
        uri = await client.open(folder / "routes" / "sales.yaml")
        types = (folder / "routes" / "types.yaml").as_uri()
        said = await client.at("textDocument/hover", uri, 7, 15)
        assert "The customer database." in said["contents"]["value"]
        said = await client.at("textDocument/hover", uri, 4, 19)
        assert "`total`" in said["contents"]["value"]
        assert "number" in said["contents"]["value"]
        said = await client.at("textDocument/hover", uri, 6, 42)
        assert "string" in said["contents"]["value"]
        said = await client.at("textDocument/hover", uri, 4, 6)
        assert "JMESPath" in said["contents"]["value"]
        assert await client.at("textDocument/hover", uri, 0, 10) is None
        found = await client.at("textDocument/definition", uri, 3, 16)
        assert [(one["uri"], _range(one)) for one in found] == [(types, (2, 2, 2, 12))]
        await client.open(folder / "routes" / "types.yaml")
        found = await client.at("textDocument/references", types, 13, 3, context={"includeDeclaration": True})
        assert {(one["uri"], one["range"]["start"]["line"]) for one in found} == {(types, 13), (uri, 7)}
        symbols = await client.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
        assert [(one["name"], [inner["name"] for inner in one["children"]]) for one in symbols] == [
            ("routes", ["paid"])
        ]

    _run(folder, steps)


def test_a_fix_is_offered_and_mends(folder: Path) -> None:
    async def steps(client: Client) -> None:
        broken = ROUTES.replace("targets: [crm]", "targets: [crn]")
        uri = await client.open(folder / "routes" / "sales.yaml", broken)
        found = _errors(await client.diagnostics(uri, lambda found: bool(_errors(found))))
        parameters = {"textDocument": {"uri": uri}, "range": found[0]["range"], "context": {"diagnostics": found}}
        made = await client.ask("textDocument/codeAction", parameters)
        edits = [edit for action in made for edit in action["edit"]["changes"][uri]]
        assert [edit["newText"] for edit in edits] == ["crm"]
        assert _range(edits[0]) == (7, 14, 7, 17)

    _run(folder, steps)


def test_files_that_are_no_configuration_are_left_alone(folder: Path) -> None:
    async def steps(client: Client) -> None:
        await client.open(folder / "routes" / "sales.yaml")
        foreign = folder / "compose.yaml"
        foreign.write_text("services: {}\n")
        uri = await client.open(foreign)
        await client.diagnostics((folder / "routes" / "sales.yaml").as_uri(), lambda _: True)
        assert await client.labels(uri, 0, 0) == []
        assert uri not in client.published

    _run(folder, steps, str(folder / "routes"))
