"""The made-up country's districts: codes only; their names stand in the pack that describes it."""

from __future__ import annotations

import numpy as np

from sapa.demo.frame import Array, day

REPUBLIC = "REP"
REGIONS = ("R1", "R2", "R3", "R4", "R5", "R6", "RC")
"""Six regions and the capital."""

DISTRICTS_OF = {region: 4 if region == "RC" else 8 for region in REGIONS}
DISTRICTS = tuple(f"{region}-{number:02d}" for region in REGIONS for number in range(1, DISTRICTS_OF[region] + 1))
"""District codes in order of region; the first district of a region holds its main city."""

CAPITAL = np.array([code.startswith("RC") for code in DISTRICTS])
MAIN_CITY = np.array([code.endswith("-01") for code in DISTRICTS]) | CAPITAL

MERGED_AWAY, MERGED_INTO = DISTRICTS.index("R3-08"), DISTRICTS.index("R3-07")
MERGED_ON = day(2022, 7, 1)
"""On that day the district R3-08 became part of R3-07."""


def district_weights() -> Array:
    """Relative number of institutions of each district."""
    return np.where(CAPITAL, 4.0, np.where(MAIN_CITY, 3.5, 1.0))


def districts_on(districts: Array, on: int) -> Array:
    """District of each institution on a day: a reorganised district's institutions stand in its successor afterwards."""
    if on < MERGED_ON:
        return districts
    return np.where(districts == MERGED_AWAY, MERGED_INTO, districts)
