"""Rule sets of event-ruler's own benchmark, on data of the same layout.

event-ruler measures with 213,068 lots of San Francisco, about 900 bytes each, which are not redistributed here. The generator makes lots
of that layout and size and plants streets, lots and coordinates so that the rules match in about the published proportions. The rules
of the sets EXACT, WILDCARD, PREFIX, SUFFIX, EQUALS-IGNORE-CASE, NUMERIC, ANYTHING-BUT and COMPLEX-ARRAYS say in JMESPath what
event-ruler's say; the other sets vary these.
"""

from __future__ import annotations

import random
from typing import Any

import orjson

TOTAL = 213_068
LOTS = [("1430022", 1), ("2607117", 101), ("2607218", 35), ("3745012", 655), ("VACSTWIL", 1)]
STREETS = [
    ("ACTON", 24), ("BLAKE", 442), ("DRUMM", 13), ("DRAKE", 25), ("FULTON", 1910), ("FUNSTON", 477), ("RHODE", 328),
    ("JEFFERSON", 131), ("BEACH", 211), ("HYDE", 1758), ("CHESTNUT", 825), ("MASON", 2657), ("BOSWORTHING", 1963),
    ("VALLEGO", 682), ("CLAYTON", 13000), ("DUKE", 404),
]  # fmt: skip
X, Y = -122.42916360922355, 37.729900216217324
MIDDLE, LOW, HIGH = -122.41600944012424, -122.46471267081272, -122.4063085128395


def lots(count: int) -> list[bytes]:
    """Return lots as JSON, about 900 bytes each, in the published proportions."""
    rnd = random.Random(6)
    streets, street_weights = _weighted(STREETS)
    planted, lot_weights = _weighted(LOTS)
    return [
        orjson.dumps(
            _lot(rnd, rnd.choices(streets, street_weights)[0], rnd.choices(planted, lot_weights)[0]),
        )
        for _ in range(count)
    ]


def _weighted(planted: list[tuple[str, int]]) -> tuple[list[str | None], list[int]]:
    names: list[str | None] = [name for name, _ in planted]
    return [*names, None], [*(times for _, times in planted), TOTAL - sum(times for _, times in planted)]


def _lot(rnd: random.Random, street: str | None, lot: str | None) -> dict[str, Any]:
    block = f"{rnd.randrange(10_000):04d}"
    number = f"{rnd.randrange(1_000):03d}"
    points = [_point(rnd) for _ in range(10)]
    return {
        "type": "Feature",
        "properties": {
            "MAPBLKLOT": lot or block + number,
            "BLKLOT": block + number,
            "BLOCK_NUM": block,
            "LOT_NUM": number,
            "FROM_ST": str(rnd.randrange(1, 4000)),
            "TO_ST": str(rnd.randrange(1, 4000)),
            "STREET": street or f"STREET{rnd.randrange(2000)}",
            "ST_TYPE": "ST" if rnd.random() < 0.546 else "AVE",
            "ODD_EVEN": rnd.choice("EO"),
        },
        "geometry": {
            "type": "MultiPolygon" if rnd.random() < 120 / TOTAL else "Polygon",
            "firstCoordinates": points[0],
            "coordinates": points,
        },
    }


def _point(rnd: random.Random) -> dict[str, float]:
    x = X if rnd.random() < 0.0001 else rnd.uniform(-122.47, -122.39)
    return {"x": x, "y": rnd.uniform(37.70, 37.81), "z": 0.0}


def _each(template: str, *values: Any) -> list[str]:
    return [template.replace("{}", str(value)) for value in values]


LOT, STREET, KIND = "properties.MAPBLKLOT", "properties.STREET", "geometry.type"
EXACT = _each(f"{LOT} == '{{}}'", "1430022", "2607117", "2607218", "3745012", "VACSTWIL")
WILDCARD = _each(f"glob({LOT}, '{{}}')", "143*", "2*0*1*7", "*218", "3*5*2", "VA*IL")
PREFIX = _each(f"prefix({STREET}, '{{}}')", "AC", "BL", "DR", "FU", "RH")
SUFFIX = _each(f"suffix({STREET}, '{{}}')", "ON", "KE", "MM", "ING", "GO")
IGNORE_CASE = [
    *_each(f"lower({STREET}) == '{{}}'", "jefferson", "beach", "hyde", "chestnut"),
    "lower(properties.ST_TYPE) == 'st'",
]
NUMERIC = [
    f"{KIND} == 'Polygon' && geometry.firstCoordinates.x == `{X}`",
    f"{KIND} == 'MultiPolygon' && geometry.firstCoordinates.z == `0`",
    f"geometry.firstCoordinates.x < `{MIDDLE}`",
    f"geometry.firstCoordinates.x > `{MIDDLE}`",
    f"geometry.firstCoordinates.x > `{LOW}` && geometry.firstCoordinates.x < `{HIGH}`",
]
COMPLEX_ARRAYS = [
    f"{KIND} == 'Polygon' && geometry.coordinates[?x == `{X}`]",
    f"{KIND} == 'MultiPolygon' && geometry.coordinates[?y == `{Y}`]",
    f"geometry.coordinates[?x < `{MIDDLE}`]",
    f"geometry.coordinates[?x > `{MIDDLE}`]",
    f"geometry.coordinates[?x > `{LOW}` && x < `{HIGH}`]",
]
ANYTHING_BUT = [
    f"{STREET} && {STREET} != 'FULTON'",
    f"{STREET} && {STREET} != 'MASON'",
    "properties.ST_TYPE && properties.ST_TYPE != 'ST'",
    f"{KIND} && {KIND} != 'Polygon'",
    "properties.FROM_ST && properties.FROM_ST != '441'",
]

RULE_SETS: dict[str, list[str]] = {
    "EXACT": EXACT,
    "WILDCARD": WILDCARD,
    "PREFIX": PREFIX,
    "PREFIX, ignore case": _each(f"prefix(lower({STREET}), '{{}}')", "ac", "bl", "dr", "fu", "rh"),
    "SUFFIX": SUFFIX,
    "SUFFIX, ignore case": _each(f"suffix(lower({STREET}), '{{}}')", "on", "ke", "mm", "ing", "go"),
    "EQUALS-IGNORE-CASE": IGNORE_CASE,
    "COMPLEX-ARRAYS": COMPLEX_ARRAYS,
    "NUMERIC": NUMERIC,
    "ANYTHING-BUT": ANYTHING_BUT,
    "ANYTHING-BUT, ignore case": _each(
        f"{STREET} && lower({STREET}) != '{{}}'", "fulton", "mason", "hyde", "beach", "duke"
    ),
    "ANYTHING-BUT, prefix": _each(f"{STREET} && !prefix({STREET}, '{{}}')", "FULTO", "MASO", "HY", "BEAC", "DUK"),
    "ANYTHING-BUT, suffix": _each(f"{STREET} && !suffix({STREET}, '{{}}')", "ULTON", "ASON", "YDE", "EACH", "UKE"),
    "ANYTHING-BUT, wildcard": _each(f"{STREET} && !glob({STREET}, '{{}}')", "*ULTO*", "MAS*", "*YDE", "B*H", "*UK*"),
    "PARTIAL-COMBO": [*EXACT, *WILDCARD, *PREFIX, *SUFFIX, *IGNORE_CASE, *NUMERIC, *COMPLEX_ARRAYS, *ANYTHING_BUT],
}
