"""Filter: the compliance suite, and the jmespath library as oracle on random expressions and documents."""

from __future__ import annotations

import json
import pickle
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.filters import Filter, FilterError, FilterSyntaxError
from router.filters.shape import Shape
from tests.corpora import corpus
from tests.filters import oracle
from tests.filters.expressions import Expressions, document


def compliance_cases() -> Iterator[Any]:
    for path in sorted(corpus("jmespath").glob("*.json")):
        for suite in json.loads(path.read_text(encoding="utf-8")):
            for number, case in enumerate(suite["cases"]):
                yield pytest.param(suite["given"], case, id=f"{path.stem}-{number}-{case['expression'][:40]}")


CASES = list(compliance_cases())


def test_the_compliance_suite_is_whole() -> None:
    assert len(CASES) == 908


@pytest.mark.parametrize(("given_data", "case"), CASES)
def test_compliance(given_data: Any, case: dict[str, Any]) -> None:
    fault = None
    try:
        compiled = Filter(case["expression"])
        found = compiled.search(given_data)
        matches = compiled.matches(given_data)
    except (FilterSyntaxError, FilterError) as error:
        fault = error.fault
    assert fault == case.get("error")
    if fault is not None:
        return
    if "result" in case:
        assert json.dumps(found, sort_keys=True) == json.dumps(case["result"], sort_keys=True)
    assert matches == oracle.is_true(found)


@pytest.mark.parametrize(
    ("expression", "data", "expected"),
    [
        ("a", {"a": 0}, 0),  # 0 is true
        ("a == `1`", {"a": True}, False),
        ("a == `true`", {"a": 1}, False),
        ("a == `[1]`", {"a": [True]}, False),
        ("contains(a, `true`)", {"a": [1]}, False),
        ("contains(`[1, 0]`, a)", {"a": True}, False),
        ("a < 'b'", {"a": "a"}, None),
        ("a < `1`", {"a": True}, None),
        ("!(a > `1`)", {}, True),
        ("a == `null`", {}, True),
        ("!a.b", {"a": {"b": False}}, None),
        ("to_number('1_0')", {}, None),
        ("to_number('nan')", {}, None),
        ("prefix(a, 'x')", {"a": None}, False),
        ("prefix(a, ['x', 'y'])", {"a": "yz"}, True),
        ("suffix(a, '')", {"a": "yz"}, True),
        ("glob(a, 'a*b*c')", {"a": "aXbYc"}, True),
        ("glob(a, 'a*b')", {"a": "ab"}, True),
        ("glob(a, 'ab*ba')", {"a": "aba"}, False),
        ("glob(a, '*\\*')", {"a": "1*"}, True),
        ("glob(a, '*\\*')", {"a": "1"}, False),
        ("lower(a)", {"a": "ÄB"}, "äb"),
        ("lower(a)", {"a": 1}, None),
        ("cidr(a, '10.0.0.0/8')", {"a": "10.255.0.1"}, True),
        ("cidr(a, '2001:db8::/32')", {"a": "2001:db8:1::1"}, True),
        ("cidr(a, ['10.0.0.0/8', '192.168.0.0/16'])", {"a": "192.168.3.4"}, True),
        ("cidr(a, '10.0.0.0/8')", {"a": "10.0.0.256"}, False),
        ("any_in(a, ['x', 'y'])", {"a": ["z", "y"]}, True),
        ("any_in(a, ['x', 'y'])", {"a": "x"}, True),
        ("any_in(a, `[1]`)", {"a": [True]}, False),
    ],
)
def test_meaning(expression: str, data: Any, expected: Any) -> None:
    found = Filter(expression).search(data)
    assert found == expected
    assert type(found) is type(expected)


@settings(max_examples=400)
@given(st.randoms(use_true_random=False))
def test_value_and_truth_are_the_librarys(rnd: random.Random) -> None:
    expression = Expressions(rnd).value()
    compare_with_oracle(expression, [document(rnd) for _ in range(3)] + [None, [], rnd.choice([1, "x", True])])


@pytest.mark.parametrize("seed", range(4))
def test_value_and_truth_are_the_librarys_on_many(seed: int) -> None:
    rnd = random.Random(seed)
    for _ in range(400):
        expressions = Expressions(rnd)
        compare_with_oracle(rnd.choice([expressions.value, expressions.filter])(), [document(rnd) for _ in range(4)])


def compare_with_oracle(expression: str, documents: list[Any]) -> None:
    compiled = Filter(expression)
    for data in documents:
        expected = oracle.search(expression, data)
        try:
            found = compiled.search(data)
        except FilterError:
            assert expected is oracle.FAILED, (expression, data)
            with pytest.raises(FilterError):
                compiled.matches(data)
            continue
        assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True), (expression, data)
        assert compiled.matches(data) is oracle.is_true(expected), (expression, data)


def test_filters_of_one_shape_share_code() -> None:
    shapes = {
        Filter(f"data.tenant == 't{n}' && data.total > `{n + 2}` && contains(['a', 'b{n}'], x)").shape
        for n in range(50)
    }
    assert len(shapes) == 1


def test_a_nul_in_text_never_borrows_a_shape() -> None:
    assert Filter("a == 'x'").matches({"a": "x"})
    with pytest.raises(FilterSyntaxError):
        Filter("a == \x00s")
    assert Filter("a == 'x\x00s'").matches({"a": "x\x00s"})


def test_it_pickles_and_compares_by_its_text() -> None:
    one = Filter("a == 'x'")
    assert pickle.loads(pickle.dumps(one)) == one
    assert hash(one) == hash(Filter("a == 'x'"))
    assert one != Filter("a == 'y'")


def test_threads_may_compile_the_same_shape() -> None:
    wrong: list[int] = []

    def work(number: int) -> None:
        if not Filter(f"threads.shared == 'v{number}'").matches({"threads": {"shared": f"v{number}"}}):
            wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_long_chains_run() -> None:
    terms = [f"a.b{n} == 'x{n}'" for n in range(1500)]
    either = Filter(" || ".join(terms))
    assert either.matches({"a": {"b1499": "x1499"}})
    assert either.search({}) is False
    both = Filter(" && ".join(terms))
    assert both.matches({"a": {f"b{n}": f"x{n}" for n in range(1500)}})
    assert both.search({}) is False
    many = Filter("contains([" + ", ".join(f"'v{n}'" for n in range(20_000)) + "], a)")
    assert many.matches({"a": "v19999"})
    assert not many.matches({"a": ["v1"]})


def test_deep_expressions_run_up_to_the_bound() -> None:
    for expression in (
        ".".join(["a"] * 149),
        "!(" * 70 + "a" + ")" * 70,
        "a" + "[*].a" * 104,
        " | ".join(["a"] * 149),
        "to_array(" * 140 + "a" + ")" * 140,
        "[" * 140 + "a" + "]" * 140,
    ):
        compiled = Filter(expression)
        compiled.search({"a": [1]})
        compiled.matches({"a": [1]})


def test_a_deep_document_fails_the_filter_and_nothing_else() -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    with pytest.raises(FilterError):
        Filter("a == b").search({"a": deep, "b": json.loads("[" * 900 + "]" * 900) and deep[0]})
    while deep:  # taken apart by hand: the interpreter's own clean-up recurses
        deep = deep.pop()


def test_arithmetic_faults_are_filter_errors() -> None:
    with pytest.raises(FilterError):
        Filter("avg(a)").search({"a": [10**400, 0.5]})


def test_a_shape_forgets_its_tree() -> None:
    assert not any(hasattr(Filter("a.b == 'x'").shape, name) for name in ("tree", "nodes"))
    assert "example" in Shape.__slots__
