"""The life of a local regulation: drafted in forms, discussed, adopted by the council, approved by order, published, ended.

An edition takes effect on the day its clause names, or else on that of the order; the edition before it ends on that same day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.packs.overlay import Cover, overlay_files, read_changes
from sapa_web.common.clock import now, today
from sapa_web.common.domain import jobs, ledger
from sapa_web.common.packs import pack_named
from sapa_web.monitoring.domain.inforce import digest_of, pack_of
from sapa_web.monitoring.domain.planning import order
from sapa_web.monitoring.domain.states import EDITION, held, name_of
from sapa_web.monitoring.models import Comment, Edition, Order
from sapa_web.orgs.domain.versions import person

PASSED = "regulations.end_passed"


@transaction.atomic
def draft(actor: Any, organisation: Any, pack: str, title: str) -> Edition:
    """Begin a new edition; it takes over the changes of the newest one, so that only what is different is written."""
    mine = Edition.objects.unscoped("of one institution").filter(organisation=organisation, pack=pack)
    if mine.filter(state__in=(Edition.DRAFT, Edition.DISCUSSION, Edition.ADOPTED)).exists():
        raise UserError(_("an edition is being worked on already"), todo=_("go on with that one"))
    last = mine.order_by("-number").first()
    made: Edition = Edition.objects.create(
        organisation=organisation, pack=pack, number=(last.number if last else 0) + 1, title=title.strip()[:300],
        text=last.text if last else "", changes=last.changes if last else [], made_by=person(actor), made_at=now(),
    )  # fmt: skip
    _entry(actor, "edition.drafted", made, {"pack": pack, "number": made.number})
    return made


@transaction.atomic
def change(actor: Any, edition: Edition, new: Mapping[str, Any]) -> Edition:
    """Add a change; a change of the same thing that stands already is replaced. It must hold together at once."""
    row = _draft(edition)
    changes = [item for item in row.changes if _about(item) != _about(new)] + [dict(new)]
    return _keep(actor, row, changes, {"kind": str(new.get("kind"))})


@transaction.atomic
def take_back(actor: Any, edition: Edition, place: int) -> Edition:
    """Take a change out again."""
    row = _draft(edition)
    if not 0 <= place < len(row.changes):
        raise UserError(_("there is no such change"), todo=_("reload the page"))
    changes = [item for index, item in enumerate(row.changes) if index != place]
    return _keep(actor, row, changes, {"took_back": place})


@transaction.atomic
def write(actor: Any, edition: Edition, *, title: str, text: str, starts_on: date | None) -> Edition:
    """Title, provisions in the institution's own words, and the day its clause names."""
    row = _draft(edition)
    if not title.strip():
        raise UserError(_("a regulation has a title"), todo=_("write it"))
    row.title, row.text, row.starts_on = title.strip()[:300], text.strip(), starts_on
    row.save(update_fields=["title", "text", "starts_on"])
    _entry(actor, "edition.written", row, {"starts_on": starts_on.isoformat() if starts_on else None})
    return row


def discuss(actor: Any, edition: Edition, until: date) -> Edition:
    """Open the draft to everybody's comments up to a day."""
    if until < today():
        raise UserError(_("the day has passed"), todo=_("give people time to read"))
    return _move(actor, edition, "discuss", need=_compiled, discussed_until=until)


@transaction.atomic
def comment(actor: Any, edition: Edition, text: str) -> Comment:
    """Say something to a draft in discussion."""
    row = held(Edition, edition)
    if row.state != Edition.DISCUSSION:
        raise UserError(_("this edition is not in discussion"), todo=_("read it; the next edition will be discussed again"))
    if not text.strip():
        raise UserError(_("the comment is empty"), todo=_("write what you would change, and why"))
    made: Comment = Comment.objects.create(edition=row, by=person(actor), name=name_of(actor), text=text.strip(), at=now())
    _entry(actor, "edition.comment", row, {"comment": made.pk})
    return made


@transaction.atomic
def answer(actor: Any, remark: Comment, text: str) -> Comment:
    """Say what became of a comment."""
    row: Comment = held(Comment, remark)
    row.answer, row.answered_at = text.strip(), now()
    row.save(update_fields=["answer", "answered_at"])
    _entry(actor, "edition.answer", row.edition, {"comment": row.pk})
    return row


def rework(actor: Any, edition: Edition) -> Edition:
    """Back to a draft, to be changed after the discussion."""
    return _move(actor, edition, "rework")


def adopt(actor: Any, edition: Edition, *, council: str, number: str, dated: date) -> Edition:
    """The council adopts it; its protocol is named."""
    if not (council.strip() and number.strip()):
        raise UserError(_("the protocol is not named"), todo=_("give the council, the number and the day of its protocol"))

    def discussed(row: Edition) -> None:
        unanswered = Comment.objects.unscoped("of one edition").filter(edition=row, answered_at=None).count()
        if unanswered:
            raise UserError(_("%(n)s comments have no answer") % {"n": unanswered}, todo=_("say of each what became of it"))
        if dated > today():
            raise UserError(_("this day is still to come"), todo=_("give the day of the protocol"))

    values = {"council": council.strip(), "protocol_number": number.strip(), "protocol_dated": dated}
    return _move(actor, edition, "adopt", need=discussed, **values)


@transaction.atomic
def approve(actor: Any, edition: Edition, *, number: str, dated: date, text: str = "") -> Edition:
    """The head's order brings it in force: on the day its clause names, else on its own. The edition before ends then."""
    row = held(Edition, edition)
    EDITION.to("approve", row.state)
    if row.protocol_dated and dated < row.protocol_dated:
        raise UserError(_("the order is older than the council's protocol"), todo=_("mend the day of the order"))
    made = order(actor, row.organisation, Order.REGULATION, number, dated, text)
    begins = max(row.starts_on, dated) if row.starts_on else dated
    row = _move(actor, row, "approve", need=_compiled, order=made, in_force_from=begins)
    for before in _others(row):
        if before.in_force_to is None or before.in_force_to > begins:
            before.in_force_to = begins
            before.save(update_fields=["in_force_to"])
            _entry(actor, "edition.ends", before, {"on": begins.isoformat(), "by": row.number})
    return row


def publish(actor: Any, edition: Edition) -> Edition:
    """Show it to everybody."""
    return _move(actor, edition, "publish", published_at=now())


@jobs.kind(PASSED, gettext_lazy("Regulations whose last day is over"), quiet=True)
def end_passed(job: jobs.Job) -> dict[str, int]:
    """Note of them that they are no longer in force. The computations know it from the dates."""
    over = Edition.objects.unscoped("housekeeping").filter(in_force_to__lte=today())
    found = list(over.filter(state__in=(Edition.APPROVED, Edition.PUBLISHED)))
    for edition in found:
        _move("system:worker", edition, "end")
    return {"ended": len(found)}


jobs.daily(PASSED)


def _others(row: Edition) -> Any:
    same = Edition.objects.unscoped("of one institution").filter(organisation=row.organisation, pack=row.pack)
    return same.exclude(pk=row.pk).exclude(in_force_from=None)


def _keep(actor: Any, row: Edition, changes: list[dict[str, Any]], data: dict[str, Any]) -> Edition:
    row.changes = changes
    _compiled(row)
    row.save(update_fields=["changes", "source", "digest"])
    _entry(actor, "edition.changed", row, {**data, "changes": len(changes), "digest": row.digest})
    return row


def _compiled(row: Edition) -> None:
    """Compile and read it as the engine reads any pack; the row keeps the text. Raises ``UserError`` with what is wrong."""
    base = pack_named(row.pack)
    lang = (get_language() or "en").split("-")[0]
    lang = lang if lang in base.meta.languages else base.meta.languages[0]
    cover = Cover(
        id=f"{row.pack}-local-{row.organisation.pk}-{row.number}", version=f"{row.number}.0.0", lang=lang, title=row.title,
        issuer=str(row.organisation), number=str(row.number), dated=row.order.dated if row.order else None,
    )  # fmt: skip
    row.source = overlay_files(base, read_changes(row.changes), cover)
    row.digest = digest_of(row.source)
    pack_of(row)


def _about(item: Mapping[str, Any]) -> tuple[str, ...]:
    """What a change is of: two changes of one thing don't stand together. Free provisions are each their own."""
    kind = str(item.get("kind", "")).partition("-")[2] or str(item.get("kind"))
    own = str(item.get("provision", "")) if item.get("kind") == "words" else ""
    return kind, str(item.get("criterion", "")), str(item.get("sign", "")), str(item.get("line", "")), own


@transaction.atomic
def _move(actor: Any, edition: Edition, verb: str, *, need: Any = None, **values: Any) -> Edition:
    row: Edition = held(Edition, edition)
    state = EDITION.to(verb, row.state)
    for name, value in values.items():
        setattr(row, name, value)
    if need is not None:
        need(row)
    row.state = state
    row.save()
    _entry(actor, f"edition.{verb}", row, {"state": state, "digest": row.digest})
    return row


def _draft(edition: Edition) -> Edition:
    row: Edition = held(Edition, edition)
    if row.state != Edition.DRAFT:
        raise UserError(_("only a draft can be changed"), todo=_("take it back to a draft first, or begin a new edition"))
    return row


def _entry(actor: Any, verb: str, edition: Edition, data: dict[str, Any]) -> None:
    ledger.append(actor, verb, obj=edition, unit=edition.organisation.code, data=data)
