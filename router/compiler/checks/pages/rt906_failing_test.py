"""A test of the configuration fails

Reported by a start or a reload: a configuration that contradicts its own tests does not come into force. `router test` shows expected and
actual side by side.

Write instead: correct the route, or the test.
"""

from router.syntax.diagnostic import Severity

CODE = "RT906"
NAME = "failing-test"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.runtime.verification"
SHOWN_BY = "tests/runtime/test_reloader.py"
