"""Real processes for crash tests: a router that can be killed, a receiver that remembers everything, a sender that knows what was promised.

All of it talks over ephemeral ports on 127.0.0.1 and is bounded in count and time.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httptools

import router

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """An endpoint in a thread of its own. `arrivals` maps the payload's `id` to every (path, webhook-id, body) that came for it."""

    def __init__(self, *, fail_every: int = 0) -> None:
        self.arrivals: dict[str, list[tuple[str, str, bytes]]] = defaultdict(list)
        self.unverified: list[str] = []
        self._fail_every = fail_every
        self._count = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def __enter__(self) -> Receiver:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _ReceiverConnection(self), "127.0.0.1", 0)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()

    def receive(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Verify and remember one request; return the status to answer."""
        self._count += 1
        try:
            router.verify(SECRET, headers, body)
        except router.SignatureError as error:
            self.unverified.append(str(error))
        if self._fail_every and self._count % self._fail_every == 0:
            return 503
        self.arrivals[json.loads(body)["id"]].append((path, headers["webhook-id"], body))
        return 200


class _ReceiverConnection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._parser = httptools.HttpRequestParser(self)
        self._path, self._headers, self._body = "", {}, b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path, self._headers, self._body = url.decode(), {}, b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        status = self._receiver.receive(self._path, self._headers, self._body)
        self._transport.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())


def free_port() -> int:
    """Return a port that was free a moment ago: the router must come back on the same one after a kill."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RouterProcess:
    """`router run` as a process."""

    def __init__(self, config: Path, store: Path) -> None:
        self.port = free_port()
        self._command = [sys.executable, "-m", "router", "run", str(config), "--store", str(store)]
        self._command += ["--listen", f"127.0.0.1:{self.port}"]
        self._process: subprocess.Popen[bytes] | None = None
        self._log = store.with_suffix(".log")

    def start(self) -> None:
        """Start and wait until it answers as ready."""
        environment = {**os.environ, "CHAOS_SECRET": SECRET}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=environment, stderr=log, stdout=log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"router ended with {self._process.returncode}: {self.log()}")
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"router was not ready within 30 s: {self.log()}")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(40)

    def log(self) -> str:
        """Return what it printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def get(self, path: str) -> tuple[int, Any]:
        """GET a path; returns status and decoded JSON (or text)."""
        return self._request("GET", path)

    def post(self, path: str) -> tuple[int, Any]:
        """POST to an operators' path."""
        return self._request("POST", path)

    def _request(self, method: str, path: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            text = answer.read()
            try:
                return answer.status, json.loads(text)
            except ValueError:
                return answer.status, text.decode()
        finally:
            connection.close()

    def deliveries(self, state: str) -> list[dict[str, Any]]:
        """Return every delivery in a state, through all pages."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            status, page = self.get(f"/api/v1/deliveries?state={state}&limit=500{cursor}")
            assert status == 200, page
            found += page["items"]
            if not page["next"]:
                return found
            cursor = f"&cursor={page['next']}"

    def wait_until_settled(self, seconds: float = 60) -> None:
        """Wait until nothing is pending or being sent."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.deliveries("pending") and not self.deliveries("sending"):
                return
            time.sleep(0.2)
        raise AssertionError(f"deliveries still open after {seconds} s: {self.log()}")


class Poster(threading.Thread):
    """Posts numbered events one after the other and keeps what was answered; a lost connection means: not promised."""

    def __init__(self, port: int, prefix: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port, self._prefix, self._stop_event = port, prefix, stop
        self.promised: dict[str, dict[str, Any]] = {}
        self.refused: list[tuple[int, bytes]] = []

    def run(self) -> None:
        """Post until told to stop, at most 100,000 events."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        for number in range(100_000):
            if self._stop_event.is_set():
                break
            key = f"{self._prefix}-{number}"
            event = {"specversion": "1.0", "type": "order.paid", "source": "/chaos", "id": key}
            event["data"] = {"id": key, "total": number}
            try:
                connection.request(
                    "POST", "/events", json.dumps(event), {"content-type": "application/cloudevents+json"}
                )
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.02)
                continue
            if answer.status == 202:
                self.promised[key] = json.loads(body)
            else:
                self.refused.append((answer.status, body))
        connection.close()


@contextmanager
def posting(port: int, name: str, threads: int = 4) -> Iterator[list[Poster]]:
    """Post from several threads for as long as the block runs."""
    stop = threading.Event()
    posters = [Poster(port, f"{name}-{number}", stop) for number in range(threads)]
    for poster in posters:
        poster.start()
    try:
        yield posters
    finally:
        stop.set()
        for poster in posters:
            poster.join(30)
