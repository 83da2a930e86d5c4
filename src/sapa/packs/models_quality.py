"""An institution's own quality system: criteria, procedures, instruments, the monitoring plan, its documents, what may leave."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictBool

from sapa.packs.base import ClauseRefs, Code, Element, Id, Model, Text
from sapa.packs.models_indicator import Direction

Codes = tuple[Code, ...]
OURS = Field(False, description="True where the document leaves it open and the pack fills it: an institution may replace it.")


class Sign(Model):
    """What a criterion is judged by: an indicator as the document words it, computed or established by people."""

    id: Id
    title: Text
    clause: ClauseRefs
    direction: Direction = "neutral"
    figures: tuple[Id, ...] = Field(
        (), description="Indicators that compute it, the decisive one first; empty: people establish it by `methods`."
    )
    methods: Codes = Field((), description="Codes of the methods by which it is established, beside the figures or instead.")
    key: StrictBool = Field(False, description="Belongs to the key indicators of the overall appraisal.")
    ours: StrictBool = OURS
    note: Text | None = None


class Criterion(Element):
    """A criterion, or what criteria are ordered by: a direction, a requirement of it."""

    rank: Literal["component", "direction", "requirement", "criterion"] = "criterion"
    parent: Id | None = Field(None, description="The criterion above it.")
    subject: Code | None = Field(None, description="Code of what is evaluated, where the document names such subjects.")
    levels: Id | None = Field(None, description="Code list of the levels it is rated on, the best first; empty: as its parent.")
    signs: tuple[Sign, ...] = ()
    ours: StrictBool = OURS


class Study(Model):
    """One item of a procedure: a study, an examination, an analysis."""

    id: Id
    title: Text
    clause: ClauseRefs
    datasets: tuple[Id, ...] = Field((), description="Data sets that hold what it finds.")
    figures: tuple[Id, ...] = Field((), description="Indicators that sum it up.")
    methods: Codes = ()


class Procedure(Element):
    """How one subject of evaluation is examined: the studies it consists of."""

    subject: Code
    studies: tuple[Study, ...] = Field(min_length=1)


class Option(Model):
    """An answer offered, or a point of a scale named in words."""

    code: Code
    title: Text


class PointScale(Model):
    """A numeric scale, both ends included."""

    low: int
    high: int
    step: int = Field(1, ge=1)


class Point(Model):
    """An item of an instrument: what is asked, looked at or read, and how it is answered."""

    id: Id
    title: Text
    clause: ClauseRefs | None = Field(None, description="Where it differs from the instrument's clause.")
    informs: tuple[str, ...] = Field((), description="What it informs: criterion.sign, or a criterion.")
    type: Literal[
        "text", "note", "integer", "decimal", "date", "time", "select-one", "select-many", "rank", "scale", "acknowledge"
    ] = Field("text", description="How it is answered.")
    codes: Id | None = Field(None, description="Code list of the answers offered; of a scale: the words of its points.")
    options: tuple[Option, ...] = Field((), description="The answers offered, where no code list has them.")
    other: StrictBool = Field(False, description="True where the answer may also be given in words of one's own (semi-closed).")
    scale: PointScale | None = None
    remark: StrictBool = Field(False, description="True where a line for remarks follows.")
    required: StrictBool = False
    relevant: str = Field("", description="Expression (XLSForm) on which it is asked, points named with _ for - and .")
    constraint: str = Field("", description="Expression (XLSForm) that the answer, written `.`, must fulfil.")
    message: Text | None = Field(None, description="What is said where the constraint is not fulfilled.")
    hint: Text | None = None


class Participants(Model):
    """Who takes part in a group: how many, and the roles beside them."""

    minimum: int = Field(ge=1)
    maximum: int = Field(ge=1)
    roles: Codes = ()


class Instrument(Element):
    """A tool of evidence with its items."""

    form: Literal["questionnaire", "interview", "focus-group", "observation", "document-study", "test"]
    audience: Codes = Field((), description="Whom it is put to, or whom it watches.")
    points: tuple[Point, ...] = ()
    closure: Literal["closed", "open", "semi-closed", "combined"] | None = Field(
        None, description="Of a questionnaire, where the document or the pack sets it; the points must agree."
    )
    structure: Literal["structured", "semi-structured", "unstructured"] | None = Field(None, description="Of an interview.")
    participants: Participants | None = Field(None, description="Of a focus group.")
    notice: Text | None = Field(None, description="What is recorded and how, told before anything is.")
    ours: StrictBool = OURS


class Product(Element):
    """A document the quality system issues, and whom it is handed to."""

    form: Literal["note", "order", "report", "public-report", "self-examination", "plan", "decision"]
    audiences: Codes = ()
    deadline: Id | None = Field(None, description="The calendar item it is due by.")
    report: Id | None = Field(None, description="The report of the pack it is drawn from.")
    required_for: tuple[Literal["accreditation", "licensing"], ...] = Field(
        (), description="Applications that must carry this document."
    )


class MonitoringLine(Element):
    """A line of the monitoring plan: what is watched, how often, on which level, by whom, and what comes of it."""

    form: Literal["continuous", "periodic"]
    periodicity: Literal["lesson", "week", "month", "quarter", "half-year", "year", "event"]
    level: Code = Field(description="Code of the level of monitoring.")
    responsible: Codes = Field(min_length=1)
    procedures: tuple[Id, ...] = ()
    criteria: tuple[Id, ...] = ()
    methods: Codes = ()
    products: tuple[Id, ...] = Field(min_length=1)
    deadline: Id | None = None
    ours: StrictBool = OURS


class Policy(Element):
    """What may leave the institution, and what the material must not be used for: whoever shows or sends it keeps to this."""

    about: Literal["results", "evidence", "answers", "notes"]
    leaves: Literal["never", "when-published", "by-duty"]
    receivers: Codes = Field((), description="by-duty: codes of the bodies that receive it.")
    not_for: tuple[Literal["rating-of-staff", "sanctions", "comparison-of-institutions"], ...] = ()


__all__ = [
    "Criterion",
    "Instrument",
    "MonitoringLine",
    "Option",
    "Participants",
    "Point",
    "PointScale",
    "Policy",
    "Procedure",
    "Product",
    "Sign",
    "Study",
]
