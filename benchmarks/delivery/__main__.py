"""Durable deliveries per second and processor time per delivery, one process against a loopback sink, the naive way beside it.

    python -m benchmarks.delivery [--quick] [--routes 1000] [--events 30000] [--connections 64] [--rounds 3]

The program under test runs on one core, the load tool and sink on another. Every round starts fresh processes and databases; the two
sides alternate; medians are printed. The figure is deliveries that arrived divided by the time from the first event to the last arrival.

`--rate 2500` offers events at that pace instead, for latencies below saturation. `--parked 100000` puts as many deliveries for an endpoint that
never answers into the store first: what the healthy one gets beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from benchmarks.delivery.load import BlackHole, Report, Sink, run_load
from benchmarks.delivery.parked import park

_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_FILLER = "x" * 700


def _configuration(folder: Path, port: int, routes: int, hole_port: int | None = None) -> Path:
    schema = {
        "type": "object",
        "required": ["id", "tenant", "total", "country", "note"],
        "properties": {
            "id": {"type": "string"},
            "tenant": {"type": "string"},
            "total": {"type": "number"},
            "country": {"enum": ["DE", "FR", "US"]},
            "note": {"type": "string"},
        },
    }
    document = {
        "version": 1,
        "event_types": {"order.paid": {"schema": schema}},
        "transforms": {
            "order": {
                "content_type": "application/json",
                "payload": {
                    "id": "{{ data.id }}",
                    "total": "{{ data.total }}",
                    "country": "{{ data.country }}",
                    "note": "{{ data.note }}",
                    "text": "Order {{ data.id }} was paid by {{ data.tenant }}",
                },
            }
        },
        "endpoints": {
            "sink": {
                "url": f"http://127.0.0.1:{port}/hook",
                "allow_private": True,
                "signing": {"scheme": "standard-webhooks", "secrets": [{"env": "BENCH_SECRET"}]},
                "limits": {"concurrency": 64},
            }
        },
        "routes": {
            f"tenant-{number}": {
                "events": ["order.paid"],
                "filter": f"data.tenant == 't{number}' && data.total > `10`",
                "transform": "order",
                "targets": ["sink"],
            }
            for number in range(routes)
        },
    }
    if hole_port is not None:
        document["endpoints"]["hole"] = {  # type: ignore[index]
            "url": f"http://127.0.0.1:{hole_port}/hook",
            "allow_private": True,
            "limits": {"concurrency": 64},
        }
    config = folder / "routes"
    config.mkdir()
    # JSON is YAML, and quick to write.
    (config / "bench.yaml").write_text(json.dumps(document, indent=1), encoding="utf-8")
    return config


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"the program under test ended with {process.returncode}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise SystemExit("the program under test did not start within 60 s")


async def _round(kind: str, options: argparse.Namespace, events: int) -> tuple[Report, float]:
    routes, parked = options.routes, options.parked if kind == "router" else 0
    sink, hole = Sink(), BlackHole()
    sink_port = await sink.start()
    hole_port = await hole.start() if parked else None
    port = _free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = _configuration(folder, sink_port, routes, hole_port)
        if parked:
            await park(folder / "router.db", "hole", parked)
        if kind == "router":
            command = [sys.executable, "-m", "router", "run", str(config), "--listen", f"127.0.0.1:{port}"]
            command += ["--store", str(folder / "router.db")]
        else:
            command = [sys.executable, "-m", "benchmarks.delivery.naive", str(config / "bench.yaml")]
            command += [str(folder / "naive.db"), str(port)]
        environment = {**os.environ, "BENCH_SECRET": _SECRET}
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            os.sched_setaffinity(process.pid, {0})
            await _wait_for(port, process)
            await asyncio.sleep(0.5)

            def make(number: int) -> tuple[bytes, bytes]:
                key = f"e{number}"
                tenant = number % routes
                body = f'{{"id":"{key}","tenant":"t{tenant}","total":99.5,"country":"DE","note":"{_FILLER}"}}'
                return key.encode(), body.encode()

            before = _processor_s(process.pid)
            rate_per_s = options.rate if kind == "router" else None
            report = await run_load(
                port, "/events", make, sink, events=events, connections=options.connections, rate_per_s=rate_per_s
            )
            return report, _processor_s(process.pid) - before
        finally:
            process.terminate()
            process.wait(timeout=30)


def main() -> None:
    """Run the rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--routes", type=int, default=1000)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["router", "naive"])
    parser.add_argument(
        "--rate", type=float, help="events a second offered to the router, instead of as many as it takes"
    )
    parser.add_argument("--parked", type=int, default=0, help="deliveries that wait for an endpoint that never answers")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.events = 1, 10_000
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {1})
    rows: dict[str, list[tuple[float, ...]]] = {}
    for _ in range(options.rounds):
        for kind in ("router", "naive"):
            if options.only not in (None, kind):
                continue
            # The naive way is slower by orders of magnitude: fewer events keep its round as long as ours.
            events = options.events if kind == "router" else max(200, options.events // 100)
            report, processor_s = uvloop.run(_round(kind, options, events))
            delivered = len(report.delivered_s)
            rows.setdefault(kind, []).append(
                (
                    delivered / report.elapsed_s,
                    1e6 * processor_s / max(1, delivered),
                    report.quantile_ms(report.accept_s, 0.5),
                    report.quantile_ms(report.accept_s, 0.99),
                    report.quantile_ms(report.delivered_s, 0.5),
                    report.quantile_ms(report.delivered_s, 0.99),
                )
            )
            print(
                f"  {time.strftime('%H:%M:%S')} {kind}: accepted {report.accepted}, refused {report.refused}, delivered "
                f"{delivered} in {report.elapsed_s:.2f} s",
                file=sys.stderr,
            )
    print(f"{options.routes} routes, {options.connections} connections, medians of {options.rounds}")
    print(
        f"{'':8} {'deliveries/s':>13} {'CPU us each':>12} {'accept p50':>11} {'p99 ms':>7} {'delivered p50':>14} {'p99 ms':>7}"
    )
    for kind, results in rows.items():
        rate, cpu_us, *times_ms = [statistics.median(column) for column in zip(*results, strict=True)]
        accept_50, accept_99, delivered_50, delivered_99 = times_ms
        print(
            f"{kind:8} {rate:13.0f} {cpu_us:12.0f} {accept_50:11.1f} {accept_99:7.1f} {delivered_50:14.1f} {delivered_99:7.1f}"
        )


if __name__ == "__main__":
    main()
