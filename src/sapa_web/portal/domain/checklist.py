"""What stands against a release: checks that block, and checks that warn.

A check reads what is stored; it changes nothing. One that blocks can be passed over by a named person with a reason, which is
published with the release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.packs.models_report import Report
from sapa_web.common.clock import today
from sapa_web.common.packs import pack_named
from sapa_web.indicators.domain.queries.sources import frozen_periods
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.chapters import indicators_shown, report_of, with_figures
from sapa_web.portal.domain.queries.templates import template_of
from sapa_web.portal.domain.texts import approved_words, digest_of
from sapa_web.portal.files import published_store
from sapa_web.portal.models import Override, Release, RootEntry

MANY_HIDDEN = 0.1
"""Share of suppressed figures from which readers should be told why."""


@dataclass(frozen=True)
class Check:
    """One line of the list. ``detail`` says what was found; ``override`` who passed it over."""

    id: str
    blocks: bool
    passed: bool
    title: str
    detail: str = ""
    override: Override | None = None

    @property
    def stands(self) -> bool:
        """Whether it keeps the release from being approved."""
        return self.blocks and not self.passed and self.override is None


Finding = tuple[bool, str]
"""Whether the check is passed, and what was found."""


def checklist(release: Release) -> list[Check]:
    """Every check, those that block first."""
    passed_over = {item.check_id: item for item in release.overrides.all()}
    facts = _Facts(release)
    out = []
    for name, (blocks, title, look) in _CHECKS.items():
        passed, detail = look(facts)
        out.append(Check(name, blocks, passed, str(title()), detail, None if passed else passed_over.get(name)))
    return sorted(out, key=lambda item: not item.blocks)


def standing_against(release: Release) -> list[Check]:
    """The checks that keep the release from being approved."""
    return [item for item in checklist(release) if item.stands]


class _Facts:
    """What the checks look at, read once."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.data = release.data
        self.sections = list(release.sections.all())
        self.sources = list(release.external_sources.all())
        self.pack = pack_named(release.publication.pack)
        template = template_of(release.publication.pack, release.publication.report)
        if template is None:
            raise UserError(
                _("the pack has no report '%s' any more") % release.publication.report, todo=_("begin another release")
            )
        self.report: Report = report_of(release) or template.report
        self.due = template.due(release.period)
        self.chapters = with_figures(release, self.report)
        self.shown = indicators_shown(release.data, release.period) if release.data else set()
        self.languages = [code for code, _name in settings.LANGUAGES]

    def indicators(self) -> Iterator[Any]:
        """The indicators that the template shows."""
        names = {name for chapter in self.report.chapters for table in chapter.tables for name in table.indicators}
        names |= {chart.indicator for chapter in self.report.chapters for chart in chapter.charts}
        return (item for item in self.pack.indicators if item.id in names)


def _frozen(facts: _Facts) -> Finding:
    if facts.data is None:
        return False, _("The release has no figures yet.")
    standing = {(item.period, item.root) for item in frozen_periods(facts.data.pack)}
    logged = set(RootEntry.objects.filter(pack=facts.data.pack).values_list("period", "root"))
    loose = [period for period, root in facts.data.roots.items() if (period, root) not in standing & logged]
    if loose:
        return False, _("No frozen snapshot stands behind: %(periods)s") % {"periods": ", ".join(sorted(loose))}
    if facts.release.period not in facts.data.roots:
        return False, _("%(period)s is not frozen.") % {"period": facts.release.period}
    return True, _("Snapshots of %(n)s periods, their roots logged.") % {"n": len(facts.data.roots)}


def _external(facts: _Facts) -> Finding:
    store = published_store()
    bad = [item.title for item in facts.sources if sha256(store.read(item.path)).hexdigest() != item.digest]
    if bad:
        return False, _("The file is not the one that was registered: %(names)s") % {"names": ", ".join(bad)}
    return True, _("Registered external sources: %(n)s") % {"n": len(facts.sources)}


def _disclosure(facts: _Facts) -> Finding:
    found = facts.data.protection if facts.data else {}
    attack = found.get("audit")
    if not attack:
        return False, _("The audit has not been run.")
    safe = attack["exposed"] == 0 and not found.get("not_protectable")
    told = {"attacked": attack["attacked"], "exposed": attack["exposed"], "hidden": facts.data.suppressed if facts.data else 0}
    return safe, _("Small figures attacked: %(attacked)s; found out: %(exposed)s; figures hidden: %(hidden)s") % told


def _methods(facts: _Facts) -> Finding:
    without = [item.id for item in facts.indicators() if not item.clause]
    return not without, ", ".join(without[:10])


def _sections(facts: _Facts) -> Finding:
    there = {item.chapter for item in facts.sections if any(text.strip() for text in item.text.values())}
    made = {item.chapter for item in facts.sections}
    empty = [item.id for item in facts.chapters if item.id not in there and not (item.id in made and item.tables)]
    return not empty, ", ".join(empty)


def _charts(facts: _Facts) -> Finding:
    written = {item.chapter for item in facts.sections if item.text}
    bare = [
        chart.id
        for item in facts.chapters
        for chart in item.charts
        if chart.indicator in facts.shown and (not item.tables or item.id not in written)
    ]
    return not bare, ", ".join(bare)


def _documents(facts: _Facts) -> Finding:
    """The documents hold the words that people have approved since, and every language has its own."""
    stamp = digest_of(approved_words(facts.release))
    stale = [item["name"] for item in facts.release.files if item.get("words", stamp) != stamp]
    made = {item["language"] for item in facts.release.files if item["kind"] == "pdf"}
    return not stale and made >= set(facts.languages), ", ".join(stale[:4])


def _accessible(facts: _Facts) -> Finding:
    """Documents are tagged (PDF/UA), and every table and chart has a name of its own to be read aloud."""
    shown: list[Any] = [item for chapter in facts.report.chapters for item in (*chapter.tables, *chapter.charts)]
    unnamed = [item.id for item in shown if not item.title]
    store = published_store()
    untagged = [
        item["name"] for item in facts.release.files
        if item["name"].endswith(".pdf") and b"pdfuaid:part" not in store.read(item["path"])
    ]  # fmt: skip
    return not unnamed and not untagged, ", ".join(unnamed + untagged)


def _languages(facts: _Facts) -> Finding:
    missing = [
        f"{where} ({lang})"
        for where, texts in [
            (_("headline"), facts.release.headline),
            *([(_("note"), facts.release.note)] if facts.release.version > 1 else []),
            *((item.chapter, item.text) for item in facts.sections if item.text),
        ]
        for lang in facts.languages
        if not str(texts.get(lang, "")).strip()
    ]
    return not missing, ", ".join(missing[:10]) + (" …" if len(missing) > 10 else "")


def _next(facts: _Facts) -> Finding:
    return facts.release.next_on is not None, ""


def _key_figures(facts: _Facts) -> Finding:
    if not facts.release.key_figures or facts.data is None:
        return False, ""
    figures = published.figures(facts.data)
    shown = [published.fact_named(figures, item["fact"]) for item in facts.release.key_figures]
    return all(fact is not None and fact.value is not None for fact in shown), ""


def _quality(facts: _Facts) -> Finding:
    return bool(facts.release.quality), ""


def _read(facts: _Facts) -> Finding:
    unread = [item.chapter for item in facts.sections if item.generated and item.approved_at is None]
    return not unread, ", ".join(unread)


def _hidden_share(facts: _Facts) -> Finding:
    if facts.data is None or not facts.data.facts:
        return True, ""
    share = facts.data.suppressed / facts.data.facts
    return share <= MANY_HIDDEN, _("Hidden: %(share)s %%") % {"share": f"{100 * share:.1f}"}


def _taken_away(facts: _Facts) -> Finding:
    gone = (facts.data.changes if facts.data else {}).get("removed", 0)
    return gone == 0 or facts.data is None or facts.data.previous is None, _("Cells that are gone: %(n)s") % {"n": gone}


def _in_time(facts: _Facts) -> Finding:
    if facts.due is None:
        return True, _("The law names no day for it.")
    day = localdate(facts.release.publish_at) if facts.release.publish_at else today()
    return day <= facts.due, _("Due by %(day)s") % {"day": date_format(facts.due, "DATE_FORMAT")}


def _contact(facts: _Facts) -> Finding:
    return bool(facts.release.publication.contact), ""


_CHECKS: dict[str, tuple[bool, Callable[[], str], Callable[[_Facts], Finding]]] = {
    "frozen": (True, lambda: _("Every figure comes from a frozen snapshot whose root is logged"), _frozen),
    "external": (True, lambda: _("External sources are the files that were registered"), _external),
    "disclosure": (True, lambda: _("The disclosure audit is passed"), _disclosure),
    "methods": (True, lambda: _("Every indicator cites the clause its method stands in"), _methods),
    "sections": (True, lambda: _("No section is empty"), _sections),
    "charts": (True, lambda: _("Every chart has words and a table beside it"), _charts),
    "documents": (True, lambda: _("The documents hold the words as they are now (else: prepare anew)"), _documents),
    "accessible": (True, lambda: _("Documents are tagged; tables and charts have names"), _accessible),
    "languages": (True, lambda: _("All languages are complete"), _languages),
    "key-figures": (True, lambda: _("Key figures are chosen, and may be shown"), _key_figures),
    "next": (True, lambda: _("The day of the next release is set"), _next),
    "quality": (True, lambda: _("A quality report stands beside the figures"), _quality),
    "read": (False, lambda: _("A person has read the generated words"), _read),
    "hidden": (False, lambda: _("Few figures are hidden"), _hidden_share),
    "removed": (False, lambda: _("Nothing that was published before is gone"), _taken_away),
    "in-time": (False, lambda: _("It is public by the day the law names"), _in_time),
    "contact": (False, lambda: _("Readers know whom to ask"), _contact),
}
