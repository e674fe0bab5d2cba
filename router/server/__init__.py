"""The HTTP side: events in, operators' API, metrics, and the socket they are served on.

`router.server.serving.HttpServer(host, settings)` is the one entry; `host` is whatever satisfies `router.server.ports.Host`. Requests come in
through `application`, which sends events to `ingest` and `sources` and everything else to `operators`. Nothing of the project but the command
line imports this package.
"""
