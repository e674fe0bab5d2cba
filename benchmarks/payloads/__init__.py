"""How fast payloads are validated and explained, beside jsonschema: `python -m benchmarks.payloads`."""
