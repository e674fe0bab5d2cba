"""Settings for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A loaded machine must not make a property flaky: no deadline per example, and the same examples in every run of the suite.
settings.register_profile("router", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("router")
