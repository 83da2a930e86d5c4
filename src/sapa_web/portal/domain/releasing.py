"""The work on a release: drafted, reviewed, approved by somebody else, scheduled for a minute, public from that minute on.

A published release is never changed: an amendment is a further version of it, with a note of what was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.common.transitions import Transitions
from sapa_web.orgs.domain.versions import person
from sapa_web.portal.domain.checklist import standing_against
from sapa_web.portal.domain.queries.templates import template_of
from sapa_web.portal.models import Override, PreRelease, Publication, Release, Section

_R = Release
RELEASE = Transitions(
    {
        "submit": ((_R.DRAFT,), _R.REVIEW),
        "send_back": ((_R.REVIEW, _R.APPROVED), _R.DRAFT),
        "approve": ((_R.REVIEW,), _R.APPROVED),
        "schedule": ((_R.APPROVED,), _R.SCHEDULED),
        "withdraw": ((_R.SCHEDULED,), _R.APPROVED),
        "publish": ((_R.SCHEDULED,), _R.PUBLISHED),
    }
)
Texts = Mapping[str, str]


def publication_of(pack: str, report: str) -> Publication:
    """The series that a report of a pack's, or of the regime it runs under, makes; made where it is not there yet."""
    template = template_of(pack, report)
    if template is None:
        raise UserError(_("the pack has no report '%s' any more") % report, todo=_("begin another release"))
    asked = template.report
    defaults = {
        "pack": pack, "report": report, "title": dict(asked.title), "summary": dict(asked.subtitle or {}),
        "calendar_item": f"{template.owner.id}:{asked.deadline}" if asked.deadline else "",
    }  # fmt: skip
    found, _made = Publication.objects.get_or_create(slug=f"{pack}-{report}"[:80], defaults=defaults)
    return found


@transaction.atomic
def start(actor: Any, publication: Publication, period: str) -> Release:
    """Begin the release of a period. Raises ``UserError`` where it stands already: then it is amended."""
    if Release.objects.filter(publication=publication, period=period).exists():
        raise UserError(
            _("the release of %s has been begun already") % period, todo=_("go on with it, or amend it once it is public")
        )
    release = Release.objects.create(publication=publication, period=period, made_at=now(), made_by=person(actor))
    ledger.append(actor, "release.begun", obj=release, data={"publication": publication.slug, "period": period})
    return release


@transaction.atomic
def amend(actor: Any, release: Release, note: Texts) -> Release:
    """Begin a further version of a public release; ``note`` tells readers what is different and why."""
    held = _held(release)
    if not is_public(held):
        raise UserError(_("only what is public can be amended"), todo=_("send it back and change it"))
    newest = Release.objects.filter(publication=held.publication, period=held.period).aggregate(most=Max("version"))["most"]
    if newest != held.version:
        raise UserError(_("a later version has been begun already"), todo=_("go on with that one"))
    if not any(text.strip() for text in note.values()):
        raise UserError(_("an amendment needs a note"), todo=_("say what was wrong and what is different now"))
    copy = Release.objects.create(
        publication=held.publication, period=held.period, version=held.version + 1, headline=held.headline, next_on=held.next_on,
        note={lang: text.strip() for lang, text in note.items() if text.strip()}, made_at=now(), made_by=person(actor),
    )  # fmt: skip
    for section in held.sections.all():
        Section.objects.create(
            release=copy, chapter=section.chapter, position=section.position, text=section.text, generated=section.generated
        )
    ledger.append(actor, "release.amended", obj=copy, data={"of": held.pk, "version": copy.version})
    return copy


def submit(actor: Any, release: Release) -> Release:
    """Hand a draft in for review. It must have its figures."""
    return _move(actor, release, "submit", need=_prepared, submitted_by=person(actor))


def send_back(actor: Any, release: Release, reason: str) -> Release:
    """Give a release back to be changed, with the reason."""
    if not reason.strip():
        raise UserError(_("say what is to be changed"), todo=_("write a reason"))
    return _move(actor, release, "send_back", data={"reason": reason.strip()}, approved_at=None, approved_by=None)


def approve(actor: Any, release: Release) -> Release:
    """Approve a release that somebody else has made, and that no check of the list stands against."""
    return _move(actor, release, "approve", need=_approvable(actor), approved_at=now(), approved_by=person(actor))


def schedule(actor: Any, release: Release, at: datetime) -> Release:
    """Announce the minute from which the release is public."""
    moment = at.replace(second=0, microsecond=0)
    if moment <= now():
        raise UserError(_("the moment has passed"), todo=_("choose a minute that is still to come"))
    return _move(actor, release, "schedule", need=_unopposed, data={"at": moment.isoformat()}, publish_at=moment)


def withdraw(actor: Any, release: Release) -> Release:
    """Take an announcement back; not possible once its minute has come."""
    return _move(actor, release, "withdraw", need=_still_to_come, publish_at=None)


def publish_due(actor: Any) -> list[Release]:
    """Note of every release whose minute has come that it is published. Readers see it from its minute on in any case."""
    due = Release.objects.filter(state=Release.SCHEDULED, publish_at__lte=now()).order_by("publish_at")
    return [_move(actor, item, "publish", published_at=now()) for item in due]


def is_public(release: Release) -> bool:
    """Whether everybody can see it now."""
    return (
        release.state in (Release.SCHEDULED, Release.PUBLISHED) and release.publish_at is not None and release.publish_at <= now()
    )


def editable(release: Release) -> bool:
    """Whether its words and figures may be changed."""
    return release.state == Release.DRAFT


@transaction.atomic
def write(actor: Any, release: Release, *, headline: Texts, next_on: date | None, note: Texts | None = None) -> None:
    """The headline by language, the day of the next release, an amendment's note."""
    held = _draft(release)
    held.headline = _clean(headline)
    held.next_on = next_on
    if note is not None and held.version > 1:
        held.note = _clean(note)
    held.save(update_fields=["headline", "next_on", "note"])
    ledger.append(
        actor, "release.written", obj=held, data={"headline": held.headline, "next_on": next_on and next_on.isoformat()}
    )


@transaction.atomic
def write_section(actor: Any, release: Release, chapter: str, text: Texts | None) -> None:
    """Words of a chapter by a person; ``None`` approves the generated ones as they stand."""
    held = _draft(release)
    section = Section.objects.select_for_update().get(release=held, chapter=chapter)
    if text is not None and _clean(text) != section.text:
        section.text, section.generated = _clean(text), False
    section.approved_by, section.approved_at = person(actor), now()
    section.save()
    ledger.append(actor, "release.section", obj=held, data={"chapter": chapter, "generated": section.generated})


@transaction.atomic
def admit(actor: Any, release: Release, *, name: str, position: str, reason: str, from_at: datetime) -> PreRelease:
    """Let somebody see the release before it is public; the list is published with it."""
    held = _held(release)
    if is_public(held):
        raise UserError(_("it is public already"), todo=_("nobody needs to see it early any more"))
    admitted = PreRelease.objects.create(release=held, name=name, position=position, reason=reason, from_at=from_at)
    ledger.append(actor, "release.admitted", obj=held, data={"name": name, "position": position})
    return admitted


@transaction.atomic
def pass_over(actor: Any, release: Release, check_id: str, reason: str) -> None:
    """Pass over a check that blocks, in one's own name and with a reason; it is shown with the release."""
    held = _held(release)
    if held.state not in (Release.DRAFT, Release.REVIEW):
        raise UserError(_("the release is approved already"), todo=_("send it back first"))
    if not reason.strip():
        raise UserError(_("a check is passed over only with a reason"), todo=_("write the reason; readers will see it"))
    name = getattr(actor, "name", "") or str(actor)
    values = {"name": name, "reason": reason.strip(), "by": actor, "at": now()}
    Override.objects.update_or_create(release=held, check_id=check_id, defaults=values)
    ledger.append(actor, "release.override", obj=held, data={"check": check_id, "reason": reason.strip()})


@transaction.atomic
def _move(
    actor: Any, release: Release, verb: str, *, need: Any = None, data: Mapping[str, Any] | None = None, **values: Any
) -> Release:
    held = _held(release)
    state = RELEASE.to(verb, held.state)
    if need is not None:
        need(held)
    for name, value in values.items():
        setattr(held, name, value)
    held.state = state
    held.save(update_fields=["state", *values])
    ledger.append(actor, f"release.{verb}", obj=held, data={"state": state, **(data or {})})
    return held


def _held(release: Release) -> Release:
    return Release.objects.select_for_update().get(pk=release.pk)


def _draft(release: Release) -> Release:
    held = _held(release)
    if not editable(held):
        raise UserError(_("only a draft can be changed"), todo=_("send it back first, or amend it"))
    return held


def _prepared(release: Release) -> None:
    if release.data is None:
        raise UserError(_("the release has no figures yet"), todo=_("prepare it first"))


def _approvable(actor: Any) -> Any:
    def need(release: Release) -> None:
        if actor.pk in (release.made_by_id, release.submitted_by_id):
            raise UserError(_("nobody approves a release of his own"), todo=_("ask somebody else who may approve"))
        _unopposed(release)

    return need


def _unopposed(release: Release) -> None:
    if against := standing_against(release):
        raise UserError(
            _("a check stands against it: %(check)s") % {"check": against[0].title},
            todo=_("do what the check asks for, or pass it over with a reason"),
        )


def _still_to_come(release: Release) -> None:
    if is_public(release):
        raise UserError(_("it is public already"), todo=_("amend it; what was published stays readable"))


def _clean(texts: Texts) -> dict[str, str]:
    return {lang: text.strip() for lang, text in texts.items() if text.strip()}
