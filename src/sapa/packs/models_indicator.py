"""Indicators, themes and executed cases."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sapa.packs.base import Element, FieldId, Id, Model, PeriodBound, Text

Direction = Literal["higher", "lower", "neutral"]


class Theme(Element):
    """A chapter of indicators, e.g. network, enrolment, staff."""

    answers: tuple[str, ...] = Field(
        (),
        description="Themes of a data regime this one belongs to, as pack-id:theme-id: a report of that regime, where a run "
        "borrows it, takes its figures from here.",
    )


class _Indicator(Element):
    theme: Id
    unit: str = Field(description="Unit of the value: percent, person, persons per teacher, institution, thousand UAH …")
    decimals: int = Field(1, ge=0, le=9, description="Digits after the point in presentation; computation is never rounded.")
    direction: Direction = "neutral"
    uis: str | None = Field(None, description="Code of the same indicator in the UNESCO UIS list, where it is the same.")
    method: Text | None = Field(None, description="How to read it, its limits.")
    cuts: tuple[tuple[FieldId, ...], ...] | None = Field(None, description="Instead of the data set's cuts.")


class _Measured(_Indicator):
    dataset: Id
    where: str | None = Field(None, description="Scalar condition on the rows that count.")


class CountIndicator(_Measured):
    """Number of rows."""

    kind: Literal["count"]


class SumIndicator(_Measured):
    """Sum of a scalar expression over rows."""

    kind: Literal["sum"]
    of: str


class MeanIndicator(_Measured):
    """Arithmetic mean of a scalar expression over rows where it is not null."""

    kind: Literal["mean"]
    of: str


class QuantileIndicator(_Measured):
    """Quantile of a scalar expression, linear interpolation between order statistics (Hyndman–Fan type 7)."""

    kind: Literal["quantile"]
    of: str
    q: float = Field(gt=0, lt=1)


class DistinctIndicator(_Measured):
    """Number of different values of a scalar expression (a person counted twice is counted once)."""

    kind: Literal["distinct"]
    of: str


class RatioIndicator(_Measured):
    """One aggregate over another, times ``scale``. Both may use sum(), count(), count_if() and arithmetic of these."""

    kind: Literal["ratio"]
    numerator: str
    denominator: str
    scale: int = Field(1, description="100 for a percentage.")
    adds_up_over: FieldId | None = Field(None, description="Dimension over which the published percentages must add up to 100.")


class ConditionIndicator(_Measured):
    """A yes-or-no condition on a row: of all rows where it is known, how many it holds for, times ``scale``.

    Of one row the value is ``scale`` (yes) or 0 (no); of several it is a share.
    """

    kind: Literal["condition"]
    holds_when: str = Field(description="Scalar condition; rows where it is null are not counted at all.")
    scale: int = Field(100, description="100 for a percentage of rows.")


class DerivedIndicator(_Indicator):
    """Arithmetic over other indicators of the same cut and period, of one data set or of several."""

    kind: Literal["derived"]
    inputs: dict[FieldId, Id] = Field(min_length=1)
    expr: str
    zero: tuple[FieldId, ...] = Field(
        (),
        description="Inputs that count 0 in a cell where the others have a fact and they have none: nobody of a class took part. "
        "Only where the input is known at all: see `within`.",
    )
    within: FieldId | None = Field(
        None,
        description="The dimension that tells whether the input of `zero` is known: in cells of a code of it for which the input "
        "has no fact in any cell, nothing is made up. Empty: it is known where it has any fact of the period.",
    )

    @model_validator(mode="after")
    def _some_input_counts_cells(self) -> DerivedIndicator:
        if set(self.zero) - set(self.inputs) or (self.zero and set(self.zero) == set(self.inputs)):
            raise ValueError("`zero` names some of the inputs, and never all: the others say which cells there are")
        return self


class GrowthIndicator(_Indicator):
    """Change of another indicator against ``lag`` periods earlier, in percent of the earlier value."""

    kind: Literal["growth"]
    of: Id
    lag: int = Field(1, ge=1, le=20)


class ParityIndicator(_Indicator):
    """Adjusted parity index of another indicator: a/b where a <= b, else 2 - b/a, so that it lies in [0, 2]."""

    kind: Literal["parity"]
    of: Id
    by: FieldId
    a: str = Field(description="Code of the group in the numerator, e.g. female.")
    b: str


class CohortIndicator(_Measured):
    """A rate whose numerator is observed ``lead`` periods later, e.g. repetition = repeaters of t+1 over enrolment of t."""

    kind: Literal["cohort"]
    numerator: str
    denominator: str
    lead: int = Field(1, ge=1, le=10)
    scale: int = 100
    numerator_shift: dict[FieldId, int] = Field(
        default_factory=dict,
        description="Dimension whose numeric code in the later period is moved by this much, e.g. {grade: -1}.",
    )


Indicator = Annotated[
    CountIndicator
    | SumIndicator
    | MeanIndicator
    | QuantileIndicator
    | DistinctIndicator
    | RatioIndicator
    | ConditionIndicator
    | DerivedIndicator
    | GrowthIndicator
    | ParityIndicator
    | CohortIndicator,
    Field(discriminator="kind"),
]


class Case(Model):
    """An executed example: input rows or dates → expected findings, facts, dates. It proves clauses and elements."""

    id: Id
    kind: Literal["verify", "facts", "date", "freeze"]
    proves: tuple[str, ...] = Field(min_length=1, description="Clause paths, and elements as rule:ID, indicator:ID, deadline:ID.")
    title: Text
    dataset: Id | None = None
    period: PeriodBound = None
    rows: tuple[dict[str, Any], ...] = ()
    previous: tuple[dict[str, Any], ...] = ()
    next: tuple[dict[str, Any], ...] = Field((), description="Rows of the following period, for cohort rates.")
    register_rows: tuple[dict[str, Any], ...] = Field((), description="Rows of the register the data set takes attributes from.")
    tables: dict[Id, tuple[dict[str, Any], ...]] = Field(
        default_factory=dict, description="facts: rows of further data sets of the same period, by data set, beside `rows`."
    )
    given: dict[str, Any] = Field(
        default_factory=dict,
        description="date/freeze: the item, the reference dates, today; verify/facts: base (fields every row has), "
        "like (a case whose base it shares); verify: register.",
    )
    expect: Any = Field(
        description="verify: list of {rule, row, field?}; facts: list of {indicator, cut?, numerator?, denominator?, value?, "
        "count?, flag?}, the value null where there is none; date: {due, late}; freeze: {state, problems}."
    )

    @model_validator(mode="after")
    def _complete(self) -> Case:
        if self.kind in ("verify", "facts") and self.dataset is None:
            raise ValueError("a case of kind verify or facts names its dataset")
        if self.tables and (self.kind != "facts" or self.dataset in self.tables):
            raise ValueError("tables holds the rows of further data sets, and only in a case of kind facts")
        return self
