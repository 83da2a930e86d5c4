"""What a release can be made of: the reports of the data's pack, and those that the regime it runs under asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sapa.chain.days import working_days
from sapa.chain.reports import chosen_report, due_day
from sapa.errors import UserError
from sapa.packs.loader import Pack
from sapa.packs.models_report import Report
from sapa.publication.labels import Labels
from sapa.publication.templates import themes_of
from sapa_web.collection.domain.deadlines import regime_for
from sapa_web.collection.domain.queries.packs import collecting_packs
from sapa_web.common.clock import today
from sapa_web.common.packs import pack_named
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.indicators.domain.queries.sources import frozen_periods
from sapa_web.portal.models import Release

WHOLE = ("yearbook", "compendium", "national", "programme")
"""Kinds of report that are about the whole; one of a place or an institution is made on demand."""


@dataclass(frozen=True)
class Template:
    """A report, the pack whose figures fill it, and the pack it stands in."""

    report: Report
    pack: Pack
    owner: Pack

    @property
    def regime(self) -> Pack | None:
        """The pack the report is borrowed from; nothing where it is the data's own."""
        return None if any(part.id == self.owner.id for part in self.pack.packs()) else self.owner

    def labels(self, period: str) -> Labels:
        """Names in the reader's language, the clauses of the regime in reach."""
        own = labels_for(self.pack.id, period)
        return Labels(self.pack, own.lang, period, self.regime) if self.regime else own

    def due(self, period: str) -> date | None:
        """The last day on which the report of a period is published in time, where the calendar sets one."""
        return due_day(self.report, self.owner, self.pack, period)

    def days_left(self, period: str) -> int | None:
        """Working days until it is due, that day counted; negative: so many late."""
        due, country = self.due(period), self.pack.meta.country or self.owner.meta.country
        if due is None or not country:
            return None
        calendar = working_days(self.owner, "en", country)
        return calendar.between(today(), due) if today() <= due else -calendar.between(due, today())


def template_of(pack: str, report: str) -> Template | None:
    """The report of that id; nothing where neither the pack nor its regime has it any more."""
    mine = pack_named(pack)
    try:
        found, owner = chosen_report(mine, _regime(pack), report)
    except UserError:
        return None
    return Template(found, mine, owner)


def templates_of(pack: str) -> list[Template]:
    """Everything about the whole that can be released from a pack's figures; the pack's own first."""
    mine, regime = pack_named(pack), _regime(pack)
    own = [Template(item, mine, mine) for item in mine.reports]
    ids = {item.report.id for item in own}
    asked = [Template(item, mine, regime) for item in regime.reports if item.id not in ids] if regime else []
    return [item for item in (*own, *asked) if item.report.kind in WHOLE and _filled(item)]


@dataclass(frozen=True)
class Duty:
    """A report that the law's calendar asks for and nobody has begun."""

    template: Template
    period: str
    due: date
    left: int

    @property
    def late(self) -> int:
        """Working days it is late; 0 and less: in time."""
        return -self.left


def not_begun() -> list[Duty]:
    """Reports with a last day, of the newest frozen period of each pack, that have no release yet; the most urgent first."""
    begun = set(Release.objects.values_list("publication__pack", "publication__report", "period"))
    out = []
    for pack in collecting_packs():
        newest = max((item.period for item in frozen_periods(pack.id)), default="")
        for item in templates_of(pack.id) if newest else []:
            due, left = item.due(newest), item.days_left(newest)
            if due is not None and left is not None and (pack.id, item.report.id, newest) not in begun:
                out.append(Duty(item, newest, due, left))
    return sorted(out, key=lambda duty: (duty.due, duty.template.report.id))


def _regime(pack: str) -> Pack | None:
    mine = pack_named(pack)
    if not mine.meta.regime:
        return None
    regime = regime_for(pack).pack
    return None if any(part.id == regime.id for part in mine.packs()) else regime


def _filled(template: Template) -> bool:
    """Whether the pack has a theme for any of the report's chapters."""
    return any(themes_of(chapter, template.pack, template.owner) for chapter in template.report.chapters)
