"""What the institution's own surveys and protocols say to a requirement: offered on its page, taken over by a press.

A question or point *informs* lines of the criteria; of these the figure is the mean of its scored choices, as a share between
the worst and the best (what was not known or not seen is left out). The level follows from the share by the cuts of the levels.
Surveys give nothing before they are closed, nor where fewer answered than their threshold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.evaluation.levels import Levels
from sapa.measurement import questionnaire_of
from sapa_web.common.scope import Grant
from sapa_web.common.templatetags.ui import percent
from sapa_web.evaluation.domain.queries.systems import levels_in, text, tree_in
from sapa_web.evaluation.models import Assessment, Evidence
from sapa_web.orgs.inside import InsideScope
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.domain.queries import reach
from sapa_web.surveys.domain.queries.coding import settled_about
from sapa_web.surveys.domain.queries.criteria import criteria, told_about
from sapa_web.surveys.domain.queries.results import being_counted, results_of

BEFORE = timedelta(days=365)
"""How long before the beginning a survey may have been closed, or a protocol held, to be offered."""


@dataclass(frozen=True)
class Offer:
    """A source that can be taken over."""

    reference: str
    method: str
    title: str
    found: str
    level: str
    figure: str
    people: int | None
    day: date


def offers(assessment: Assessment, requirement: str) -> list[Offer]:
    """What is there and not yet taken over."""
    tree, levels = tree_in(assessment), levels_in(assessment)
    codes = {requirement, *(node.code for node in tree.under(requirement))}
    rows = Evidence.objects.unscoped("found in reach").filter(assessment=assessment, requirement=requirement)
    taken = set(rows.filter(withdrawn_at=None).values_list("reference", flat=True))
    own = InsideScope((Grant(assessment.organisation_id),), "the assessment's own institution")
    since = assessment.begins_on - BEFORE
    places = (own, since, codes, levels)
    found = [*_surveys(*places), *_protocols(*places), *_codings(*places)]
    return [item for item in found if item.reference not in taken]


def spoken_of(assessment: Assessment) -> set[str]:
    """Criteria of which the institution's agreed protocols say something, by their own items or those of their signs."""
    own = InsideScope((Grant(assessment.organisation_id),), "the assessment's own institution")
    codes = [code.split(".") for code, _many in criteria(own)]
    return {".".join(parts[:n]) for parts in codes for n in range(1, len(parts) + 1)}


def offer(assessment: Assessment, requirement: str, reference: str) -> Offer:
    """The one of that reference; raises ``UserError``."""
    for item in offers(assessment, requirement):
        if item.reference == reference:
            return item
    raise UserError(_("this source is not offered any more"), todo=_("reload the page"))


def _surveys(own: InsideScope, since: date, codes: set[str], levels: Levels) -> Iterable[Offer]:
    for survey in reach.surveys(own).filter(state="closed", closes_on__gte=since):
        informing = [item for item in questionnaire_of(form_of(survey.version)).questions if codes & set(item.informs)]
        if not informing or being_counted(survey):
            continue
        shares, lines, people = [], [], 0
        for item in results_of(survey).questions:
            if not codes & set(item.question.informs) or item.whole is None or item.whole.mean is None:
                continue
            share = _share(item.question, item.whole.mean.estimate)
            if share is not None:
                shares.append(share)
                people = max(people, item.whole.n)
                lines.append(f"{text(item.question.label)} {percent(share, 0)} ({item.whole.n})")
        if shares:
            ended = timezone.localtime(survey.closed_at).date() if survey.closed_at else survey.closes_on
            yield _made(f"survey:{survey.pk}", "questionnaire", text(survey.title), lines, shares, levels, people, ended)


def _protocols(own: InsideScope, since: date, codes: set[str], levels: Levels) -> Iterable[Offer]:
    for protocol, points in told_about(own, codes.__contains__, since):
        shares, lines = [], []
        for point in points:
            if point.option is not None and point.option.score is not None:
                share = _share(point.question, point.option.score)
                shares += [] if share is None else [share]
            told = text(point.option.label) if point.option else point.answer
            lines.append(f"{text(point.question.label)} {'. '.join(part for part in (told, point.note) if part)}")
        kind = protocol.version.instrument.kind
        lines += [protocol.summary] if protocol.summary else []
        yield _made(f"protocol:{protocol.pk}", kind, protocol.subject, lines, shares, levels, None, protocol.held_on)


def _codings(own: InsideScope, since: date, codes: set[str], levels: Levels) -> Iterable[Offer]:
    """What was coded in open answers and notes: it speaks for no level by itself."""
    for coding, n, found in settled_about(own, codes, since):
        lines = [f"{item.name} {item.n} ({percent(item.share, 0)})" for item in found if item.n]
        kind = coding.instrument.kind
        yield _made(f"coding:{coding.pk}", kind, coding.title, lines, [], levels, n if coding.survey else None, _ended(coding))


def _ended(coding: Any) -> date:
    return timezone.localtime(coding.settled_at).date()


def _share(question: Any, value: float) -> float | None:
    """Where a value lies between the worst and the best score of its question."""
    scores: list[float] = [option.score for option in question.options if option.score is not None]
    if not scores or min(scores) == max(scores):
        return None
    share: float = (value - min(scores)) / (max(scores) - min(scores))
    return min(1.0, max(0.0, 1 - share if question.reversed else share))


def _made(
    reference: str, method: str, title: str, lines: list[str], shares: list[float], levels: Levels, people: int | None, day: date
) -> Offer:  # fmt: skip
    whole = sum(shares) / len(shares) if shares else None
    level = levels.of_share(whole) if whole is not None else ""
    return Offer(reference, method, title, "\n".join(lines), level, percent(whole, 0) if whole is not None else "", people, day)
