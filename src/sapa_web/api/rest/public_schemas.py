"""What the routes for everybody give back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field


class PublicationOut(Schema):
    """A series of releases."""

    id: str
    pack: str
    title: str
    summary: str


class PublicationsOut(Schema):
    """The series with a public release."""

    items: list[PublicationOut]


class FileOut(Schema):
    """A file of a release."""

    name: str
    kind: str
    language: str
    size: int
    digest: str


class PublicReleaseOut(Schema):
    """One public release: what it shows, since when, of which version of the data."""

    publication: str
    period: str
    version: int
    public_since: datetime
    headline: str
    note: str
    data_version: str | None
    next_on: date | None
    files: list[FileOut]


class PublicReleasesOut(Schema):
    """Public releases, the newest first."""

    items: list[PublicReleaseOut]
    next: str | None


class DataVersionOut(Schema):
    """A version of a pack's published figures."""

    pack: str
    version: str
    public_since: datetime | None
    periods: list[str]
    roots: dict[str, str] = Field(description="By period, the root of the frozen snapshot behind it.")
    rows: int = Field(description="How many facts it has, the hidden ones included.")
    hidden: int
    digest: str = Field(description="SHA-256 of the file of all facts.")
    figures_root: str | None = Field(description="Root of the hash tree over the facts; logged before the version was public.")
    log_line: int | None
    before: str | None = Field(description="The public version it is compared with.")
    changes: dict[str, int] = Field(description="How many cells were added, removed, changed, hidden, shown.")


class DataVersionsOut(Schema):
    """Public versions, the newest first."""

    items: list[DataVersionOut]


class ChangeOut(Schema):
    """One cell that differs from the public version before."""

    fact: str
    change: Literal["added", "removed", "changed", "hidden", "shown"]
    old: float | None
    new: float | None


class ChangesOut(Schema):
    """The change log of a version, a page of it: ``rows`` is the number of all changes."""

    pack: str
    version: str
    before: str | None
    rows: int
    items: list[ChangeOut]
    next: str | None


class PublicIndicatorOut(Schema):
    """An indicator with the cuts it is published by."""

    id: str
    title: str
    unit: str
    decimals: int
    theme: str
    clause: list[str]
    cuts: list[list[str]]


class DimensionOut(Schema):
    """A dimension with the codes that occur in the figures."""

    id: str
    title: str
    codes: dict[str, str] = Field(description="Code → title.")


class PublicIndicatorsOut(Schema):
    """What a version has figures of."""

    pack: str
    version: str
    periods: list[str]
    dimensions: list[DimensionOut]
    items: list[PublicIndicatorOut]


class PublicFactOut(Schema):
    """A published fact. ``flag``: C hidden to protect persons, Z nothing to divide by, M the data lack it, P provisional."""

    fact: str
    indicator: str
    period: str
    cut: dict[str, str]
    numerator: float | None
    denominator: float | None
    value: float | None
    count: int | None
    flag: str


class PublicFactsOut(Schema):
    """A page of facts: ``rows`` is the number of all that fit, ``next`` leads to the rest of the same version."""

    pack: str
    version: str
    digest: str
    rows: int
    items: list[PublicFactOut]
    next: str | None


class LineageOut(Schema):
    """Where a published fact comes from: the content of its page."""

    fact: str
    status: Literal["published", "hidden", "not_applicable", "missing"]
    value: float | None
    numerator: float | None
    denominator: float | None
    count: int | None
    unit: str
    page: str
    lineage: dict[str, Any] = Field(description="Formula, clauses, snapshots, rules of disclosure control, changes, proof.")


class LogOut(Schema):
    """The whole public log of roots: the canonical text of each line in order, and the head that follows from them."""

    log: str
    size: int
    root: str
    lines: list[str]
