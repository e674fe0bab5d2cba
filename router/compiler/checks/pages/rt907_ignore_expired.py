"""An ignore has ended

The day behind `until` has passed (in UTC). The ignore holds nothing back any more: what it held back is reported again, beside this.

Write instead: mend what it held back and remove the comment; or give it another day, and say why.
"""

from router.syntax.diagnostic import Severity

CODE = "RT907"
NAME = "ignore-expired"
SEVERITY = Severity.WARNING
EMITTED_BY = "router.analysis.suppression"
SHOWN_BY = "tests/analysis/test_suppression.py"
