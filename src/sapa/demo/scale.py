"""How big the country is."""

from __future__ import annotations

from dataclasses import dataclass

from sapa.errors import UserError

FULL_UNITS, FULL_LEARNERS, FULL_STAFF = 7_000, 2_000_000, 417_000
"""A middle-sized country: institutions, learners, staff."""


@dataclass(frozen=True)
class Scale:
    """Numbers of institutions, learners and staff aimed at (learners and staff come out within a few percent)."""

    units: int
    learners: int
    staff: int

    @classmethod
    def of(cls, scale: str | float | Scale) -> Scale:
        """``"small"`` (120 institutions), ``"full"`` (7,000), or a fraction of the full size between 0.005 and 1."""
        if isinstance(scale, Scale):
            return scale
        if scale == "small":
            return cls(120, 20_000, 4_200)
        if scale == "full":
            return cls(FULL_UNITS, FULL_LEARNERS, FULL_STAFF)
        try:
            part = float(scale)
        except ValueError:
            part = 0.0
        if not 0.005 <= part <= 1.0:
            raise UserError(f"no scale {scale!r}", todo="take small, full, or a fraction from 0.005 to 1")
        return cls(round(FULL_UNITS * part), round(FULL_LEARNERS * part), round(FULL_STAFF * part))
