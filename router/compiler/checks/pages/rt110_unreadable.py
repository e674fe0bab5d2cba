"""The configuration cannot be read at all

Reported by a start or a reload when the directory or a file in it is missing or unreadable, or holds no YAML. The last good revision
stays in force.

Write instead: check the path that `router run` was given, and that the user it runs as may read it.
"""

from router.syntax.diagnostic import Severity

CODE = "RT110"
NAME = "unreadable"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.runtime.reloader"
SHOWN_BY = "tests/runtime/test_reloader.py"
