"""Papers of the monitoring: drafted from the figures, read and completed by a person, issued (and then fixed), published.

An issued paper is kept as what it says, with its digest; its files are drawn from that, the same bytes every time.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sapa.archive.manifest import canonical_json
from sapa.errors import UserError
from sapa.packs.policies import may_leave
from sapa.publication.papers import Paper
from sapa_web.common.clock import now, today
from sapa_web.common.domain import ledger
from sapa_web.monitoring.domain.inforce import pack_in_force
from sapa_web.monitoring.domain.papers import compose
from sapa_web.monitoring.domain.states import DOCUMENT, held, name_of
from sapa_web.monitoring.models import Acquaintance, Document, Edition, Watch
from sapa_web.orgs.domain.versions import person


@transaction.atomic
def draft(actor: Any, organisation: Any, pack: str, product: str, period: str, watch: Watch | None = None) -> Document:
    """Begin a paper the pack names among its products."""
    rules = pack_in_force(organisation, pack, today())
    found = next((item for item in rules.products if item.id == product), None)
    if found is None:
        raise UserError(_("the regulation names no such document"), todo=_("choose one of its documents"))
    lang = (get_language() or "en").split("-")[0]
    made: Document = Document.objects.create(
        organisation=organisation, pack=pack, product=product, form=found.form, period=period, watch=watch, language=lang,
        title=rules.text(dict(found.title), lang)[:300], made_at=now(), made_by=person(actor),
    )  # fmt: skip
    _entry(actor, "document.drafted", made, {"product": product, "period": period})
    return made


@transaction.atomic
def write(actor: Any, document: Document, *, title: str, words: str, decisions: str) -> Document:
    """The words of a person, and what is decided."""
    row: Document = held(Document, document)
    if row.state != Document.DRAFT:
        raise UserError(_("the paper is issued: it is not changed any more"), todo=_("issue a further one"))
    row.title, row.words, row.decisions = title.strip()[:300] or row.title, words.strip(), decisions.strip()
    row.save(update_fields=["title", "words", "decisions"])
    _entry(actor, "document.written", row, {})
    return row


@transaction.atomic
def issue(actor: Any, document: Document, *, number: str, dated: date) -> Document:
    """Fix what the paper says, under a number and a day."""
    row: Document = held(Document, document)
    state = DOCUMENT.to("issue", row.state)
    if not number.strip():
        raise UserError(_("a paper has a number"), todo=_("give the number it is registered under"))
    if dated > today():
        raise UserError(_("this day is still to come"), todo=_("give the day of issue"))
    if row.form == "order" and not row.decisions:
        raise UserError(_("an order decides something"), todo=_("write the decisions, one a line"))
    row.number, row.dated, row.state = number.strip()[:40], dated, state
    row.content = compose(row, name_of(actor)).model_dump(mode="json")
    row.digest = sha256(canonical_json(row.content)).hexdigest()
    row.save()
    _entry(actor, "document.issue", row, {"number": row.number, "dated": dated.isoformat(), "digest": row.digest})
    return row


@transaction.atomic
def publish(actor: Any, document: Document) -> Document:
    """Show an issued paper to everybody; only where the pack lets results leave, and the paper is meant for the public."""
    row: Document = held(Document, document)
    state = DOCUMENT.to("publish", row.state)
    rules = pack_in_force(row.organisation, row.pack, today())
    if not may_leave(rules, "results", published=True):
        raise UserError(_("results do not leave the institution"), todo=_("see the policies of the regulation"))
    if not for_the_public(rules, row.product):
        raise UserError(_("this paper is for the staff only"), todo=_("publish the public report instead"))
    row.state, row.published_at = state, now()
    row.save(update_fields=["state", "published_at"])
    _entry(actor, "document.publish", row, {"digest": row.digest})
    return row


def for_the_public(rules: Any, product: str) -> bool:
    """Whether the regulation hands this document to people outside: to families or by the website."""
    found = next((item for item in rules.products if item.id == product), None)
    return found is not None and bool({"parents", "website", "media"} & set(found.audiences))


def paper_of(document: Document) -> Paper:
    """What the paper says: as issued, or as it would be issued now."""
    return Paper.model_validate(document.content) if document.content else compose(document, "")


@transaction.atomic
def acquaint(actor: Any, thing: Edition | Document) -> Acquaintance:
    """Sign the acquaintance sheet: in one's own name, once."""
    row = held(type(thing), thing)
    draft_states = (Edition.DRAFT, Edition.DISCUSSION, Edition.ADOPTED) if isinstance(row, Edition) else (Document.DRAFT,)
    if row.state in draft_states:
        raise UserError(_("there is nothing to be acquainted with yet"), todo=_("wait until it is issued"))
    of = {"edition": row} if isinstance(row, Edition) else {"document": row}
    if Acquaintance.objects.unscoped("of one person").filter(user=person(actor), **of).exists():
        raise UserError(_("you have signed already"), todo=_("nothing is left to do"))
    made: Acquaintance = Acquaintance.objects.create(
        organisation=row.organisation, user=person(actor), name=name_of(actor), signed_at=now(), **of
    )
    ledger.append(actor, "acquainted", obj=row, unit=row.organisation.code, data={"name": made.name})
    return made


def _entry(actor: Any, verb: str, document: Document, data: dict[str, Any]) -> None:
    ledger.append(actor, verb, obj=document, unit=document.organisation.code, data=data)
