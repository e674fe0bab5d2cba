"""Plan: one compiled configuration, the narrow waist between the two roads.

The compiler makes it, everything else only reads it. A Plan is immutable, holds no open resource, and `match` is a pure function of
the event: the same event under the same revision gives the same matches, byte for byte.
"""
