"""Server: the language server itself, requests in and answers out. What the answers say is made in the other modules.

Documents that change are checked a moment after the last keystroke, in a thread, one check at a time; a change meanwhile makes another one
follow. Findings are published for every file of the configuration, with an empty list once more when the last one of a file is gone.
Completion and hover do not wait for a check: they read the text as it is now and the last good state of everything else.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from router.editor.completion import TRIGGERS, complete
from router.editor.hover import hover
from router.editor.navigation import definition, outline, references
from router.editor.positions import Text
from router.editor.publishing import actions, published
from router.editor.scene import Scene
from router.editor.workspace import Checked, Workspace, display_name
from router.syntax.loader import load

__all__ = ["PAUSE_S", "RouterServer", "create_server"]

PAUSE_S = 0.03
"""How long to wait for another keystroke before checking."""

_Question = lsp.CompletionParams | lsp.HoverParams | lsp.DefinitionParams | lsp.ReferenceParams
_LOG = logging.getLogger("router.editor")


class RouterServer(LanguageServer):
    """A language server for one configuration. `root` is its directory; None: the workspace's `routes`, or where the first document is."""

    def __init__(self, root: Path | None, version: str) -> None:
        super().__init__("router", version)
        self.root = root
        self.configuration: Workspace | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_stale = False
        self._published: set[str] = set()
        self._lock = asyncio.Lock()

    # -- documents ------------------------------------------------------------------------------------------------------------------------

    def configuration_of(self, path: Path) -> Workspace | None:
        """Return the configuration if a file is part of it; the first document opened settles which one that is."""
        if self.configuration is None and path.suffix in (".yaml", ".yml"):
            self.configuration = Workspace(
                self._root_of(path), now=lambda: datetime.now(UTC), monotonic_s=time.monotonic
            )
        found = self.configuration
        return found if found is not None and found.contains(path) else None

    def _root_of(self, path: Path) -> Path:
        if self.root is not None:
            return self.root
        for folder in self.workspace.folders.values():
            routes = _path(folder.uri) / "routes"
            if routes in path.parents:
                return routes
        for directory in path.parents:
            if directory.name == "routes":
                return directory
        return path.parent

    def buffers(self) -> dict[Path, str]:
        """Return the texts of all open documents, by absolute path."""
        return {
            _path(uri): document.source
            for uri, document in self.workspace.text_documents.items()
            if uri.startswith("file:")
        }

    def locate(self, name: str) -> tuple[str, Text]:
        """Return the URI and the present text of a file by the name that spans use."""
        path = Path(os.path.normpath(Path.cwd() / name))
        for uri, document in self.workspace.text_documents.items():
            if uri.startswith("file:") and _path(uri) == path:
                return uri, self.text(document.source)
        checked = self.configuration.checked if self.configuration is not None else None
        try:
            data = checked.snapshot.read(name) if checked is not None else b""
        except OSError:
            data = b""
        return path.as_uri(), self.text(data.decode("utf-8", "replace").removeprefix("\ufeff"))

    def text(self, source: str) -> Text:
        """Return a text in the encoding that was agreed upon."""
        return Text(source, self.workspace.position_encoding)

    # -- checking -------------------------------------------------------------------------------------------------------------------------

    def changed(self, uri: str, *, on_disk: bool = False) -> None:
        """Take note of a change: a check follows."""
        if self.configuration_of(_path(uri)) is None and self.configuration is None:
            return
        if on_disk and self.configuration is not None:
            self.configuration.forget_disk()
        self._is_stale = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._check())

    async def _check(self) -> None:
        await asyncio.sleep(PAUSE_S)
        while self._is_stale:
            checked = await self.check()
            if checked is not None:
                self._publish(checked)

    async def check(self) -> Checked | None:
        """Check the configuration as it is now; None when there is none or it cannot be read."""
        async with self._lock:
            self._is_stale = False
            if self.configuration is None:
                return None
            is_first = self.configuration.checked is None
            try:
                checked = await asyncio.to_thread(self.configuration.check, self.buffers())
            except OSError as error:
                _LOG.warning("the configuration cannot be read: %s", error)
                return None
            if is_first:
                # What the first check made is kept for the whole session. Going through it again every few keystrokes, in search of
                # cycles, took 200 ms at 1,000 routes.
                gc.freeze()
            return checked

    def _publish(self, checked: Checked) -> None:
        located: dict[str, tuple[str, Text]] = {}

        def locate(name: str) -> tuple[str, Text]:
            if name not in located:
                located[name] = self.locate(name)
            return located[name]

        now = set()
        for name, found in checked.findings.items():
            uri, _ = locate(name)
            now.add(uri)
            self._send(uri, [published(one, locate) for one in found])
        for uri in self._published - now:
            self._send(uri, [])
        self._published = now

    def _send(self, uri: str, found: list[lsp.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri=uri, diagnostics=found))

    async def scene(self, at: _Question) -> Scene | None:
        """Return a question's scene; None for documents that are not part of the configuration."""
        uri = at.text_document.uri
        path = _path(uri)
        configuration = self.configuration_of(path)
        if configuration is None:
            return None
        checked = configuration.checked or await self.check()
        if checked is None:
            return None
        text = self.text(self.workspace.get_text_document(uri).source)
        return Scene(display_name(path), text, at.position, checked)


def create_server(root: Path | None = None, *, version: str) -> RouterServer:
    """Return a server ready to be started with `start_io`."""
    server = RouterServer(root, version)
    _register_documents(server)
    _register_questions(server)
    return server


def _register_documents(server: RouterServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(params: lsp.DidSaveTextDocumentParams) -> None:
        server.changed(params.text_document.uri, on_disk=True)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        server.changed(params.text_document.uri, on_disk=True)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            server.changed(change.uri, on_disk=True)

    @server.feature(lsp.INITIALIZED)
    async def initialized(_: lsp.InitializedParams) -> None:
        await _watch(server)


async def _watch(server: RouterServer) -> None:
    """Ask the editor to tell of changes on the disk, where it can."""
    capabilities: Any = server.client_capabilities.workspace
    watching = getattr(capabilities, "did_change_watched_files", None)
    if watching is None or not watching.dynamic_registration:
        return
    watchers = [lsp.FileSystemWatcher(glob_pattern=f"**/*.{suffix}") for suffix in ("yaml", "yml", "json")]
    registration = lsp.Registration(
        id="router-files",
        method=lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        register_options=lsp.DidChangeWatchedFilesRegistrationOptions(watchers=watchers),
    )
    await server.client_register_capability_async(lsp.RegistrationParams(registrations=[registration]))


def _register_questions(server: RouterServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=TRIGGERS))
    async def on_completion(params: lsp.CompletionParams) -> lsp.CompletionList:
        scene = await server.scene(params)
        return lsp.CompletionList(is_incomplete=False, items=[] if scene is None else complete(scene))

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def on_hover(params: lsp.HoverParams) -> lsp.Hover | None:
        scene = await server.scene(params)
        return None if scene is None else hover(scene)

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def on_definition(params: lsp.DefinitionParams) -> list[lsp.Location]:
        scene = await server.scene(params)
        return [] if scene is None else definition(scene, server.locate)

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    async def on_references(params: lsp.ReferenceParams) -> list[lsp.Location]:
        scene = await server.scene(params)
        wanted = params.context.include_declaration
        return [] if scene is None else references(scene, server.locate, with_definition=wanted)

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def on_symbols(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        uri = params.text_document.uri
        if server.configuration_of(_path(uri)) is None:
            return []
        source = server.workspace.get_text_document(uri).source
        tree, _ = load(display_name(_path(uri)), source.encode("utf-8", "surrogatepass"))
        return [] if tree is None else outline(tree, server.text(source))

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])
    )
    async def on_actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        path = _path(params.text_document.uri)
        if server.configuration_of(path) is None:
            return []
        checked = await server.check()  # edits need the places of the text as it is now
        found = checked.findings.get(display_name(path), ()) if checked is not None else ()
        return actions(found, params.range, server.locate)


def _path(uri: str) -> Path:
    """Return the file that a `file:` URI names."""
    path = unquote(urlsplit(uri).path)
    if len(path) > 2 and path[0] == "/" and path[2] == ":":  # /C:/routes, as editors on Windows write it
        path = path[1:]
    return Path(os.path.normpath(path))
