"""Kill -9 under load: whatever was answered 202 is delivered or dead-lettered after a restart, and nothing is lost."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.chaos.harness import Receiver, RouterProcess, posting

pytestmark = pytest.mark.chaos

_CONFIG = """\
version: 1
event_types:
  order.paid:
    schema: {{type: object, required: [id], properties: {{id: {{type: string}}, total: {{type: integer}}}}}}
endpoints:
  steady:
    url: http://127.0.0.1:{port}/steady
    allow_private: true
    signing: {{scheme: standard-webhooks, secrets: [{{env: CHAOS_SECRET}}]}}
    retry: {{schedule: [100ms, 200ms, 500ms, 1s, 1s, 1s, 1s, 1s]}}
  second:
    url: http://127.0.0.1:{port}/second
    allow_private: true
    signing: {{scheme: standard-webhooks, secrets: [{{env: CHAOS_SECRET}}]}}
    retry: {{schedule: [100ms, 200ms, 500ms, 1s, 1s, 1s, 1s, 1s]}}
routes:
  all-to-steady:
    events: [order.paid]
    targets: [steady]
  even-to-second:
    events: [order.paid]
    filter: ends_with(data.id, '0') || ends_with(data.id, '2')
    targets: [second]
"""


@pytest.mark.parametrize("kills", [12])
def test_every_promised_event_arrives_however_often_the_process_is_killed(tmp_path: Path, kills: int) -> None:
    """Twelve kills at random moments; the receiver fails now and then as well."""
    chance = random.Random(20)
    config = tmp_path / "routes"
    config.mkdir()
    with Receiver(fail_every=17) as receiver:
        (config / "chaos.yaml").write_text(_CONFIG.format(port=receiver.port), encoding="utf-8")
        process = RouterProcess(config, tmp_path / "router.db")
        process.start()
        try:
            with posting(process.port, "kill") as posters:
                for _ in range(kills):
                    time.sleep(chance.uniform(0.05, 0.6))
                    process.kill()
                    process.start()
                time.sleep(0.3)
            process.wait_until_settled()
            dead = {delivery["id"] for delivery in process.deliveries("dead")}
        finally:
            code = process.stop()
    assert code == 0
    promised = {key: answer for poster in posters for key, answer in poster.promised.items()}
    assert len(promised) > 100, "the load was too small to mean anything"
    assert not [answer for poster in posters for answer in poster.refused if answer[0] != 503]
    lost = []
    for key, answer in promised.items():
        arrived = {identity for _, identity, _ in receiver.arrivals[key]}
        lost += [(key, each) for each in answer["deliveries"] if each["id"] not in arrived and each["id"] not in dead]
    assert not lost
    assert not receiver.unverified
    for arrivals in receiver.arrivals.values():
        for path in {path for path, _, _ in arrivals}:
            same = {(identity, body) for each, identity, body in arrivals if each == path}
            assert len(same) == 1, "a repeat must carry the same webhook-id and the same bytes"
