"""An ignore holds nothing back

No finding of its code stands on its line. Either the mistake was mended, or the comment stands on the wrong line: it belongs on the line
of the finding, or alone above it. An ignore that is left behind would hide the next mistake.

Write instead: nothing; remove the comment.

Fix: `router lint --fix` removes it.
"""

from router.syntax.diagnostic import Severity

CODE = "RT908"
NAME = "ignore-unused"
SEVERITY = Severity.WARNING
EMITTED_BY = "router.analysis.suppression"
SHOWN_BY = "tests/analysis/test_suppression.py"
