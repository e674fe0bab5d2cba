"""An ignore gives no reason

A comment such as `# router: ignore[RT503]` holds a warning back. It does so without a reason too, but whoever reads it next year does not
know whether it may go.

Write instead: `# router: ignore[RT503] -- the gateway gets its certificate in January`, and a last day where there is one:
`# router: ignore[RT503] until 2027-01-31 -- …`.
"""

from router.syntax.diagnostic import Severity

CODE = "RT905"
NAME = "ignore-without-reason"
SEVERITY = Severity.WARNING
EMITTED_BY = "router.analysis.suppression"
SHOWN_BY = "tests/analysis/test_suppression.py"
