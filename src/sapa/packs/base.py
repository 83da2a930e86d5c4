"""What every element of a pack has in common: identity, titles in the pack's languages, clauses, validity in time."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*([-_.][a-z0-9]+)*$", max_length=80)]
"""Identifier of an element: lower case Latin letters and digits, joined by ``-``, ``_`` or ``.``."""

FieldId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""Identifier of a field or dimension: usable as a column name in SQL without quoting."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\s\x00-\x1f/\\][^\x00-\x1f]*$")]
"""A value of a code list as it is stored in rows."""

Text = Annotated[dict[str, str], Field(description="The text in each language of the pack: {en: …, ru: …}.")]

Period = Annotated[str, StringConstraints(pattern=r"^\d{4}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?$")]
"""Reference period: ``2020`` (a year), ``2020-H1``, ``2020-Q3``, ``2020-09``. Sorts as text within one kind."""


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _quoted_period(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ClauseRefs = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_tuple),
    Field(
        min_length=1,
        description="Path of the clause it comes from, e.g. p9; of another pack as pack-id:p9. Several as a list.",
    ),
]
PeriodBound = Annotated[Period | None, BeforeValidator(_quoted_period)]


class Model(BaseModel):
    """Strict and frozen: an unknown key is an error, a loaded pack can't change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, str_strip_whitespace=False)


class Element(Model):
    """Anything a pack defines that can be cited, versioned and traced back to a clause."""

    id: Id = Field(description="Identifier, unique among elements of its kind at any one time.")
    clause: ClauseRefs
    title: Text
    valid_from: PeriodBound = Field(None, description="First reference period in which this version holds; empty = always.")
    valid_to: PeriodBound = Field(None, description="Last reference period in which this version holds; empty = still.")
    overrides: StrictBool = Field(False, description="True where this element replaces one of the same id in an imported pack.")

    def holds(self, period: str | None) -> bool:
        """Whether this version holds in ``period`` (``None`` asks for the version without an end)."""
        return holds(self.valid_from, self.valid_to, period)


def holds(valid_from: str | None, valid_to: str | None, period: str | None) -> bool:
    """Whether ``[valid_from, valid_to]`` contains ``period``; bounds are inclusive, compared on their common length.

    ``2020`` contains ``2020-H1``: a bound given as a year holds for every period inside that year.
    """
    if period is None:
        return valid_to is None
    after = valid_from is None or period[: len(valid_from)] >= valid_from[: len(period)]
    before = valid_to is None or period[: len(valid_to)] <= valid_to[: len(period)]
    return after and before


class Validity(Model):
    """Validity by calendar date, for codes whose life does not follow reference periods."""

    valid_from: date | None = None
    valid_to: date | None = None
