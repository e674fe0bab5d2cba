"""problems(): every trap is named, with its place and what to write."""

from __future__ import annotations

import pytest

from router.filters import Filter, FilterProblem, FilterSyntaxError, problems


@pytest.mark.parametrize(
    ("expression", "code", "severity", "text", "message", "help"),
    [
        ("a ==", "RT301", "error", "=", "ends too early", None),
        ("a == `x`", "RT301", "error", "`x`", "is not a JSON value", "write 'x'"),
        ("start_with(a, 'b')", "RT306", "error", "start_with", "unknown function `start_with`", "`starts_with`"),
        ("lenght(a)", "RT306", "error", "lenght", "unknown function", "`length`"),
        ("frobnicate(a)", "RT306", "error", "frobnicate", "unknown function", "functions are"),
        ("b && contains(a)", "RT306", "error", "contains(a)", "takes 2 arguments, not 1", None),
        ("not_null()", "RT306", "error", "not_null()", "takes at least 1 argument, not 0", None),
        ("sort_by(a, b)", "RT306", "error", "b", "takes an `&expression`", "put & before it"),
        ("length(&a)", "RT306", "error", "&a", "takes a value here", "leave out"),
        ("cidr(a, '10.0.0.0/33')", "RT306", "error", "'10.0.0.0/33'", "is not a network", "10.0.0.0/8"),
        ("cidr(a, ['10.0.0.0/8', 'x'])", "RT306", "error", "['10.0.0.0/8', 'x']", "'x' is not a network", "10.0.0.0/8"),
        ("c && !a.b", "RT308", "error", "!a.b", "`!a.b` means `(!a).b`", "write !(a.b)"),
        ("!data.vip == `true`", "RT308", "error", "!data.vip", "never true", "write !(data.vip)"),
        ("!a.b.c", "RT308", "error", "!a.b.c", "never true", "write !(a.b.c)"),
        ("!(a).b", "RT308", "error", "!(a).b", "never true", "write !((a).b)"),
        ("!a[0].b[*].c", "RT308", "error", "!a[0].b[*].c", "never true", "write !(a[0].b[*].c)"),
        ("!a.*", "RT308", "error", "!a.*", "never true", "write !(a.*)"),
        ("a == null", "RT309", "warning", "null", "a field of that name", "backticks"),
        ("a[?b == true]", "RT309", "warning", "true", "a field of that name", "backticks"),
        ("true", "RT309", "warning", "true", "a field of that name", "backticks"),
    ],
)
def test_each_problem(expression: str, code: str, severity: str, text: str, message: str, help: str | None) -> None:
    found = problems(expression)
    assert len(found) == 1, found
    problem = found[0]
    assert (problem.code, problem.severity) == (code, severity)
    assert expression[problem.start : problem.end] == text
    assert message in problem.message
    assert (help or "") in (problem.help or "")


@pytest.mark.parametrize(
    "expression",
    [
        "(!a).b",
        "!(a.b)",
        "!a",
        "!a[0]",
        "!f || !b",
        "a.null",
        "a.true.b",
        "{null: a}",
        '"null" == a',
        "a == `null`",
        "not_null(a, b, c)",
    ],
)
def test_what_is_no_problem(expression: str) -> None:
    expression = expression.replace("!f", "!length(b)")
    assert problems(expression) == []


def test_problems_come_in_the_order_of_the_text() -> None:
    found = problems("a == null && !a.b && lenght(c)")
    assert [problem.code for problem in found] == ["RT309", "RT308", "RT306"]
    assert all(isinstance(problem, FilterProblem) for problem in found)


@pytest.mark.parametrize("expression", ["a ==", "lenght(a)", "contains(a)", "cidr(a, 'x')", "sort_by(a, b)"])
def test_an_error_of_syntax_or_function_is_what_filter_raises(expression: str) -> None:
    (problem,) = problems(expression)
    with pytest.raises(FilterSyntaxError) as caught:
        Filter(expression)
    error = caught.value
    assert (problem.message, problem.start, problem.end, problem.help) == (
        error.message,
        error.start,
        error.end,
        error.help,
    )
    with pytest.raises(FilterSyntaxError):  # also when its shape is known already
        Filter(expression)


def test_a_network_is_checked_in_every_filter_of_a_shape() -> None:
    Filter("cidr(only_here, '10.0.0.0/8')")
    with pytest.raises(FilterSyntaxError, match="not a network"):
        Filter("cidr(only_here, '10.0.0.0/99')")
