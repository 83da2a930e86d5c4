"""Publish a report: documents, tables, charts and open data of one language, from facts and nothing else."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sapa.errors import UserError
from sapa.packs.loader import Pack
from sapa.packs.models_report import Chapter, Report
from sapa.publication.charts import Chart, build_chart
from sapa.publication.csvw import write_csv
from sapa.publication.document import content, source_of
from sapa.publication.facts import FactStore, read_facts
from sapa.publication.labels import Labels
from sapa.publication.language import language
from sapa.publication.meta import PublicationMeta
from sapa.publication.reading import Sentence, read_chapter
from sapa.publication.render import draw
from sapa.publication.tables import Table, build_table, wanted_cuts
from sapa.publication.typeset import typeset
from sapa.publication.workbook import write_workbook

PARTS = ("document", "tables", "workbook", "charts")
"""What ``only`` may name; a document draws its charts whether they are named or not."""

Chapters = list[tuple[Chapter, list[Sentence], list[Table], list[Chart]]]


@dataclass
class PublishReport:
    """Files written, seconds spent in each part, and tables and charts that no fact fills."""

    files: list[Path] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[part] = round(time.perf_counter() - start, 3)


def publish(
    pack: Pack,
    report: Report | str,
    facts: Path | list[Path],
    out: Path,
    *,
    lang: str,
    meta: PublicationMeta,
    only: Collection[str] | None = None,
) -> PublishReport:
    """Write a report in one language into ``out``.

    ``report`` is a report of the pack or its id; ``facts`` Parquet files that ``sapa compute`` wrote, or folders of them,
    earlier periods included where tables show several; ``only`` some of ``PARTS``, default all. Writes
    ``yearbook.LANG.pdf``, ``tables/ID.csv`` with ``ID.csv-metadata.json``, ``tables/tables.LANG.xlsx``, and
    ``charts/ID.LANG.svg``, ``.png``, ``.vl.json``. Same arguments give the same bytes. Raises ``UserError``.
    """
    wanted = _parts(only)
    chosen: Report = pack.find("reports", report) if isinstance(report, str) else report
    labels = Labels(pack, language(lang), meta.period)
    done = PublishReport()
    with done.timed("facts"):
        store = read_facts(facts, wanted_cuts(chosen))
    with done.timed("build"):
        chapters = _build(chosen, store, labels, meta)
    tables = [table for _, _, tables, _ in chapters for table in tables]
    charts = [chart for _, _, _, charts in chapters for chart in charts]
    done.empty = [table.id for table in tables if table.empty] + [chart.id for chart in charts if chart.empty]
    out.mkdir(parents=True, exist_ok=True)
    if "tables" in wanted:
        with done.timed("tables"):
            done.files += write_csv(tables, labels, meta, _folder(out / "tables"))
    if "workbook" in wanted:
        with done.timed("workbook"):
            done.files.append(write_workbook(tables, chosen, labels, meta, _folder(out / "tables")))
    if wanted & {"charts", "document"}:
        with done.timed("charts"):
            done.files += draw([chart for chart in charts if not chart.empty], _folder(out / "charts"), lang)
    if "document" in wanted:
        with done.timed("document"):
            text = content(chosen, chapters, labels, meta)
            done.files.append(typeset(text, out / "charts", out / f"yearbook.{lang}.pdf"))
    return done


def _parts(only: Collection[str] | None) -> set[str]:
    wanted = set(PARTS if only is None else only)
    if unknown := sorted(wanted - set(PARTS)):
        raise UserError(f"a publication has no part '{unknown[0]}'", todo=f"use some of: {', '.join(PARTS)}")
    return wanted


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _build(report: Report, store: FactStore, labels: Labels, meta: PublicationMeta) -> Chapters:
    lang = labels.lang
    dated = [lang.text("as_of", date=lang.date(meta.as_of)), lang.text("root_short", root=meta.root[:16])]
    source = [lang.text("source", source=source_of(labels, meta)), "  ·  ".join(dated)]
    out: Chapters = []
    for place, chapter in enumerate(report.chapters, 1):
        tables = [build_table(spec, f"{place}.{n}", store, labels, meta.period) for n, spec in enumerate(chapter.tables, 1)]
        charts = [
            build_chart(spec, f"{place}.{n}", store, labels, meta.period, source) for n, spec in enumerate(chapter.charts, 1)
        ]
        out.append((chapter, read_chapter(chapter, store, labels, meta.period), tables, charts))
    return out
