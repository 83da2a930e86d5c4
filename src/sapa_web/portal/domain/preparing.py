"""Prepare a release: its version of the figures, the words generated from them, its documents, its quality report.

A job: it may be killed and begun again; what was written by a person is never overwritten.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from sapa.chain.publish import meta_of
from sapa.errors import UserError
from sapa.packs.loader import Pack
from sapa.packs.models_report import Report
from sapa.publication.api import publish, sentences_of
from sapa.publication.exchange import OpenDataSet
from sapa.publication.exchange.api import bundle
from sapa.publication.facts import fact_id, select
from sapa.publication.meta import PublicationMeta
from sapa.publication.tables import wanted_cuts
from sapa_web.common.clock import now, today
from sapa_web.common.domain import jobs, ledger
from sapa_web.common.files import archive
from sapa_web.common.packs import pack_named
from sapa_web.portal.domain.editions import make_version
from sapa_web.portal.domain.quality import measure, propose
from sapa_web.portal.domain.queries.chapters import report_of, with_figures
from sapa_web.portal.domain.queries.published import facts_table
from sapa_web.portal.domain.queries.templates import Template, template_of
from sapa_web.portal.domain.releasing import editable
from sapa_web.portal.domain.texts import approved_words, digest_of
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion, Release, Section

KEY_FIGURES = 6
PARTS = ("document", "workbook", "docx", "html")
SUFFIXES = (".pdf", ".docx", ".html", ".xlsx")
jobs.steps.update(
    {
        "version: protect": _("Disclosure control hides what would tell of persons"),
        "version: audit": _("What would be published is attacked"),
        "version: changes": _("The version is compared with the one before"),
        "release: words": _("Words are made from the figures"),
        "release: documents": _("Documents are drawn"),
    }
)


def ask(actor: Any, release: Release) -> None:
    """Ask for the preparation, in the background."""
    run = jobs.enqueue("release.prepare", {"release": release.pk, "period": release.period}, by=actor)
    Release.objects.filter(pk=release.pk).update(job=run)


@jobs.kind("release.prepare", _("Preparation of the release of %(period)s"), attempts=3)
def prepare(job: jobs.Job) -> dict[str, Any]:
    """The job: see :func:`make_ready`."""
    release = Release.objects.select_related("publication").get(pk=job.arguments["release"])
    if not editable(release):
        return {}
    steps = len(settings.LANGUAGES) + 4
    done = iter(range(1, steps + 1))
    data = make_ready("system:releases", release, lambda step: job.progress(step, next(done, steps), steps))
    return {"version": data.number, "facts": data.facts}


def make_ready(actor: Any, release: Release, say: Any = lambda step: None, *, documents: bool = True) -> DataVersion:
    """Give a draft its figures, words, documents and quality report; ``UserError`` where the figures can't be published.

    Without ``documents`` only what people work on is made: the list of checks asks for the documents later.
    """
    publication = release.publication
    data = make_version(actor, publication.pack, say)
    pack = pack_named(publication.pack)
    release.data = data
    template, report = template_of(publication.pack, publication.report), report_of(release)
    if template is None or report is None:
        raise UserError(_t("the pack has no report '%s' any more") % publication.report, todo=_t("begin another release"))
    say("release: words")
    facts, meta = facts_table(data.folder), meta_of(archive(data.pack, release.period), pack, today())
    words = {code: _words(template, report, facts, code, meta) for code, _name in settings.LANGUAGES}
    files = [*_documents(release, template, report, facts, meta, say), _open_data(release, data, pack)] if documents else []
    published_store().sync()
    with transaction.atomic():
        held = Release.objects.select_for_update().get(pk=release.pk)
        if not editable(held):
            return data
        held.data, held.files, held.quality = data, files, measure(held, data)
        held.key_figures = held.key_figures or _key_figures(report, facts, release.period)
        held.headline = held.headline or _headline(words, pack, held.key_figures)
        held.save(update_fields=["data", "files", "quality", "key_figures", "headline"])
        _sections(held, report, words)
        propose(held)
        ledger.append(
            actor, "release.prepared", obj=held, data={"version": data.number, "digest": data.digest, "files": len(files)}
        )
    return data


def _words(template: Template, report: Report, facts: pa.Table, lang: str, meta: PublicationMeta) -> dict[str, str]:
    said = sentences_of(template.pack, report, facts, lang=lang, meta=meta, regime=template.regime)
    return {chapter: "\n\n".join(f"{item.title}: {item.text}" for item in items) for chapter, items in said.items()}


def _sections(release: Release, report: Report, words: dict[str, dict[str, str]]) -> None:
    """Every chapter has its section; generated words that nobody has approved are made anew."""
    there = {item.chapter: item for item in release.sections.all()}
    for position, chapter in enumerate(with_figures(release, report)):
        text = {lang: said[chapter.id] for lang, said in words.items() if said.get(chapter.id)}
        section = there.get(chapter.id)
        if section is None:
            Section.objects.create(release=release, chapter=chapter.id, position=position, text=text)
        elif section.generated and section.text != text:
            # Figures have changed since somebody approved the words made from them.
            section.text, section.approved_by, section.approved_at, section.position = text, None, None, position
            section.save()


def _headline(words: dict[str, dict[str, str]], pack: Pack, figures: list[dict[str, Any]]) -> dict[str, str]:
    """The first sentence of the release, until somebody writes a better one; of a report without words its first key figure."""
    first = {lang: next((text for text in said.values() if text), "") for lang, said in words.items()}
    if not any(first.values()) and figures:
        named = figures[0]["fact"].partition("@")[0]
        return next(dict(item.title) for item in pack.indicators if item.id == named)
    return {lang: f"{text.partition(chr(10))[0].partition('. ')[0].rstrip('.')}." for lang, text in first.items() if text}


def _key_figures(report: Report, facts: pa.Table, period: str) -> list[dict[str, Any]]:
    """The first indicators of each chapter whose whole may be shown."""
    store = select(facts, wanted_cuts(report))
    by_chapter = [[name for table in chapter.tables for name in table.indicators] for chapter in report.chapters]
    out: dict[str, None] = {}
    for place in range(max((len(names) for names in by_chapter), default=0)):
        for names in by_chapter:
            fact = store.get(names[place], period) if place < len(names) else None
            if fact is not None and fact.value is not None:
                out.setdefault(names[place], None)
    return [{"fact": fact_id(name, period), "text": {}} for name in list(out)[:KEY_FIGURES]]


def _documents(
    release: Release, template: Template, report: Report, facts: pa.Table, meta: PublicationMeta, say: Any
) -> Iterator[dict[str, Any]]:
    """The report in every language and format, with the words that people approved."""
    approved = approved_words(release)
    stamp = digest_of(approved)
    with tempfile.TemporaryDirectory() as folder:
        for lang, _name in settings.LANGUAGES:
            say("release: documents")
            out = Path(folder) / lang
            publish(
                *(template.pack, report, facts, out),
                lang=lang, meta=meta, only=PARTS, texts=approved, regime=template.regime, due=template.due(release.period),
            )  # fmt: skip
            for path in sorted(out.rglob("*")):
                if path.suffix in SUFFIXES:
                    name = f"{release.publication.slug}-{release.period}.{lang}{path.suffix}"
                    yield {**_file(release, name, path.read_bytes(), path.suffix.removeprefix("."), lang), "words": stamp}


def _open_data(release: Release, data: DataVersion, pack: Pack) -> dict[str, Any]:
    dataset = OpenDataSet(
        id=release.publication.slug, version=data.number, title=release.publication.title, facts=facts_table(data.folder),
        pack=pack, publisher=pack.meta.title, issued=data.made_at.date(), roots=data.roots,
    )  # fmt: skip
    return _file(release, f"{release.publication.slug}-{data.number}.zip", bundle(dataset), "data", "")


def _file(release: Release, name: str, content: bytes, kind: str, lang: str) -> dict[str, Any]:
    digest = sha256(content).hexdigest()
    path = f"releases/{release.publication.slug}/{digest[:24]}/{name}"
    published_store().write(path, content)
    return {"name": name, "kind": kind, "language": lang, "size": len(content), "digest": digest, "path": path}


@jobs.kind("release.publish", _("Publication of what is due"), quiet=True)
def publish_due(job: jobs.Job) -> dict[str, Any]:
    """The minute's job: notes what has become public, and lets the subscribers know."""
    from sapa_web.portal.domain.releasing import publish_due as note

    return {"published": [item.pk for item in note("system:releases")]}


def _due() -> bool:
    return Release.objects.filter(state=Release.SCHEDULED, publish_at__lte=now()).exists()


jobs.each_minute("release.publish", _due)
