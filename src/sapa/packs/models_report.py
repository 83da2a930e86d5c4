"""Reports: which tables, charts and comparisons a document draws from the figures; and the targets they are held against."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from sapa.packs.base import ClauseRefs, Code, Element, FieldId, Id, Model, Period, Text
from sapa.packs.models_indicator import Direction

ReportKind = Literal["yearbook", "compendium", "national", "place", "institution", "programme"]
ChartType = Literal["bar", "line", "grouped-bar", "distribution", "map", "small-multiples"]
Shown = Literal["figures", "targets", "problems", "standing"]


class TableSpec(Model):
    """A table of a report: indicators in columns (or one indicator over another dimension), places or codes in rows."""

    id: Id
    title: Text
    clause: ClauseRefs
    indicators: tuple[Id, ...] = Field(min_length=1)
    rows: FieldId | None = Field(None, description="Dimension in rows; empty = periods in rows.")
    columns: FieldId | Literal["period"] | None = Field(
        None, description="Second dimension or 'period', for tables of one indicator."
    )
    note: Text | None = None


def _fitting(kind: str, by: str, series: str | None) -> None:
    """Raises ``ValueError`` where a chart of a kind can't be drawn by these."""
    if kind == "small-multiples" and (by != "period" or series is None):
        raise ValueError("small multiples are drawn by period, with a series that makes the panels")
    if kind in ("map", "distribution") and (by == "period" or series is not None):
        raise ValueError(f"a chart of type {kind} is drawn by one dimension, without a series")


class ChartSpec(Model):
    """A chart of a report."""

    id: Id
    title: Text
    clause: ClauseRefs
    type: ChartType = Field(
        description="distribution: a dot a code on one scale; map: a tile a place; small-multiples: a panel over the periods for "
        "each code of `series`."
    )
    indicator: Id
    by: FieldId | Literal["period"] = "period"
    series: FieldId | None = None

    @model_validator(mode="after")
    def _fits(self) -> ChartSpec:
        _fitting(self.type, self.by, self.series)
        return self


class Layout(Model):
    """A way to lay out tables that are not listed one by one: they are made for the indicators of the chapter's theme.

    Only tables are made that the data fill: a cut that an indicator does not have gives none. So one template serves the data of
    several packs.
    """

    id: Id
    clause: ClauseRefs
    rows: FieldId | Literal["period", "any"] = Field(
        description="Dimension in rows; 'period': the periods; 'any': each dimension that the indicators are cut by, in turn."
    )
    columns: FieldId | Literal["period", "any"] | None = Field(
        None, description="Second dimension, 'period', or 'any': each dimension that they are cut by together with the rows."
    )
    each: StrictBool = Field(False, description="true: one table an indicator; false: one table of all indicators of a theme.")


class Drawing(Model):
    """A way to draw charts that are not listed one by one: of the first indicators of the chapter's theme."""

    id: Id
    clause: ClauseRefs
    type: ChartType
    by: FieldId | Literal["period"] = "period"
    series: FieldId | None = None
    most: int = Field(1, ge=1, le=20, description="Charts of one theme at most: those of its first indicators that have figures.")

    @model_validator(mode="after")
    def _fits(self) -> Drawing:
        _fitting(self.type, self.by, self.series)
        return self


class Chapter(Model):
    """A chapter of a report: one theme, or one comparison of figures."""

    id: Id
    title: Text
    theme: Id | None = Field(None, description="The theme its figures belong to; without one in chapters of other kinds.")
    shows: Shown = Field(
        "figures",
        description="figures: tables and charts of the theme; targets: targets against facts; problems: what moved the wrong "
        "way, which places stand last, what the returns were found to lack; standing: a place or institution beside those "
        "above it.",
    )
    by: FieldId | None = Field(None, description="problems: the dimension whose codes are compared, e.g. region.")
    beside: tuple[FieldId, ...] = Field(
        (), description="standing, of an institution: dimensions whose code it has, compared with it, e.g. district, type."
    )
    tables: tuple[TableSpec, ...] = ()
    charts: tuple[ChartSpec, ...] = ()
    layouts: tuple[Layout, ...] = ()
    drawings: tuple[Drawing, ...] = ()

    @model_validator(mode="after")
    def _of_something(self) -> Chapter:
        if self.shows == "figures" and self.theme is None:
            raise ValueError("a chapter that shows figures names its theme")
        if self.shows != "figures" and (self.tables or self.charts or self.layouts or self.drawings):
            raise ValueError("tables, charts, layouts and drawings stand in chapters that show figures")
        return self


class Report(Element):
    """A document drawn from facts only."""

    kind: ReportKind = Field(
        "yearbook",
        description="yearbook: tables, charts and a reading; compendium: tables only; national: state and development of the "
        "system, targets against facts, typical problems; place: one code of a dimension in `scope`; institution: one reporting "
        "unit; programme: targets against facts.",
    )
    scope: tuple[FieldId, ...] = Field(
        (), description="place: dimensions one of whose codes it may be about, e.g. region, district."
    )
    deadline: Id | None = Field(None, description="The calendar item by which it is published.")
    chapters: tuple[Chapter, ...] = Field(min_length=1)
    subtitle: Text | None = None

    @model_validator(mode="after")
    def _of_its_kind(self) -> Report:
        if self.kind == "compendium" and any(chapter.charts or chapter.drawings for chapter in self.chapters):
            raise ValueError("a compendium holds tables only: leave out charts and drawings")
        if (self.kind == "place") != bool(self.scope):
            raise ValueError("a report of kind place names the dimensions of its scope, and only such a report does")
        return self


def _periods(value: Any) -> Any:
    """YAML reads a year as a number; a period is a text."""
    return {str(key): number for key, number in value.items()} if isinstance(value, dict) else value


class Target(Element):
    """A value an indicator is to reach in each of some periods, as the document states it."""

    unit: str = Field(description="Unit of the values, as an indicator's.")
    decimals: int = Field(0, ge=0, le=9)
    values: Annotated[dict[Period, float], BeforeValidator(_periods)] = Field(
        min_length=1, description="Value by period: {2023: 24.0, 2024: 32.0}."
    )
    direction: Direction = Field("higher", description="higher: the value or more reaches it; lower: the value or less.")
    indicator: Id | None = Field(None, description="The indicator whose figure is held against it; empty where none is computed.")
    cut: dict[FieldId, Code] = Field(default_factory=dict, description="Codes the figure is taken for; empty = all.")
    bodies: tuple[str, ...] = Field((), description="Who answers for it, in the document's abbreviations.")
    cumulative: StrictBool = Field(False, description="Values grow from the first period on.")

    @model_validator(mode="after")
    def _measured(self) -> Target:
        if self.cut and self.indicator is None:
            raise ValueError("a cut belongs to an indicator: name it, or leave the cut out")
        if self.direction == "neutral":
            raise ValueError("a target is reached from one side: direction is higher or lower")
        return self
