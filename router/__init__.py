"""router: a declarative event-routing configuration engine.

YAML in git is compiled to an immutable Plan; events that come in over HTTP are matched against it, rendered, stored durably and
delivered as signed webhooks. The names below are the library's public surface; everything else may change.
"""
