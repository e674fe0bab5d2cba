"""The bounds of the egress engine, all in one place."""

from __future__ import annotations

import msgspec

from router.delivery.request import ANSWER_BYTES_MAX

__all__ = ["DEFAULT_LIMITS", "EgressLimits"]


class EgressLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much the engine takes from an endpoint, and how many connections it keeps.

    `wire_bytes_max` bounds everything read for one answer, so that chunk extensions, trailers and interim answers are bounded too.
    `connections_per_site_max` is beyond any endpoint's `limits.concurrency`, which is what bounds a site. `connections_max` is for all sites
    together and must fit the process's open files; at that number idle connections of other sites make room, and when none is idle the request
    fails by our fault. Connections are closed after `idle_s_max` unused (below the 60 s after which common load balancers drop them silently) and not used again
    after `age_s_max`, so that a changed DNS record takes effect. Deadlines are looked at every `tick_s`: that late they may strike.
    """

    header_bytes_max: int = 32 * 1024
    header_count_max: int = 128
    body_bytes_max: int = ANSWER_BYTES_MAX
    wire_bytes_max: int = 256 * 1024
    connections_per_site_max: int = 1024
    connections_max: int = 1024
    idle_s_max: float = 30.0
    age_s_max: float = 300.0
    addresses_tried_max: int = 4
    stagger_s: float = 0.25  # RFC 8305, section 5: "Connection Attempt Delay"
    tick_s: float = 0.05


DEFAULT_LIMITS = EgressLimits()
