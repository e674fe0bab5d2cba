"""The library's public surface: a name more or less is a decision, not an accident."""

from __future__ import annotations

import inspect

import router


def test_public_names() -> None:
    assert sorted(router.__all__) == [
        "ConfigurationError",
        "Diagnostic",
        "Event",
        "Filter",
        "FilterError",
        "FilterSyntaxError",
        "Match",
        "Plan",
        "Severity",
        "SignatureError",
        "Span",
        "__version__",
        "compile",
        "sign",
        "verify",
    ]


def test_every_public_name_exists_and_is_documented() -> None:
    for name in router.__all__:
        thing = getattr(router, name)
        assert name == "__version__" or inspect.getdoc(thing), name


def test_filter_is_jmespath() -> None:
    matcher = router.Filter("data.total > `10`")
    assert matcher.search({"data": {"total": 11}}) is True
    assert matcher.matches({"data": {"total": 0}}) is False
    assert router.Filter("data.name").search({"data": {"name": "x"}}) == "x"


def test_a_match_has_what_the_documentation_promises() -> None:
    assert {"route", "endpoint", "payload", "headers"} <= set(router.Match.__struct_fields__)
