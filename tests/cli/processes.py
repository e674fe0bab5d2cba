"""The `router` command as real processes, for tests that need one that runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_ADDRESS = re.compile(r"http://[^\s,]+")
_START_S = 30


class Process:
    """A command that says on stderr where it listens. `stdout` and `stderr` are files, to be read at any time."""

    def __init__(self, arguments: list[str], folder: Path, name: str, environ: Mapping[str, str] | None = None) -> None:
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ROUTER_")}
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "router", *arguments],
                cwd=folder,
                env={**environment, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def stdout(self) -> str:
        return self._out.read_text(encoding="utf-8")

    @property
    def stderr(self) -> str:
        return self._err.read_text(encoding="utf-8")

    def url(self) -> str:
        """Wait until it says where it listens."""
        return self.wait_for(r"(?:ready|listening) on (http://[^\s,]+)")

    def wait_for(self, pattern: str) -> str:
        """Wait until its stderr matches; returns the first group."""
        ended = threading.Event()
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            found = re.search(pattern, self.stderr)
            if found is not None:
                return found[1] if found.groups() else found[0]
            if self.process.poll() is not None:
                break
            ended.wait(0.02)
        raise AssertionError(f"no {pattern!r} (exit code {self.process.poll()}):\n{self.stderr}")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)


@contextmanager
def running(
    arguments: list[str], folder: Path, name: str, environ: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """Run a command for as long as the block lasts."""
    process = Process(arguments, folder, name, environ)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.process.wait(10)
