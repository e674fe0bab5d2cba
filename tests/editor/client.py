"""A language client of our own: starts `router lsp` and speaks JSON-RPC over its pipes, with a deadline on every wait."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

DEADLINE_S = 20.0


def _content(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class Client:
    """One session. `published` has the latest diagnostics of each URI."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.published: dict[str, list[dict[str, Any]]] = {}
        self.versions: dict[str, int] = {}
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._news = asyncio.Condition()

    async def read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            length = 0
            while line.strip():
                name, _, value = line.decode().partition(":")
                if name.lower() == "content-length":
                    length = int(value)
                line = await self.process.stdout.readline()
            await self._take(json.loads(await self.process.stdout.readexactly(length)))

    async def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            future = self._answers.pop(message["id"])
            if "error" in message:
                future.set_exception(RuntimeError(str(message["error"])))
            else:
                future.set_result(message.get("result"))
        elif "id" in message:
            await self._send({"id": message["id"], "result": None})
        elif message["method"] == "textDocument/publishDiagnostics":
            async with self._news:
                self.published[message["params"]["uri"]] = message["params"]["diagnostics"]
                self._news.notify_all()

    async def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await self.process.stdin.drain()

    async def notify(self, method: str, params: Any) -> None:
        await self._send({"method": method, "params": params})

    async def ask(self, method: str, params: Any) -> Any:
        self._number += 1
        number = self._number
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._send({"id": number, "method": method, "params": params})
        return await asyncio.wait_for(self._answers[number], DEADLINE_S)

    async def diagnostics(self, uri: str, wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Wait until what is published for a file is as wanted."""

        def is_there() -> bool:
            return uri in self.published and wanted(self.published[uri])

        async with self._news:
            await asyncio.wait_for(self._news.wait_for(is_there), DEADLINE_S)
        return self.published[uri]

    async def open(self, path: Path, text: str | None = None) -> str:
        uri = path.as_uri()
        self.versions[uri] = 1
        item = {"uri": uri, "languageId": "yaml", "version": 1, "text": _content(path) if text is None else text}
        await self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    async def change(self, uri: str, text: str) -> None:
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        await self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    async def at(self, method: str, uri: str, line: int, character: int, **more: Any) -> Any:
        position = {"line": line, "character": character}
        return await self.ask(method, {"textDocument": {"uri": uri}, "position": position, **more})

    async def labels(self, uri: str, line: int, character: int) -> list[str]:
        answer = await self.at("textDocument/completion", uri, line, character)
        return [item["label"] for item in answer["items"]]


@asynccontextmanager
async def session(folder: Path, *arguments: str, encodings: list[str] | None = None) -> AsyncIterator[Client]:
    """Start the server in a folder, initialise it, and end it as an editor does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "router", "lsp", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=folder, limit=1 << 24,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    client = Client(process)
    reading = asyncio.create_task(client.read())
    try:
        general = {"positionEncodings": encodings} if encodings else {}
        parameters = {"processId": None, "rootUri": folder.as_uri(), "capabilities": {"general": general}}
        await client.ask("initialize", {**parameters, "workspaceFolders": [{"uri": folder.as_uri(), "name": "test"}]})
        await client.notify("initialized", {})
        yield client
        await client.ask("shutdown", None)
        await client.notify("exit", None)
        assert await asyncio.wait_for(process.wait(), DEADLINE_S) == 0
    finally:
        reading.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
