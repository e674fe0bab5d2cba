"""Findings as text, against texts written by hand."""

from __future__ import annotations

from router.cli.printing import Style
from router.cli.rendering.report import summary_line, text_report
from router.syntax.diagnostic import Diagnostic, Note, Severity, Span

PLAIN = Style(colours=False)

SOURCES = {
    "routes/sales.yaml": "version: 1\nroutes:\n  large:\n    events: [order.paid]\n    targets: [crm-v3]\n",
    "routes/endpoints.yaml": "version: 1\nendpoints:\n"
    + "  # more\n" * 97
    + "  crm-v2:\n    url: https://crm.example.com\n",
}

UNDEFINED = Diagnostic(
    code="RT203",
    severity=Severity.ERROR,
    message="endpoint `crm-v3` is not defined",
    span=Span("routes/sales.yaml", 5, 15, 5, 21),
    help="did you mean `crm-v2`?",
    notes=(Note("`crm-v2` is defined here", Span("routes/endpoints.yaml", 100, 3, 100, 9)),),
)
UNUSED = Diagnostic(
    code="RT205",
    severity=Severity.WARNING,
    message="endpoint `crm-v2` is used by no route",
    span=Span("routes/endpoints.yaml", 100, 3, 100, 9),
)
REMARK = Diagnostic(
    code="RT314", severity=Severity.INFO, message="every event is looked at", span=Span("routes/gone.yaml", 3, 1, 3, 4)
)


def test_text() -> None:
    assert text_report([UNDEFINED, UNUSED, REMARK], SOURCES.get, style=PLAIN) == (
        "routes/sales.yaml:5:15: error RT203: endpoint `crm-v3` is not defined\n"
        "    5 |     targets: [crm-v3]\n"
        "      |               ^^^^^^\n"
        "      = help: did you mean `crm-v2`?\n"
        "      = note: `crm-v2` is defined here (routes/endpoints.yaml:100:3)\n"
        "  100 |   crm-v2:\n"
        "      |   ^^^^^^\n"
        "\n"
        "routes/endpoints.yaml:100:3: warning RT205: endpoint `crm-v2` is used by no route\n"
        "  100 |   crm-v2:\n"
        "      |   ^^^^^^\n"
        "\n"
        "routes/gone.yaml:3:1: info RT314: every event is looked at"
    )


def test_help_of_several_lines_is_aligned() -> None:
    found = Diagnostic(
        code="RT1", severity=Severity.ERROR, message="a\nb", span=Span("x", 1, 1, 1, 2), help="write\n  url: https://…"
    )
    assert text_report([found], lambda _: "a", style=PLAIN) == (
        "x:1:1: error RT1: a b\n  1 | a\n    | ^\n    = help: write\n              url: https://…"
    )


def test_colours_are_only_paint() -> None:
    painted = text_report([UNDEFINED, UNUSED], SOURCES.get, style=Style(colours=True))
    assert "\x1b[31;1m^^^^^^\x1b[0m" in painted
    bare = painted
    for code in ("1", "2", "31;1", "33;1", "34;1", "0"):
        bare = bare.replace(f"\x1b[{code}m", "")
    assert bare == text_report([UNDEFINED, UNUSED], SOURCES.get, style=PLAIN)


def test_messages_cannot_steer_the_terminal() -> None:
    found = Diagnostic(
        code="RT1", severity=Severity.ERROR, message="name `\x1b]0;x\x07`", span=Span("a\x1b.yaml", 1, 1, 1, 2)
    )
    assert "\x1b" not in text_report([found], lambda _: None, style=PLAIN)


def test_summary() -> None:
    assert summary_line([], 1, style=PLAIN) == "no findings in 1 document"
    assert (
        summary_line([UNDEFINED, UNUSED, UNUSED, REMARK], 6, style=PLAIN)
        == "1 error, 2 warnings, 1 info in 3 files (6 documents checked)"
    )
    assert summary_line([], 2, style=PLAIN, suppressed=3) == "no findings in 2 documents, 3 ignored"
