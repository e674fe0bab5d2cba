"""A hundred reloads under load, a third of them broken: nothing lost, no event by two revisions, the broken ones reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.harness import Receiver, RouterProcess, posting

pytestmark = pytest.mark.chaos

_CONFIG = """\
version: 1
event_types:
  order.paid: {{schema: {{type: object, required: [id]}}}}
transforms:
  stamped:
    content_type: application/json
    payload: {{id: "{{{{ data.id }}}}", generation: {generation}}}
endpoints:
  one: {{url: "http://127.0.0.1:{port}/one", allow_private: true}}
  two: {{url: "http://127.0.0.1:{port}/two", allow_private: true}}
routes:
  first:
    events: [order.paid]
    transform: stamped
    targets: [one]
  second:
    events: [order.paid]
    transform: stamped
    targets: [{target}]
"""

_BROKEN = (
    "version: 1\nroutes: [\n",
    "version: 1\nroutes:\n  first:\n    events: [order.paid]\n    targets: [nowhere]\n",
    "version: 7\n",
)


def test_reloads_lose_nothing_and_mix_nothing(tmp_path: Path) -> None:
    """Every event is rendered by exactly one generation of the configuration, for both of its routes."""
    config = tmp_path / "routes"
    config.mkdir()
    file = config / "shop.yaml"
    revisions = set()
    broken = 0
    with Receiver() as receiver:
        file.write_text(_CONFIG.format(port=receiver.port, generation=0, target="two"), encoding="utf-8")
        process = RouterProcess(config, tmp_path / "router.db")
        process.start()
        try:
            with posting(process.port, "reload") as posters:
                for number in range(1, 101):
                    if number % 3 == 0:
                        file.write_text(_BROKEN[(number // 3) % len(_BROKEN)], encoding="utf-8")
                        status, answer = process.post("/-/reload")
                        assert status == 422, answer
                        assert answer["diagnostics"], "a broken configuration must say what is wrong"
                        broken += 1
                    else:
                        text = _CONFIG.format(port=receiver.port, generation=number, target="two")
                        file.write_text(text, encoding="utf-8")
                        status, answer = process.post("/-/reload")
                        assert status == 200, answer
                        revisions.add(answer["revision"])
            process.wait_until_settled()
            assert not process.deliveries("dead")
        finally:
            code = process.stop()
    assert code == 0
    assert broken == 33
    assert len(revisions) == 67
    promised = {key: answer for poster in posters for key, answer in poster.promised.items()}
    assert len(promised) > 100, "the load was too small to mean anything"
    assert not [answer for poster in posters for answer in poster.refused]
    used = set()
    for key, answer in promised.items():
        arrivals = receiver.arrivals[key]
        assert {path for path, _, _ in arrivals} == {"/one", "/two"}
        assert len({body for _, _, body in arrivals}) == 1, "both routes of an event must be of one revision"
        used.add(answer["revision"])
    assert len(used) > 20, "the load must have met many revisions"
