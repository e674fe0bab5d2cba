"""How fast transforms compile and render, beside stock Jinja and hand-written Python: `python -m benchmarks.transforms`."""
