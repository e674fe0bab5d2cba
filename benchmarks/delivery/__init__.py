"""The whole pipeline, measured: HTTP in, durable, matched, rendered, signed, HTTP out, recorded."""
