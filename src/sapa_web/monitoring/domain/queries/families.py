"""What families read: the figures of a published report in plain words. No person, no decision, no free text comes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from sapa_web.monitoring.domain.documents import paper_of
from sapa_web.monitoring.models import Document

FORM = "public-report"
"""Form of the paper that is written for families and everybody."""


@dataclass(frozen=True)
class Figure:
    """One indicator: what is looked at, its newest value, the year of it, and what has become of it."""

    title: str
    value: str
    year: str
    before: str


@dataclass(frozen=True)
class Results:
    """A published report told to families, in the language it was issued in."""

    document: Document
    language: str
    better: Sequence[tuple[str, Sequence[Figure]]]
    worse: Sequence[tuple[str, Sequence[Figure]]]
    others: Sequence[tuple[str, Sequence[Figure]]]


def for_families(published: Sequence[Document]) -> Results | None:
    """The newest public report among published papers, as families read it; nothing where there is none."""
    document = next((item for item in published if item.form == FORM), None)
    if document is None:
        return None
    paper = paper_of(document)
    with translation.override(paper.lang):
        better, worse = _("better"), _("worse")
    kinds: dict[str, list[tuple[str, list[Figure]]]] = {"better": [], "worse": [], "others": []}
    for section in paper.sections:
        found: dict[str, list[Figure]] = {}
        for table in section.tables:
            for row in table.rows:
                if figure := _figure(table.heads, row):
                    kind = {better: "better", worse: "worse"}.get(row[-1], "others")
                    found.setdefault(kind, []).append(figure)
        for kind, figures in found.items():
            kinds[kind].append((section.heading, figures))
    return Results(document, paper.lang, kinds["better"], kinds["worse"], kinds["others"])


def _figure(heads: Sequence[str], row: Sequence[str]) -> Figure | None:
    """The newest value of a row of years, with the one before it; nothing where no year has one."""
    known = [(year, value) for year, value in zip(heads[1:-1], row[1:-1], strict=True) if value != "–"]
    if not known:
        return None
    return Figure(row[0], known[-1][1], known[-1][0], f"{known[-2][1]} ({known[-2][0]})" if len(known) > 1 else "")
