"""Elements that carry the text of the law: the document, its clauses, code lists, concepts, the data regime, the calendar."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from sapa.packs.base import ClauseRefs, Code, Element, Id, Model, PeriodBound, Text

ClauseKind = Literal[
    "definition",
    "duty",
    "recommendation",
    "permission",
    "prohibition",
    "exception",
    "deadline",
    "figure",
    "target",
    "task",
    "measure",
]

LineSpans = Annotated[tuple[int | str, ...], Field(min_length=1, description="Line numbers of the document: 12 or '12-15'.")]


DayBound = Annotated[
    Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")] | None,
    BeforeValidator(lambda v: str(v) if isinstance(v, int) and not isinstance(v, bool) else v),
]
"""A year, a month or a day that bounds the life of a code: ``2020``, ``2020-09``, ``2020-09-01``."""


def expand_lines(spans: tuple[int | str, ...]) -> list[int]:
    """``(3, "5-7")`` → ``[3, 5, 6, 7]``; raises ``ValueError`` on anything else."""
    out: list[int] = []
    for span in spans:
        first, _, last = str(span).partition("-")
        if int(last or first) < int(first):
            raise ValueError(f"the span {span} ends before it starts")
        out.extend(range(int(first), int(last or first) + 1))
    return out


class Document(Model):
    """The document a pack encodes: a regulation, a standard, or the description of a data source."""

    kind: Literal["regulation", "standard", "data-source", "own-decision"] = "regulation"
    title: Text
    issuer: Text
    number: str = ""
    date: str = Field("", description="Date of the document, ISO.")
    language: str = Field(description="Language of the document itself.")
    file: str = Field("", description="File name of the text the clauses' line numbers refer to.")
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    lines: int = Field(0, ge=0, description="Number of lines in that file.")


class PackMeta(Model):
    """``pack.yaml``: who the pack is, which document it encodes, what it builds on."""

    id: Id
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    title: Text
    kind: Literal["codes", "regulation", "return", "overlay"]
    country: str = Field(
        "", pattern=r"^([A-Z]{2})?$", description="ISO 3166-1 alpha-2; empty where the pack belongs to no country."
    )
    languages: tuple[str, ...] = Field(min_length=1)
    document: Document
    imports: tuple[Id, ...] = Field((), description="Packs whose elements this one uses.")
    overlays: Id | None = Field(None, description="The pack whose elements this one may replace (with overrides: true).")
    regime: Id | None = Field(None, description="The pack whose data regime a run borrows where it names none.")


class Clause(Model):
    """One provision of the document."""

    path: str = Field(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$")
    lines: LineSpans = ()
    kind: ClauseKind
    text: Text
    horizon: Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)] = ""
    note: Text | None = None


class LeftOut(Model):
    """Lines of the document that hold no provision, and why."""

    lines: LineSpans
    reason: Text


class Tile(Model):
    """Where a place stands on a map of tiles of one size: roughly as it lies, without borders."""

    x: int = Field(ge=0, le=60, description="Column, from the left.")
    y: int = Field(ge=0, le=60, description="Row, from the top.")
    short: Text | None = Field(None, description="A name short enough for a tile; empty = the title.")


class CodeItem(Model):
    """One code of a code list."""

    code: Code
    title: Text
    parent: Code | None = Field(None, description="Code one level up in the same list.")
    aliases: tuple[str, ...] = Field(
        (), description="Other spellings that sources use; matched after trimming, case-insensitively."
    )
    isced: str | None = Field(None, description="ISCED 2011 level or programme category, where the code maps to one.")
    valid_from: DayBound = None
    valid_to: DayBound = None
    clause: ClauseRefs | None = Field(None, description="Provisions that speak of this code alone: what a body has to do.")
    note: Text | None = None
    tile: Tile | None = Field(None, description="Of a place: its tile on a map; one column and row is one place of its rank.")


class CodeList(Element):
    """A closed list of codes, flat or hierarchical, each code dated."""

    items: tuple[CodeItem, ...] = Field(min_length=1)
    standard: str = Field("", description="The international classification it maps to, e.g. ISCED 2011.")

    @model_validator(mode="after")
    def _tiles_apart(self) -> CodeList:
        parents = {item.code: item.parent for item in self.items}
        seen: dict[tuple[int, int, int], str] = {}
        for item in self.items:
            if item.tile is not None:
                rank, above = 0, item.parent
                while above in parents and rank < len(parents):
                    rank, above = rank + 1, parents[above]
                other = seen.setdefault((rank, item.tile.x, item.tile.y), item.code)
                if other != item.code:
                    raise ValueError(f"the tiles of {other} and {item.code} lie on each other: give each its own x and y")
        return self


class Concept(Element):
    """What a field means, independent of the data set that asks for it: one fact is asked for once."""

    definition: Text | None = None


class EvidenceSource(Element):
    """A kind of document or material the law orders to be gathered, and what it feeds."""

    form: Literal["dataset", "document"]
    issuer: Text
    period: Literal["year", "half-year", "quarter", "month", "event"]
    feeds: tuple[str, ...] = Field(
        min_length=1, description="Indicators or report sections it feeds: indicator:ID or section:ID."
    )


class Duty(Element):
    """Who must or may do what in the data regime; the engine's mechanism that implements it."""

    who: tuple[str, ...] = Field(min_length=1, description="Codes of the list of subjects.")
    action: Literal[
        "enter", "update", "control", "sign", "freeze", "notify", "publish", "correct", "observe", "register", "provide"
    ]
    channels: tuple[Literal["form", "spreadsheet", "api", "integrated-system"], ...] = ()
    checks: tuple[Literal["completeness", "correctness", "timeliness"], ...] = ()
    deadline: Id | None = Field(None, description="The calendar item that limits it in time.")
    mechanism: str = Field(
        description="The step of the chain that implements it: collect, verify, sign, freeze, compute, publish."
    )


class Regime(Element):
    """A data regime: which duties, lists and calendar items govern a run that names it."""

    subjects: Id = Field(description="Code list of the subjects that report.")
    levels: Id
    coverage: Id
    forms: Id
    kinds: Id
    duties: tuple[Id, ...] = Field(min_length=1)
    freeze: Id = Field(description="The calendar item with the freeze window.")
    borrowed: Text = Field(
        description="What a run says that borrows this regime for data of another country; {owner} is the data's pack."
    )


class Reading(Model):
    """How a pack reads words the law leaves open."""

    question: Text
    answer: Text


class External(Element):
    """A registered external source of figures: issuer, date, file, hash."""

    issuer: Text
    date: str
    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    period: PeriodBound = None


__all__ = [
    "Clause",
    "ClauseKind",
    "ClauseRefs",
    "CodeItem",
    "CodeList",
    "Concept",
    "Document",
    "Duty",
    "EvidenceSource",
    "External",
    "LeftOut",
    "PackMeta",
    "Reading",
    "Regime",
    "expand_lines",
]
