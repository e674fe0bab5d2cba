"""The checks: one file per code, `rtNNN_name.py`, found by its name. No list is kept by hand.

    configuration, schemas, routes ─ CheckContext ─► check(context) ─► Diagnostics

A file is a code's manual page and, for a check that runs over the finished configuration, the check itself:

    \"\"\"First sentence: what is wrong, without a full stop inside.

    Paragraphs: when it is reported, why it matters, what to write instead. `router rule RT302` prints this.
    \"\"\"
    CODE = "RT302"                      # as in the file's name, like NAME
    NAME = "filter-unknown-field"
    SEVERITY = Severity.ERROR           # the usual one; one finding may be milder
    BAD = \"\"\"...\"\"\"                   # a whole configuration that yields CODE at AT; a mapping of file names to texts when it takes several
    AT = "8:18"                         # line:column in BAD (`name:line:column` when BAD is a mapping)
    GOOD = \"\"\"...\"\"\"                  # a whole configuration that yields no error and no warning of any code

    def check(context: CheckContext) -> Iterator[Diagnostic]: ...

`check` is pure. What several checks share is an *engine*: a function of the context whose result is made once per compilation,
`context.result_of(infer_filters)`; each code's check then only picks its findings from that result. A check must cope with a
configuration that has errors elsewhere: what could not be compiled is absent from the context's mappings.

A code that another pass emits has no `check` but `EMITTED_BY`, the dotted name of the module that does; its page is in `pages/`, which a
compilation never imports. Such a page may also have `REQUIRE_SECRETS = True` and `ENVIRON` (how its example is compiled), `BASE` (the configuration that BAD is compared with), or no
BAD at all where no configuration shows it; then `SHOWN_BY` names the test that does. Codes are never reused. Tests hold all of this.
"""

from __future__ import annotations

from router.compiler.checks.catalogue import Catalogue, Check, catalogue, running_checks

__all__ = ["Catalogue", "Check", "catalogue", "running_checks"]
