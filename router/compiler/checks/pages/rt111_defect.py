"""The router itself failed while it compiled or checked a configuration

A fault of the router, not of the configuration. The last good revision stays in force. Please report it, with the log's traceback.
"""

from router.syntax.diagnostic import Severity

CODE = "RT111"
NAME = "defect"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.runtime.reloader"
SHOWN_BY = "tests/runtime/test_reloader.py"
