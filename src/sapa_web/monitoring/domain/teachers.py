"""Lesson visits, teachers' own accounts, and the rating: its method laid open first, every teacher's answer after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, get_args

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.packs.policies import About, may_serve
from sapa_web.common.clock import now, today
from sapa_web.common.domain import ledger
from sapa_web.monitoring.domain.inforce import pack_in_force
from sapa_web.monitoring.domain.states import RATING, held, name_of
from sapa_web.monitoring.models import Account, Rating, RatingRow, Visit, Watch
from sapa_web.orgs.domain.versions import person
from sapa_web.orgs.models import User

SOURCES: dict[str, About] = {"visits": "evidence", "accounts": "notes"}
"""What a rating may draw on here, and which kind of material that is to a policy."""


@transaction.atomic
def visit(
    actor: Any, organisation: Any, pack: str, period: str, teacher: User, *, dated: date, lesson: str, seen: str,
    advice: str = "", score: int | None = None, watch: Watch | None = None,
) -> Visit:  # fmt: skip
    """Write a visit down; the teacher sees it and may answer."""
    if dated > today():
        raise UserError(_("this day is still to come"), todo=_("give the day of the visit"))
    if not (lesson.strip() and seen.strip()):
        raise UserError(_("the sheet is empty"), todo=_("say which lesson it was and what was seen"))
    made: Visit = Visit.objects.create(
        organisation=organisation, pack=pack, period=period, teacher=teacher, dated=dated, lesson=lesson.strip()[:200],
        observer=name_of(actor), seen=seen.strip(), advice=advice.strip(), score=_score(score), watch=watch, by=person(actor),
        at=now(),
    )  # fmt: skip
    ledger.append(
        actor, "visit.written", obj=made, unit=organisation.code, data={"teacher": teacher.pk, "dated": dated.isoformat()}
    )
    return made


@transaction.atomic
def answer_visit(actor: Any, one: Visit, text: str) -> Visit:
    """The teacher's own word on the visit."""
    row: Visit = held(Visit, one)
    if row.teacher.pk != getattr(actor, "pk", None):
        raise UserError(_("only the teacher answers"), todo=_("leave it to the teacher"))
    row.answer, row.answered_at = text.strip(), now()
    row.save(update_fields=["answer", "answered_at"])
    ledger.append(actor, "visit.answered", obj=row, unit=row.organisation.code, data={})
    return row


@transaction.atomic
def account(actor: Any, organisation: Any, pack: str, period: str, kind: str, text: str, score: int | None = None) -> Account:
    """A teacher's self-analysis or report, in his own name."""
    if not text.strip():
        raise UserError(_("the text is empty"), todo=_("write it"))
    made: Account = Account.objects.create(
        organisation=organisation, pack=pack, period=period, teacher=person(actor), kind=kind, text=text.strip(),
        score=_score(score), at=now(),
    )  # fmt: skip
    ledger.append(actor, "account.handed_in", obj=made, unit=organisation.code, data={"kind": kind, "period": period})
    return made


@transaction.atomic
def rating(actor: Any, organisation: Any, pack: str, period: str, method: str, sources: Sequence[Mapping[str, Any]]) -> Rating:
    """Lay the method of a rating open: in words, and which sources count how much. A source a policy forbids is refused."""
    if len(method.strip()) < 20:
        raise UserError(_("the method is not laid open"), todo=_("describe in words how the rating is made and what it is for"))
    if not sources:
        raise UserError(_("the rating has no sources"), todo=_("choose at least one"))
    kept = [_source(organisation, pack, item) for item in sources]
    made: Rating = Rating.objects.create(
        organisation=organisation, pack=pack, period=period, method=method.strip(), sources=kept, by=person(actor), at=now()
    )
    ledger.append(actor, "rating.method", obj=made, unit=organisation.code, data={"period": period, "sources": kept})
    return made


def _source(organisation: Any, pack: str, item: Mapping[str, Any]) -> dict[str, Any]:
    kind, of = str(item["kind"]), str(item.get("pack") or pack)
    about = SOURCES.get(kind) or item.get("about")
    if kind not in SOURCES or about not in get_args(About):
        raise UserError(_("'%s' is no source of a rating") % kind, todo=_("choose one of the list"))
    if not may_rate(organisation, of, kind):
        raise UserError(
            _("the policy of %(pack)s forbids to rate staff by its %(about)s") % {"pack": of, "about": about},
            todo=_("leave this source out: what was given for development is not used for rating"),
        )
    weight = float(item.get("weight") or 0)
    if weight <= 0:
        raise UserError(_("a source has a weight above nothing"), todo=_("give the weight, or leave the source out"))
    return {"kind": kind, "pack": of, "about": about, "weight": weight}


def may_rate(organisation: Any, pack: str, kind: str) -> bool:
    """Whether the pack's policies let material of this kind serve a rating of staff."""
    about = SOURCES.get(kind)
    return about is not None and may_serve(pack_in_force(organisation, pack, today()), about, "rating-of-staff")


@transaction.atomic
def open_rating(actor: Any, one: Rating, answers_until: date) -> Rating:
    """Compute the rating and show each teacher his own line, to be answered. The policies are asked once more."""
    row: Rating = held(Rating, one)
    row.state = RATING.to("open", row.state)
    if answers_until <= today():
        raise UserError(_("the time for answers has passed"), todo=_("give the teachers some days"))
    for source in row.sources:
        _source(row.organisation, row.pack, source)
    found = _parts(row)
    if not found:
        raise UserError(_("nobody has points from these sources yet"), todo=_("write visits down first, with their points"))
    for teacher, parts in sorted(found.items()):
        total, weights = 0.0, 0.0
        for part in parts:
            weight = next(item["weight"] for item in row.sources if item["kind"] == part["kind"])
            total, weights = total + weight * part["score"], weights + weight
        RatingRow.objects.create(rating=row, teacher_id=teacher, parts=parts, total=total / weights if weights else None)
    row.answers_until = answers_until
    row.save(update_fields=["state", "answers_until"])
    ledger.append(actor, "rating.open", obj=row, unit=row.organisation.code, data={"until": answers_until.isoformat()})
    return row


def _parts(row: Rating) -> dict[int, list[dict[str, Any]]]:
    """By teacher: the mean score of each source that has one, and of how many it is the mean."""
    models: dict[str, Any] = {"visits": Visit, "accounts": Account}
    out: dict[int, list[dict[str, Any]]] = {}
    for source in row.sources:
        items = (
            models[source["kind"]]
            .objects.unscoped("of one institution")
            .filter(organisation=row.organisation, pack=source["pack"], period=row.period)
        )
        scores: dict[int, list[int]] = {}
        for teacher, score in items.exclude(score=None).values_list("teacher_id", "score"):
            scores.setdefault(teacher, []).append(score)
        for teacher, found in scores.items():
            mean = sum(found) / len(found)
            out.setdefault(teacher, []).append({"kind": source["kind"], "score": mean, "of": len(found)})
    return out


@transaction.atomic
def answer_rating(actor: Any, line: RatingRow, text: str, *, disputed: bool = False) -> RatingRow:
    """The teacher's right: to see his line, to answer it while the rating is open, and to dispute it; a dispute is decided."""
    row: RatingRow = held(RatingRow, line)
    if row.teacher.pk != getattr(actor, "pk", None):
        raise UserError(_("only the teacher answers"), todo=_("leave it to the teacher"))
    if row.rating.state != Rating.OPEN:
        raise UserError(_("this rating is closed"), todo=_("speak to the head"))
    if row.decided_at:
        raise UserError(_("this dispute has been decided"), todo=_("speak to the head"))
    if not text.strip():
        raise UserError(_("the answer is empty"), todo=_("write it"))
    row.answer, row.answered_at, row.disputed = text.strip(), now(), disputed
    row.save(update_fields=["answer", "answered_at", "disputed"])
    data = {"teacher": row.teacher.pk, "disputed": disputed}
    ledger.append(actor, "rating.answered", obj=row.rating, unit=row.rating.organisation.code, data=data)
    return row


@transaction.atomic
def decide(actor: Any, line: RatingRow, decision: str, total: float | None = None) -> RatingRow:
    """Decide a dispute, with the reason; ``total`` (0 to 100) where the points change. Nobody decides on his own line."""
    row: RatingRow = held(RatingRow, line)
    if row.teacher.pk == getattr(actor, "pk", None):
        raise UserError(_("nobody decides on his own line"), todo=_("leave it to somebody else"))
    if not row.disputed or row.decided_at or row.rating.state != Rating.OPEN:
        raise UserError(_("there is no dispute to decide"), todo=_("reload the page"))
    if not decision.strip():
        raise UserError(_("a decision has a reason"), todo=_("say what it rests on"))
    if total is not None and not 0 <= total <= 100:
        raise UserError(_("a score lies between 0 and 100"), todo=_("mend the number"))
    row.decision, row.decided, row.decided_at = decision.strip(), total, now()
    row.save(update_fields=["decision", "decided", "decided_at"])
    data = {"teacher": row.teacher.pk, "computed": row.total, "decided": total}
    ledger.append(actor, "rating.decided", obj=row.rating, unit=row.rating.organisation.code, data=data)
    return row


@transaction.atomic
def close_rating(actor: Any, one: Rating) -> Rating:
    """Close a rating once the time for answers is over and every dispute is decided."""
    row: Rating = held(Rating, one)
    row.state = RATING.to("close", row.state)
    if row.answers_until and today() <= row.answers_until:
        raise UserError(_("the teachers may still answer"), todo=_("wait until the day that was announced has passed"))
    lines = RatingRow.objects.unscoped("of one rating").filter(rating=row, disputed=True, decided_at=None)
    if left := lines.count():
        raise UserError(_("disputes that are not decided: %d") % left, todo=_("decide them first"))
    row.save(update_fields=["state"])
    ledger.append(actor, "rating.close", obj=row, unit=row.organisation.code, data={})
    return row


def _score(score: int | None) -> int | None:
    if score is not None and not 0 <= score <= 100:
        raise UserError(_("a score lies between 0 and 100"), todo=_("mend the number"))
    return score
