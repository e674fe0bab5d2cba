"""`router lint`: say everything that is wrong with a configuration, where, and what to write instead."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from router import __version__
from router.cli.configuration import add_path, take_snapshot
from router.cli.exits import EXIT_OK, CannotRunError
from router.cli.options import Commands, add_command
from router.cli.printing import say, style_for
from router.cli.reporting import add_format, emit, now
from router.cli.rewriting import difference, write_file

if TYPE_CHECKING:
    from router.analysis.linting import LintOptions
    from router.analysis.report import LintReport
    from router.syntax.snapshot import Snapshot

__all__ = ["add"]

_ABOUT = """\
Check a configuration: every YAML file below PATH and every schema and example it refers to. All findings of all files are
shown at once, each with its place, the lines it is about and what to write instead. Secrets need not be set.
"""

_EXAMPLES = """\
  router lint                                   check routes/
  router lint routes/sales.yaml                 check one file as if it were all
  router lint --fix                             mend what needs no judgement, show the rest
  router lint --format sarif --output lint.sarif
  router lint --format json | jq .summary
  router lint --fail-level error                let warnings pass
  router lint --select RT3 --ignore RT314       only what concerns filters, without one code
  router lint --changed-since origin/main       only findings on changed lines
  router lint --base origin/main                also: schema changes that break what uses them
  router lint --baseline lint-baseline.json --write-baseline     accept what is there now
"""

_EXITS = "exit codes: 0 nothing found at --fail-level or above, 1 findings, 2 could not run (no such path, unreadable, no YAML files)"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "lint", lint, summary="check a configuration", about=_ABOUT, examples=_EXAMPLES, exits=_EXITS
    )
    parser.set_defaults(ends_at_once=True)
    add_path(parser)
    add_format(parser)
    for flag, text in (("--select", "only these codes"), ("--ignore", "all but these codes")):
        parser.add_argument(
            flag,
            action="append",
            default=[],
            metavar="CODE[,CODE]",
            help=f"{text}, or beginnings of codes: RT503, RT3",
        )
    parser.add_argument("--changed-since", metavar="REV", help="only findings on lines changed since a git revision")
    parser.add_argument("--base", metavar="REV", help="compare with a git revision: schema changes that break routes")
    parser.add_argument("--baseline", metavar="FILE", help="findings listed in FILE do not count")
    parser.add_argument("--write-baseline", action="store_true", help="write the present findings to the baseline")
    parser.add_argument("--fix", action="store_true", help="make the safe corrections, then report what is left")
    parser.add_argument("--diff", action="store_true", help="show what --fix would change; write nothing")


def lint(arguments: argparse.Namespace) -> int:
    """Check, mend where asked, print the findings, return the exit code."""
    from router.analysis.linting import lint as check

    if arguments.write_baseline and not arguments.baseline:
        raise CannotRunError("--write-baseline needs --baseline FILE, the file to write")
    if arguments.write_baseline and (arguments.fix or arguments.diff):
        raise CannotRunError("--write-baseline keeps what is there, --fix changes it: run one after the other")
    snapshot = take_snapshot(arguments.path)
    options = _options(arguments, snapshot)
    with_rules = arguments.format in ("sarif", "github", "gitlab")

    def run(state: Snapshot) -> LintReport:
        return check(state, options, now=now, version=__version__, with_rules=with_rules)

    if arguments.fix or arguments.diff:
        return _fix(arguments, snapshot, run)
    with _without_collection():
        report = run(snapshot)
    if arguments.write_baseline:
        return _write_baseline(arguments.baseline, report)
    _remark_on_baseline(report, options)
    return emit(report, arguments)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Let no cyclic garbage be collected: a compilation makes a million objects that live to its end, and looking at them takes a third of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()  # nor look at them now
            gc.enable()
            gc.unfreeze()


# -- what the run is asked for -----------------------------------------------------------------------------------------------------------


def _options(arguments: argparse.Namespace, snapshot: Snapshot) -> LintOptions:
    from router.analysis.linting import LintOptions
    from router.analysis.selection import Selection, SelectionError
    from router.syntax.diagnostic import Severity

    select, ignore = (_codes(values) for values in (arguments.select, arguments.ignore))
    try:
        selection = Selection(select, ignore, _names() if select or ignore else {})
    except SelectionError as error:
        raise CannotRunError(str(error)) from None
    return LintOptions(
        fail_level=Severity(arguments.fail_level),
        selection=selection,
        baseline=_baseline(arguments) if arguments.baseline and not arguments.write_baseline else frozenset(),
        changed=_changed(arguments.changed_since, snapshot) if arguments.changed_since is not None else None,
        base=_base(arguments.base, snapshot) if arguments.base is not None else None,
    )


def _codes(values: list[str]) -> list[str]:
    return [code for value in values for code in value.split(",") if code.strip()]


def _names() -> dict[str, str]:
    from router.compiler.checks import catalogue

    pages = catalogue()
    return {code: pages.name(code) for code in pages}


def _baseline(arguments: argparse.Namespace) -> frozenset[str]:
    from router.analysis.baseline import BaselineError, read_baseline

    try:
        return read_baseline(Path(arguments.baseline).read_bytes())
    except FileNotFoundError:
        hint = f"router lint --baseline {arguments.baseline} --write-baseline"
        raise CannotRunError(f"no such file: {arguments.baseline} (`{hint}` writes it)") from None
    except OSError as error:
        raise CannotRunError(f"cannot read {arguments.baseline}: {error.strerror or error}") from None
    except BaselineError as error:
        raise CannotRunError(f"{arguments.baseline}: {error}") from None


def _changed(revision: str, snapshot: Snapshot) -> dict[str, list[range]]:
    from router.analysis.git import GitError
    from router.analysis.revisions import changed_lines

    try:
        return changed_lines(snapshot, revision)
    except GitError as error:
        raise CannotRunError(f"--changed-since {revision}: {error}") from None


def _base(revision: str, snapshot: Snapshot) -> Snapshot:
    from router.analysis.git import GitError
    from router.analysis.revisions import snapshot_at

    try:
        return snapshot_at(snapshot, revision)
    except GitError as error:
        raise CannotRunError(f"--base {revision}: {error}") from None


# -- what it does besides reporting ------------------------------------------------------------------------------------------------------


def _fix(arguments: argparse.Namespace, snapshot: Snapshot, run: Callable[[Snapshot], LintReport]) -> int:
    from router.analysis.fixing import fix_all

    with _without_collection():
        fixed = fix_all(snapshot, run)
    if arguments.diff:
        style = style_for(sys.stdout, arguments.color)
        for name, data in sorted(fixed.contents.items()):
            print(difference(name, snapshot.read(name), data, style=style), end="")
        return emit(fixed.report, arguments, to_stderr=True)
    for name, data in sorted(fixed.contents.items()):
        write_file(name, data)
    if fixed.count:
        files = ", ".join(sorted(fixed.contents))
        say(f"mended {fixed.count} finding{'s' if fixed.count != 1 else ''} in {files}")
    return emit(fixed.report, arguments)


def _write_baseline(name: str, report: LintReport) -> int:
    from router.analysis.baseline import baseline_text

    kept = report.counted
    write_file(name, baseline_text(kept).encode("utf-8"))
    say(f"wrote {len(kept)} finding{'s' if len(kept) != 1 else ''} to {name}")
    return EXIT_OK


def _remark_on_baseline(report: LintReport, options: LintOptions) -> None:
    if options.changed is not None:
        return
    gone = len(options.baseline - {finding.fingerprint for finding in report.findings})
    if gone:
        what = "finding of the baseline is" if gone == 1 else "findings of the baseline are"
        say(f"{gone} {what} no longer there: --write-baseline takes them out")
