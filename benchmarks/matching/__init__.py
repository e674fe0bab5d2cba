"""How fast events find their routes. Run with `python -m benchmarks.matching`; `--quick` takes under a minute.

Nothing here opens a socket. All data are generated from fixed seeds, except the EventBridge patterns, which are read from the corpora.
"""
