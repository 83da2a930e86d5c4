"""Disclosure control: which figures describe so few persons that they are not published."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sapa.packs.base import Element, Id


class Disclosure(Element):
    """How the figures of one data set are protected when they are published.

    A count is *small* where it is above zero and below ``threshold``. What counts as a count: the persons a figure rests on, the
    numerator of a share, and what the numerator leaves of the denominator.
    """

    dataset: Id
    counts: Literal["persons", "institutions"] = Field(
        description="What a row describes: figures about persons are protected, figures about institutions are not."
    )
    threshold: int = Field(10, ge=2, le=1000, description="Counts of persons above zero and below this are not published.")
    width: int = Field(
        5, ge=1, le=1000, description="Least width, in persons, of the interval in which a reader can locate a hidden count."
    )
    precision: float = Field(
        10,
        gt=0,
        le=100,
        description="p of the p %-rule for sums that rest on few persons: the interval left to a reader reaches p percent "
        "above and below the sum.",
    )
    zeros: Literal["shown", "hidden"] = Field(
        "shown", description="hidden: that nobody or everybody of a group has a trait counts as a small figure too."
    )
    method: Literal["suppress", "round"] = Field(
        "suppress", description="suppress: small figures and what would give them back are left out; round: counts are rounded."
    )
    base: int | None = Field(
        None, ge=2, le=1000, description="round: counts are multiples of this; at least the threshold, more than the width."
    )
    one_institution: Literal["shown", "hidden"] = Field(
        "shown", description="Whether figures of a single institution may be shown, under the same rules as all others."
    )

    def exposes(self, low: float, high: float) -> bool:
        """Whether somebody who locates a small count between these numbers has found it out.

        A rounded count that may still be zero is not shown to be small: zero is no secret.
        """
        proved = high < self.threshold and (self.method == "suppress" or low > 0)
        return proved or high - low < self.width

    @model_validator(mode="after")
    def _complete(self) -> Disclosure:
        if (self.method == "round") != (self.base is not None):
            raise ValueError("base is given with method: round, and only there")
        if self.base is not None and (self.threshold > self.base or self.width >= self.base):
            raise ValueError("with method: round, base is at least the threshold and more than the width")
        return self
