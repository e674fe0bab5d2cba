"""An ignore cannot be read or cannot work

Its form is wrong, it names no code that there is, its day is no day, or it names an error. Errors cannot be ignored: a configuration that
has one is not loaded, whatever a comment says.

Write instead: `# router: ignore[RT503] until 2027-01-31 -- reason`; several codes with commas between them, and `until` left out when
there is no last day.
"""

from router.syntax.diagnostic import Severity

CODE = "RT909"
NAME = "ignore-unreadable"
SEVERITY = Severity.WARNING
EMITTED_BY = "router.analysis.suppression"
SHOWN_BY = "tests/analysis/test_suppression.py"
