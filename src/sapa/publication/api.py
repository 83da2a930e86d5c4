"""Publish a report: documents, tables, charts and open data of one language, from facts and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from sapa.errors import UserError
from sapa.packs.loader import Pack
from sapa.packs.models_report import Chapter, Report
from sapa.publication.charts import Chart, build_chart
from sapa.publication.comparisons import Figures, Scope, compare, wanted_to_compare
from sapa.publication.csvw import write_csv
from sapa.publication.document import WIDEST, Filled, content, source_of
from sapa.publication.facts import load_facts, select
from sapa.publication.labels import Labels
from sapa.publication.language import language
from sapa.publication.meta import PublicationMeta
from sapa.publication.office import write_office
from sapa.publication.reading import Sentence, certainty, read_chapter
from sapa.publication.render import draw
from sapa.publication.tables import Table, build_table, wanted_cuts
from sapa.publication.templates import known, laid_out
from sapa.publication.typeset import typeset
from sapa.publication.webpage import write_webpage
from sapa.publication.workbook import write_workbook

PARTS = ("document", "tables", "workbook", "charts", "docx", "html")
"""What ``only`` may name; a document draws its charts whether they are named or not."""
USUAL = PARTS[:4]
"""What is written where ``only`` names nothing."""
FORMATS = {"pdf": "document", "docx": "docx", "html": "html", "xlsx": "workbook", "csv": "tables"}
"""The part that writes files of a format."""
UNSPLIT = 1000
"""Columns of a table on a web page, which scrolls."""

Texts = Mapping[str, Mapping[str, str]]
"""Approved texts: by chapter, by language; paragraphs are parted by an empty line."""


@dataclass
class PublishReport:
    """Files written, seconds spent in each part, and tables and charts that no fact fills."""

    files: list[Path] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    tables: int = 0

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[part] = round(self.seconds.get(part, 0.0) + time.perf_counter() - start, 3)


@dataclass(frozen=True)
class Job:
    """One report in one language, put together and not yet written."""

    report: Report
    chapters: list[Filled]
    labels: Labels
    meta: PublicationMeta
    scope: Scope | None
    due: str
    absent: tuple[str, ...] = ()
    """Titles of chapters of the template for which the data have nothing."""

    def content(self, widest: int = WIDEST) -> dict[str, Any]:
        """All that a document shows."""
        said = [self.labels.lang.text("absent", titles=", ".join(self.absent))] if self.absent else []
        return content(
            *(self.report, self.chapters, self.labels, self.meta), scope=self.scope, due=self.due, said=said, widest=widest
        )

    @property
    def tables(self) -> list[Table]:
        return [table for filled in self.chapters for table in filled.tables]

    @property
    def charts(self) -> list[Chart]:
        return [chart for filled in self.chapters for chart in filled.charts]

    @property
    def stem(self) -> str:
        """Name of its files, without language and ending."""
        return "yearbook" if self.report.kind == "yearbook" else file_stem(self.report.id, self.scope)


def file_stem(report: str, scope: Scope | None = None) -> str:
    """``district-R1-01``: a report's id and the code of what it is about, as the name of a file."""
    code = re.sub(r"[^\w.-]+", "_", scope.code) if scope else ""
    return f"{report}-{code}" if code else report


def publish(
    pack: Pack,
    report: Report | str,
    facts: Path | list[Path] | pa.Table,
    out: Path,
    *,
    lang: str,
    meta: PublicationMeta,
    only: Collection[str] | None = None,
    scope: Scope | None = None,
    whole: Path | list[Path] | pa.Table | None = None,
    regime: Pack | None = None,
    texts: Texts | None = None,
    due: date | None = None,
) -> PublishReport:
    """Write a report in one language into ``out``.

    ``report`` is a report of the pack, or of the ``regime`` the run borrows, or its id; ``facts`` a table of facts, Parquet files
    that ``sapa compute`` wrote, or folders of them, earlier periods included where tables show several; ``only`` some of
    ``PARTS``, default ``USUAL``. With ``scope`` the report is about one code or one reporting unit; ``whole`` are then the
    facts of the whole it is compared with (default: ``facts``). ``texts`` are approved texts that stand instead of the generated
    ones; ``due`` is the last day on which it is published in time.

    Writes ``STEM.LANG.pdf``, ``.docx``, ``.html`` (STEM is ``yearbook`` for a yearbook, else the report's id and code),
    ``tables/ID.csv`` with ``ID.csv-metadata.json``, ``tables/tables.LANG.xlsx``, and ``charts/ID.LANG.svg``, ``.png``,
    ``.vl.json``. Same arguments give the same bytes. Raises ``UserError``.
    """
    wanted = _parts(only)
    done = PublishReport()
    chosen = _chosen(pack, report, regime)
    foreign = regime if regime is not None and not any(part.id == regime.id for part in pack.packs()) else None
    owner = _owner(pack, chosen, foreign)
    labels = Labels(pack, language(lang), meta.period, foreign if owner is foreign else None)
    if scope is not None and not scope.unit:
        scope = replace(scope, name=labels.code(scope.dimension, scope.code))
    with done.timed("facts"):
        mine = facts if isinstance(facts, pa.Table) else load_facts(facts)
        around = mine if whole is None else whole if isinstance(whole, pa.Table) else load_facts(whole)
    with done.timed("build"):
        said = labels.lang.text("due", date=labels.lang.date(due), clause=", ".join(chosen.clause)) if due else ""
        job = _put_together(chosen, mine, around, labels, meta, owner, scope, texts or {}, said)
    done.empty = [table.id for table in job.tables if table.empty] + [chart.id for chart in job.charts if chart.empty]
    done.tables = len(job.tables)
    out.mkdir(parents=True, exist_ok=True)
    _write(job, wanted, out, done)
    return done


def sentences_of(
    pack: Pack, report: Report, facts: pa.Table, *, lang: str, meta: PublicationMeta, regime: Pack | None = None
) -> dict[str, list[Sentence]]:
    """What is said from the figures in each chapter of a report, by its id; nothing in a compendium. ``regime`` as above."""
    owner = _owner(pack, report, regime)
    labels = Labels(pack, language(lang), meta.period, regime if owner is regime else None)
    job = _put_together(report, facts, facts, labels, meta, owner, None, {}, "")
    return {filled.chapter.id: list(filled.sentences) for filled in job.chapters}


def _owner(pack: Pack, report: Report, foreign: Pack | None) -> Pack:
    """The pack a report stands in: the data's, else the regime's."""
    mine = any(item.id == report.id for item in pack.reports)
    return foreign if foreign is not None and not mine and any(item.id == report.id for item in foreign.reports) else pack


def _chosen(pack: Pack, report: Report | str, regime: Pack | None) -> Report:
    if not isinstance(report, str):
        return report
    if regime is not None and all(item.id != report for item in pack.reports):
        found = [item for item in regime.reports if item.id == report]
        if found:
            return found[0]
    chosen: Report = pack.find("reports", report)
    return chosen


def _write(job: Job, wanted: set[str], out: Path, done: PublishReport) -> None:
    labels, meta, lang = job.labels, job.meta, job.labels.lang.code
    charts = out / "charts"
    if "tables" in wanted:
        with done.timed("tables"):
            done.files += write_csv([table for table in job.tables if table.plain], labels, meta, _folder(out / "tables"))
    if "workbook" in wanted:
        with done.timed("workbook"):
            done.files.append(write_workbook(job.tables, job.report, labels, meta, _folder(out / "tables")))
    if wanted & {"charts", "document", "docx", "html"} and (job.charts or "charts" in wanted):
        with done.timed("charts"):
            drawn = [chart for chart in job.charts if not chart.empty]
            done.files += draw(drawn, _folder(charts), lang, pixels=bool(wanted & {"charts", "docx"}))
    if wanted & {"document", "docx"}:
        with done.timed("document"):
            text = job.content()
            if "document" in wanted:
                done.files.append(typeset(text, charts, out / f"{job.stem}.{lang}.pdf"))
        if "docx" in wanted:
            with done.timed("docx"):
                done.files.append(write_office(text, charts, out / f"{job.stem}.{lang}.docx"))
    if "html" in wanted:
        with done.timed("html"):
            text = job.content(UNSPLIT)
            done.files.append(write_webpage(text, charts, out / f"{job.stem}.{lang}.html"))


def _parts(only: Collection[str] | None) -> set[str]:
    wanted = set(USUAL if only is None else only)
    if unknown := sorted(wanted - set(PARTS)):
        raise UserError(f"a publication has no part '{unknown[0]}'", todo=f"use some of: {', '.join(PARTS)}")
    return wanted


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _put_together(
    report: Report,
    mine: pa.Table,
    around: pa.Table,
    labels: Labels,
    meta: PublicationMeta,
    owner: Pack,
    scope: Scope | None,
    texts: Texts,
    due: str,
) -> Job:
    within = scope.within if scope else ()
    report, absent = laid_out(report, labels, known(mine, meta.period, within), owner)
    cuts = wanted_cuts(report)
    compared = wanted_to_compare(report, labels, scope)
    for name in compared:
        cuts.setdefault(name, set()).add(frozenset())
    store = select(mine, cuts, within)
    whole = select(around, compared) if compared else store
    figures = Figures(store, whole, meta, scope)
    chapters = [
        _filled(chapter, place, figures, labels, report, texts.get(chapter.id, {}).get(labels.lang.code, ""))
        for place, chapter in enumerate(report.chapters, 1)
    ]
    return Job(report, chapters, labels, meta, scope, due, tuple(labels.text(chapter.title) for chapter in absent))


def _filled(chapter: Chapter, place: int, figures: Figures, labels: Labels, report: Report, approved: str) -> Filled:
    if chapter.shows != "figures":
        said, compared = compare(chapter, place, figures, labels, report)
        return Filled(chapter, said, compared, (), "", approved)
    store, period = figures.mine, labels.period
    source = _source(labels, figures.meta)
    tables = [build_table(spec, f"{place}.{n}", store, labels, period) for n, spec in enumerate(chapter.tables, 1)]
    charts = [build_chart(spec, f"{place}.{n}", store, labels, period, source) for n, spec in enumerate(chapter.charts, 1)]
    if report.kind == "compendium":  # tables only, unless a person wrote something
        return Filled(chapter, (), tables, (), "", approved)
    return Filled(
        chapter, read_chapter(chapter, store, labels, period), tables, charts, certainty(chapter, store, labels, period), approved
    )


def _source(labels: Labels, meta: PublicationMeta) -> list[str]:
    lang = labels.lang
    dated = [lang.text("as_of", date=lang.date(meta.as_of)), lang.text("root_short", root=meta.root[:16])]
    return [lang.text("source", source=source_of(labels, meta)), "  ·  ".join(dated)]
