"""`python -m benchmarks.lint`: cold processes that lint a thousand typed routes, beside other YAML linters; then ten thousand; then one changed file.

The other linters are looked for on the PATH and in `--peers DIR` (its `bin` and `node_modules/.bin`); absent ones are left out, with a note. All
get the same files in the same run, in turns, so that whatever else the machine does hits all alike. None of them knows the filters and templates.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.lint.generator import write
from router.compiler import compile_snapshot
from router.syntax.memory import Memory
from router.syntax.snapshot import Snapshot

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "config" / "v1" / "config.schema.json"
_RULESET = """\
rules:
  schema:
    given: $
    then: {{function: schema, functionOptions: {{schema: {{$ref: {schema}}}}}}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lint")
    parser.add_argument("--routes", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", type=Path, help="a directory with bin/ or node_modules/.bin of the other linters")
    parser.add_argument("--large", action="store_true", help="ten times as many routes, too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = write(folder, arguments.routes)
        print(f"{arguments.routes:,} routes, {lines:,} lines of YAML, {arguments.rounds} rounds; medians\n")
        print("| cold process | wall s | CPU s | peak MB |\n|---|---|---|---|")
        commands = _commands(folder, arguments.peers)
        for title, row in _measured(commands, folder, arguments.rounds).items():
            print(f"| {title} | {row[0]:.2f} | {row[1]:.2f} | {row[2]:.0f} |")
        _warm(folder, arguments.rounds)
    if arguments.large:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            lines = write(folder, 10 * arguments.routes)
            (title, command), *_ = _commands(folder, None).items()
            row = _measured({title: command}, folder, 1)[title]
            print(f"\n{10 * arguments.routes:,} routes, {lines:,} lines: {row[0]:.1f} s, {row[2]:.0f} MB")


def _commands(folder: Path, peers: Path | None) -> dict[str, Sequence[str]]:
    path = os.pathsep.join(
        [*([str(peers / "bin"), str(peers / "node_modules" / ".bin")] if peers else []), os.environ.get("PATH", "")]
    )
    documents = [str(document) for document in sorted((folder / "routes").iterdir())]
    (folder / ".spectral.yaml").write_text(_RULESET.format(schema=SCHEMA), encoding="utf-8")
    found: dict[str, Sequence[str]] = {
        "router lint": (sys.executable, "-m", "router", "lint", "routes", "--fail-level", "error")
    }
    others = {
        "yamllint": ("-d", "relaxed", "routes"),
        "check-jsonschema": ("--schemafile", str(SCHEMA), *documents),
        "spectral": ("lint", "--ruleset", ".spectral.yaml", *documents),
    }
    for program, rest in others.items():
        place = shutil.which(program, path=path)
        if place is None:
            print(f"({program} is not installed: left out)")
        else:
            found[program] = (place, *rest)
    return found


def _measured(commands: dict[str, Sequence[str]], folder: Path, rounds: int) -> dict[str, tuple[float, float, float]]:
    """Return wall seconds, CPU seconds (medians) and the largest peak of memory in MB."""
    walls: dict[str, list[float]] = {title: [] for title in commands}
    cpus: dict[str, list[float]] = {title: [] for title in commands}
    peaks: dict[str, float] = dict.fromkeys(commands, 0.0)
    environment = {**os.environ, "PYTHONPATH": str(SCHEMA.parents[3])}
    # Bytecode as an installation has it; the first round, which is not counted, writes what is missing.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for round_ in range(rounds + 1):
        for title, command in commands.items():
            begin = time.perf_counter()
            with Path(os.devnull).open("wb") as sink:
                process = subprocess.Popen(command, cwd=folder, stdout=sink, stderr=sink, env=environment)
                _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                raise SystemExit(f"{title} ended with {process.returncode}")
            if round_ == 0:
                continue
            walls[title].append(wall)
            cpus[title].append(usage.ru_utime + usage.ru_stime)
            peaks[title] = max(peaks[title], usage.ru_maxrss / 1024)
    return {
        title: (statistics.median(walls[title]), statistics.median(cpus[title]), peaks[title]) for title in commands
    }


def _warm(folder: Path, rounds: int) -> None:
    """Measure one changed document in a watching process."""
    root, memory = folder / "routes", Memory()
    document = min(root.iterdir())
    compile_snapshot(Snapshot.take(root), memory=memory)
    unchanged, changed = [], []
    for number in range(rounds):
        begin = time.perf_counter()
        compile_snapshot(Snapshot.take(root), memory=memory)
        unchanged.append(time.perf_counter() - begin)
        text = document.read_text(encoding="utf-8")
        document.write_text(text.replace("above 1", f"above {number}1", 1), encoding="utf-8")
        begin = time.perf_counter()
        compile_snapshot(Snapshot.take(root), memory=memory)
        changed.append(time.perf_counter() - begin)
    print(
        f"\nagain in the same process: nothing changed {statistics.median(unchanged) * 1000:.0f} ms, "
        f"one document of {len(list(root.iterdir()))} changed {statistics.median(changed) * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
