"""Templates that ask for more time or memory than anyone has, and the event they are rendered with.

The list follows the ways in which a stock Jinja sandbox was brought down when this room was designed: repetition, formatting, padding, nested
loops, doubling, and filters that make much of little.
"""

from __future__ import annotations

from typing import Any

EVENT: dict[str, Any] = {
    "id": "e1",
    "type": "t",
    "source": "/s",
    "specversion": "1.0",
    "data": {
        "n": 10**9,
        "s": "ab" * 500,
        "big": "x" * 400_000,
        "long": list(range(2000)),
        "words": ["word " * 20] * 500,
        "deep": {"a": {"b": {"c": list(range(1000))}}},
        "map": {f"k{index}": index for index in range(2000)},
        "twins": [[list(range(300))] * 100, [list(range(300))] * 100],
    },
}


def _nest(depth: int, body: str) -> str:
    opened = "".join(f"{{% for v{level} in data.long %}}" for level in range(depth))
    return opened + body + "{% endfor %}" * depth


ATTACKS: dict[str, str] = {
    "repeat text": "{{ 'a' * 10**9 }}",
    "repeat text, plain": "{{ 'a' * 1000000000 }}",
    "repeat text, number first": "{{ 1000000000 * 'a' }}",
    "repeat text of the event": "{{ data.s * data.n }}",
    "repeat list": "{{ [1] * 1000000000 }}",
    "repeat list of the event": "{{ data.long * data.n }}",
    "format operator": "{{ '%1000000000d' % 1 }}",
    "format operator, star": "{{ '%*d' % (1000000000, 1) }}",
    "format filter": "{{ '%1000000000d' | format(1) }}",
    "format method": "{{ '{:1000000000}'.format(1) }}",
    "center filter": "{{ 'a' | center(1000000000) }}",
    "center method": "{{ 'a'.center(1000000000) }}",
    "ljust method": "{{ 'a'.ljust(1000000000) }}",
    "zfill method": "{{ 'a'.zfill(1000000000) }}",
    "indent": "{{ data.s | indent(1000000000, true) }}",
    "tojson indent": "{{ data.deep | tojson(indent=1000000) }}",
    "nested ranges": "{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}",
    "range": "{{ range(100000000) | list }}",
    "macro tree": "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "namespace": "{% set ns = namespace(a='x') %}{% for i in data.long %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}",
    "replace": "{{ data.big | replace('x', data.big) }}",
    "replace nothing": "{{ data.big | replace('', data.s) }}",
    "replace chain": "{{ 'a' " + "| replace('a', 'aaaaaaaaaa') " * 40 + "}}",
    "join": "{{ data.big | list | join(data.big) }}",
    "join list": "{{ data.long | join(data.big) }}",
    "lipsum": "{{ lipsum(n=1000000) }}",
    "slice": "{{ data.long | slice(100000000) | list }}",
    "batch": "{{ data.long | batch(100000000, 'x') | list }}",
    "three loops": _nest(3, "x"),
    "three loops, no output": _nest(3, ""),
    "eight loops": _nest(8, "{{ v0 }}"),
    "nine loops": _nest(9, "x"),
    "doubling with set, lists": "{% set a = [data.long] %}" + "{% set a = [a, a] %}" * 60 + "{{ a | length }}",
    "doubling with set, output": "{% set a = [1] %}" + "{% set a = [a, a] %}" * 25 + "{{ a }}",
    "doubling with set, text": "{% set a = 'ab' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "doubling with set, plus": "{% set a = 'ab' %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
    "doubling with set, objects": "{% set a = {'x': 1} %}" + "{% set a = {'x': a, 'y': a} %}" * 60 + "{{ a | tojson }}",
    "doubling lists": "{% set a = [1, 2] %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
    "doubling by filter": "{% set a = data.s %}" + "{% set a = a | replace('a', 'aa') %}" * 40 + "{{ a }}",
    "output of the event in a loop": "{% for i in data.long %}{{ data }}{% endfor %}",
    "text in a loop": "{% for i in data.long %}" + "x" * 60_000 + "{% endfor %}",
    "long body": "{% for i in data.long %}" + "{{ i }}" * 3000 + "{% endfor %}",
    "filters in a loop": "{% for i in data.long %}{{ data.big | upper | lower | length }}{% endfor %}",
    "sort in a loop": "{% for i in data.long %}{{ data.long | sort | first }}{% endfor %}",
    "compare in a loop": "{% for i in data.long %}{{ data.twins[0] == data.twins[1] }}{% endfor %}",
    "search in a loop": "{% for i in data.long %}{{ 'y' in data.big }}{% endfor %}",
    "list search in a loop": "{% for i in data.long %}{{ -1 in data.long }}{% endfor %}",
    "json in a loop": "{% for i in data.long %}{{ data | tojson | length }}{% endfor %}",
    "hash in a loop": "{% for i in data.long %}{{ data.big | sha256 }}{% endfor %}",
    "split": "{{ data.big | split('x') | join(data.s) }}",
    "url": "{{ data.big | urlencode | urlencode | urlencode | urlencode | urlencode | length }}",
    "escape": "{{ data.big | replace('x', '&') | escape | escape | escape | escape | length }}",
    "base64": "{{ data.big " + "| b64encode " * 40 + "| length }}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "large product": "{{ " + " * ".join(["999999999999"] * 50) + " }}",
    "parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "unary": "{{ " + "-" * 5000 + "1 }}",
    "not": "{{ " + "not " * 5000 + "1 }}",
    "lists in lists": "{{ " + "[" * 5000 + "]" * 5000 + " }}",
    "sum": "{{ " + " + ".join(["1"] * 5000) + " }}",
    "comparisons": "{{ " + "1 < (" * 55 + "1" + ") < 2" * 55 + " }}",
    "long name": "{{ data." + "a" * 60_000 + " }}",
    "long chain": "{{ data" + ".a" * 20_000 + " }}",
    "filter chain": "{{ data.s " + "| upper " * 5000 + "}}",
    "elif chain": "{% if data.n == 0 %}0"
    + "".join(f"{{% elif data.n == {index} %}}{index}" for index in range(1500))
    + "{% endif %}",
    "long number": "{{ " + "9" * 50_000 + " }}",
    "long hexadecimal": "{{ 0x" + "f" * 50_000 + " }}",
    "infinity": "{{ 1e999 }}",
    "infinity by sum": "{{ 1e308 + 1e308 }}",
    "int of text": "{{ ('1' ~ data.big) | int }}",
    "long template": "{{ data.n }}" * 20_000,
    "repeated round": "{{ 1 | round(1000000000) }}",
    "fixed": "{{ 1 | fixed(1000000000) }}",
    "isodate": "{{ (data.n * 100000) | isodate }}",
    "recursive loop": "{% for i in data.long recursive %}{{ loop(data.long) }}{% endfor %}",
    "cycler": "{% set c = cycler('a', 'b') %}{% for i in data.long %}{{ c.next() }}{% endfor %}",
}
"""Each must end quickly as a problem, a RenderError, or a small output."""
