"""Nothing a template says takes the process down, holds the loop, or reaches Python."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from router.transforms import RenderError, compile_transform
from router.transforms.limits import STEPS_MAX
from tests.corpora import corpus_lines
from tests.transforms.attacks import ATTACKS, EVENT

_COMPILE_S_MAX = 2.0  # ahead of time only; the worst take 0.3 s on the machine this was written on
_RENDER_S_MAX = 0.5  # the worst take 20 ms there; the rest is for busy machines


def _outcome(payload: Any, content_type: str) -> str:
    started = time.perf_counter()
    transform, problems = compile_transform(payload, content_type=content_type, headers={})
    compiled = time.perf_counter()
    assert compiled - started < _COMPILE_S_MAX
    if transform is None:
        return problems[0].code
    try:
        body = transform.render(EVENT).body
    except RenderError as error:
        return "error" if len(str(error)) < 1000 else "long error"
    finally:
        assert time.perf_counter() - compiled < _RENDER_S_MAX
    return f"{len(body)} bytes"


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_on_resources_ends_at_once(name: str) -> None:
    assert _outcome(ATTACKS[name], "text/plain") in {"error", "RT401", "RT402", "RT404", "RT408", "RT409"}
    assert _outcome({"x": ATTACKS[name]}, "application/json") in {"error", "RT401", "RT402", "RT404", "RT408", "RT409"}


_UNDER_LIMITS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
sys.path.insert(0, sys.argv[1])
from router.transforms import RenderError, compile_transform
from tests.transforms.attacks import ATTACKS, EVENT
resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
for name, template in ATTACKS.items():
    for payload, content_type in ((template, "text/plain"), ({"x": template}, "application/json")):
        transform, problems = compile_transform(payload, content_type=content_type, headers={})
        assert transform is not None or problems, name
        if transform is not None:
            try:
                transform.render(EVENT)
            except RenderError as error:
                assert not isinstance(error.__cause__, MemoryError), name
# Not ru_maxrss: a process that was forked off inherits the peak of the one that runs the tests.
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="address-space limits are Linux's")
def test_all_attacks_together_live_in_little_memory() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _UNDER_LIMITS, str(root)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 200 * 1024


def test_every_escape_known_to_others_is_refused_or_harmless() -> None:
    event = {"id": "e1", "type": "t", "source": "/s", "specversion": "1.0", "data": {"foo": {"a": 1}}}
    harmless = {"16[[5*5]]", "49", "$49", "{$49}"}
    count = 0
    for row in corpus_lines("ssti", "jinja.jsonl"):
        count += 1
        transform, problems = compile_transform(row["template"], content_type="text/plain", headers={})
        if transform is None:
            assert problems
            continue
        try:
            rendered = transform.render(event).value
        except RenderError:
            continue
        assert rendered in harmless, row["template"]
    assert count == 39


@pytest.mark.parametrize(
    "expression",
    ["data.__class__", "data['__class__']", "''.__class__", "[].__len__", "(data | items).__class__", "data['_' ~ '_class__']",
    "data.foo.__init__.__globals__", "(data.foo | first).__class__", "data | map(attribute='__class__')",
    "[data] | map(attribute='__class__') | list", "[data] | selectattr('__class__') | list | first", "[data] | sort(attribute='__class__')",
    "[''] | groupby('__class__.__name__')"],
)  # fmt: skip
def test_attributes_of_python_are_out_of_reach(expression: str) -> None:
    transform, problems = compile_transform(
        {"x": "{{ " + expression + " }}"}, content_type="application/json", headers={}
    )
    assert transform is not None, problems
    with pytest.raises(RenderError):
        transform.render({"data": {"foo": "x"}})


def test_members_with_such_names_are_members() -> None:
    transform, _ = compile_transform("{{ data.__typename }}", content_type="application/json", headers={})
    assert transform is not None
    assert transform.value({"data": {"__typename": "Order"}}) == "Order"


def test_the_budget_is_shared_by_all_leaves_and_headers() -> None:
    loop = "{% for i in data %}{% endfor %}"
    event = {"data": list(range(STEPS_MAX // 2))}
    whole, _ = compile_transform([loop, loop], content_type="application/json", headers={})
    assert whole is not None
    assert whole.value(event) == ["", ""]
    for payload, headers in (([loop] * 3, {}), ([loop, loop], {"X-A": loop}), ([loop], {"X-A": loop, "X-B": loop})):
        transform, _ = compile_transform(payload, content_type="application/json", headers=headers)
        assert transform is not None
        with pytest.raises(RenderError, match="takes more than 100,000 steps"):
            transform.render(event)


def test_the_budget_starts_anew_with_every_render() -> None:
    transform, _ = compile_transform(
        "{% for i in data %}{% endfor %}{{ data | length }}", content_type="text/plain", headers={}
    )
    assert transform is not None
    event = {"data": list(range(STEPS_MAX // 2))}
    for _ in range(5):
        assert transform.render(event).value == str(STEPS_MAX // 2)
