"""Personal links: made in memory, sent or printed at once, kept as digests only.

Who was invited stands in one table, what lets an answer in in another; which code went to whom was known to the letter alone.
So a lost link can't be replaced (nobody knows which it was), and a reminder goes to everybody who got a letter, in the same
words, whoever has answered: the job that sends it reads neither slips nor answers. Letters are composed and handed to the mail
server inside the job: no queue, no log, no ledger holds them. Where a site has no mail server, its letters would lie in a
folder, each with its reader's address: there links are printed and given out by lot.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sapa.errors import UserError
from sapa_web.common.clock import today
from sapa_web.common.domain import jobs, ledger
from sapa_web.common.domain.notices import site_address
from sapa_web.common.models import JobRun
from sapa_web.orgs.models import User
from sapa_web.surveys.domain import box
from sapa_web.surveys.models import Invitee, Slip, Survey

log = logging.getLogger(__name__)

LETTERS = "surveys.letters"
REMINDERS = "surveys.reminders"
SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""What a code is made of: nothing that looks like something else on paper."""
MOST = 5000
"""Links made at once at most."""
CHUNK = 200
_KEEPS = ("filebased", "console")


def new_code() -> str:
    """Sixteen signs in four groups, 80 random bits: ``K7QF-9M2X-…``."""
    return "-".join("".join(secrets.choice(SIGNS) for _sign in range(4)) for _group in range(4))


def tidy(code: str) -> str:
    """A code as it was typed, in the one form it is compared in."""
    signs = "".join(sign for sign in code.upper() if sign.isalnum())
    return "-".join(signs[start : start + 4] for start in range(0, len(signs), 4))[:40]


def address_of(survey: Survey, code: str = "", *, site: str = "") -> str:
    """Where the survey is answered. A code stands behind the ``#``: a browser sends that part to nobody."""
    return (site or site_address()) + reverse("answer:form", args=[survey.key]) + (f"#{code}" if code else "")


@transaction.atomic
def invite(actor: User, survey: Survey, people: Iterable[Mapping[str, str]]) -> int:
    """Put people on the list that letters go to (``email``, ``name``, ``group``, ``language``); returns how many are new."""
    held = _held(survey)
    _require_personal(held)
    known = set(Invitee.objects.unscoped("the survey's own list").filter(survey=held).values_list("email", flat=True))
    allowed = {item["id"] for item in held.groups} or {""}
    fresh: dict[str, Invitee] = {}
    for line in people:
        email, group = line["email"].strip().lower(), line.get("group", "")
        if group not in allowed:
            raise UserError(_("%(email)s stands in no group of the survey") % {"email": email}, todo=_("name a group of it"))
        if email not in known and email not in fresh:
            fresh[email] = Invitee(
                survey=held, email=email, name=line.get("name", ""), group=group, language=line.get("language", "")
            )
    Invitee.objects.bulk_create(fresh.values(), batch_size=500)
    if fresh:
        ledger.append(actor, "survey.invited", obj=held, unit=held.organisation.code, data={"people": len(fresh)})
    return len(fresh)


@transaction.atomic
def ask_letters(actor: User, survey: Survey) -> JobRun:
    """Ask for letters to everybody on the list who has none yet."""
    held = _held(survey)
    _require_personal(held)
    _require_mail_server()
    waiting = Invitee.objects.unscoped("the survey's own list").filter(survey=held, written=False)
    if not waiting.exists():
        raise UserError(_("everybody on the list has been written to"), todo=_("add people to the list first"))
    groups = waiting.order_by().values_list("group", flat=True)
    _require_size(held, Counter(groups))
    return jobs.once(LETTERS, {"survey": held.pk}, by=actor)


@transaction.atomic
def ask_reminder(actor: User, survey: Survey) -> JobRun:
    """Ask for one reminder to everybody who got a letter and was not reminded yet: the site does not know who has answered.

    It is refused for fewer people than a group must have: what comes in after it would be theirs.
    """
    held = _held(survey)
    _require_personal(held)
    if held.state != Survey.OPEN or not held.opens_on <= today() <= held.closes_on:
        raise UserError(_("nothing is taken in now"), todo=_("remind people while the survey is open"))
    _require_mail_server()
    count = to_remind(held).count()
    if not count:
        raise UserError(_("everybody who got a letter has been reminded"), todo=_("wait for the last day"))
    if count < held.threshold:
        raise UserError(
            _("a reminder to fewer than %(n)s people would tell whose answers come in after it") % {"n": held.threshold},
            todo=_("wait for the last day"),
        )
    return jobs.once(REMINDERS, {"survey": held.pk}, by=actor)


def to_remind(survey: Survey) -> Any:
    """Who got a letter and no reminder yet."""
    return Invitee.objects.unscoped("the survey's own list").filter(survey=survey, written=True, reminded=False)


@transaction.atomic
def print_codes(actor: User, survey: Survey, wanted: Mapping[str, int]) -> dict[str, list[str]]:
    """New codes by group, to be printed now: they are shown once, and nowhere kept."""
    held = _held(survey)
    _require_personal(held)
    if not 0 < sum(wanted.values()) <= MOST or min(wanted.values()) < 0:
        raise UserError(_("between 1 and %(n)s links can be made at once") % {"n": MOST}, todo=_("ask for another number"))
    _require_size(held, wanted)
    made = {group: [new_code() for _one in range(count)] for group, count in wanted.items() if count}
    _keep(held, [(code, group) for group, codes in made.items() for code in codes])
    data = {"printed": {group: len(codes) for group, codes in made.items()}}
    ledger.append(actor, "survey.links", obj=held, unit=held.organisation.code, data=data)
    return made


def _require_personal(survey: Survey) -> None:
    if survey.state == Survey.CLOSED:
        raise UserError(_("the survey is closed"), todo=_("plan another"))
    if survey.way != Survey.PERSONAL:
        raise UserError(_("this survey has one open link"), todo=_("give that link to people"))


def _require_mail_server() -> None:
    if any(name in settings.EMAIL_BACKEND for name in _KEEPS):
        raise UserError(
            _("this site has no mail server: its letters would be kept in a folder, each with its reader's address"),
            todo=_("print the links and give them out by lot"),
        )


def _require_size(survey: Survey, wanted: Mapping[str, int]) -> None:
    """A group too small to be shown is too small to be asked: its answers would be known by their group."""
    for group, more in wanted.items():
        if group not in ({item["id"] for item in survey.groups} or {""}):
            raise UserError(_("the survey has no such group"), todo=_("reload the page"))
        if more and survey.issued.get(group, 0) + more < survey.threshold:
            raise UserError(
                _("a group of fewer than %(n)s people would not stay anonymous") % {"n": survey.threshold},
                todo=_("join it with another group, or ask without groups"),
            )


def _keep(survey: Survey, codes: list[tuple[str, str]]) -> None:
    """The digests of codes, ordered by themselves: not as the people stand in the list."""
    slips = [Slip(digest=box.digest_of(survey, code), survey=survey, group=group) for code, group in codes]
    Slip.objects.bulk_create(sorted(slips, key=lambda slip: slip.digest), batch_size=500)
    issued = Counter(survey.issued) + Counter(group for _code, group in codes)
    survey.issued = dict(sorted(issued.items()))
    Survey.objects.unscoped("the survey that was found").filter(pk=survey.pk).update(issued=survey.issued)


@jobs.kind(LETTERS, gettext_lazy("Letters with links of a survey"), attempts=3)
def write_letters(job: jobs.Job) -> dict[str, int]:
    """Make links for all who wait, and send them. A letter that may have gone out is not written again."""
    sent = failed = 0
    while people := _next(job.arguments["survey"]):
        survey, waiting = people
        connection = get_connection()
        refused: list[int] = []
        for invitee, code in waiting:
            try:
                letter(survey, invitee, code, connection).send()
                sent += 1
            except (SMTPException, OSError, ValueError) as error:
                log.warning("a letter of survey %s was refused: %s", survey.pk, type(error).__name__)
                _take_back(survey, code, invitee.group)
                refused.append(invitee.pk)
                failed += 1
            job.progress(str(_("Letters with links of a survey")), sent + failed, sent + failed + 1)
        connection.close()
        if refused:
            Invitee.objects.unscoped("the survey's own list").filter(pk__in=refused).update(written=False)
            break  # the mail server has its reasons: whoever asked sees how many are left, and asks again
    with transaction.atomic():
        found: Survey = Survey.objects.unscoped("the job's survey").get(pk=job.arguments["survey"])
        box.shake_slips(found)
        ledger.append("system:worker", "survey.letters", obj=found, unit=found.organisation.code, data={"sent": sent})
    box.forget()
    return {"sent": sent, "failed": failed}


@transaction.atomic
def _next(pk: int) -> tuple[Survey, list[tuple[Invitee, str]]] | None:
    """Some who wait, marked as written to, each with a code that stands nowhere else; in chance's order."""
    survey = _held(Survey(pk=pk))
    if survey.state == Survey.CLOSED:
        return None
    waiting = list(Invitee.objects.unscoped("the survey's own list").filter(survey=survey, written=False)[:CHUNK])
    if not waiting:
        return None
    secrets.SystemRandom().shuffle(waiting)
    pairs = [(invitee, new_code()) for invitee in waiting]
    _keep(survey, [(code, invitee.group) for invitee, code in pairs])
    everybody = Invitee.objects.unscoped("the survey's own list").filter(pk__in=[item.pk for item in waiting])
    everybody.update(written=True)
    return survey, pairs


@transaction.atomic
def _take_back(survey: Survey, code: str, group: str) -> None:
    """A code whose letter was refused."""
    if Slip.objects.filter(digest=box.digest_of(survey, code), used=False).delete()[0]:
        held = _held(survey)
        issued = {**held.issued, group: held.issued.get(group, 1) - 1}
        Survey.objects.unscoped("the survey that was found").filter(pk=held.pk).update(issued=issued)


@jobs.kind(REMINDERS, gettext_lazy("Reminders of a survey"), attempts=3)
def write_reminders(job: jobs.Job) -> dict[str, int]:
    """Remind everybody alike, in chance's order. A reminder that may have gone out is not written again."""
    sent = failed = 0
    while people := _next_to_remind(job.arguments["survey"]):
        survey, waiting = people
        connection, refused = get_connection(), []
        for invitee in waiting:
            try:
                reminder(survey, invitee, connection).send()
                sent += 1
            except (SMTPException, OSError, ValueError) as error:
                log.warning("a reminder of survey %s was refused: %s", survey.pk, type(error).__name__)
                refused.append(invitee.pk)
                failed += 1
            job.progress(str(_("Reminders of a survey")), sent + failed, sent + failed + 1)
        connection.close()
        if refused:
            Invitee.objects.unscoped("the survey's own list").filter(pk__in=refused).update(reminded=False)
            break
    found: Survey = Survey.objects.unscoped("the job's survey").select_related("organisation").get(pk=job.arguments["survey"])
    ledger.append("system:worker", "survey.reminded", obj=found, unit=found.organisation.code, data={"sent": sent})
    return {"sent": sent, "failed": failed}


@transaction.atomic
def _next_to_remind(pk: int) -> tuple[Survey, list[Invitee]] | None:
    """Some who were not reminded yet, marked as reminded, in chance's order."""
    survey = _held(Survey(pk=pk))
    waiting = list(to_remind(survey)[:CHUNK]) if survey.state == Survey.OPEN else []
    if not waiting:
        return None
    secrets.SystemRandom().shuffle(waiting)
    everybody = Invitee.objects.unscoped("the survey's own list").filter(pk__in=[item.pk for item in waiting])
    everybody.update(reminded=True)
    return survey, waiting


def letter(survey: Survey, invitee: Invitee, code: str, connection: Any = None) -> EmailMessage:
    """The letter in its reader's language. It is handed to the mail server and forgotten."""
    with translation.override(invitee.language or (survey.languages or ["en"])[0]):
        title = _title(survey)
        lines = [
            _("%(unit)s asks you to answer a questionnaire: %(title)s.") % {"unit": survey.organisation, "title": title}, "",
            address_of(survey, code), "",
            _("If the page asks for a code: %(code)s") % {"code": code}, "",
            _("The link is good for one answer, until %(day)s.") % {"day": survey.closes_on.isoformat()},
            _("It is not written down which link was sent to whom: nobody can tell which answer is yours."),
            _("Please don't hand this letter on."),
        ]  # fmt: skip
        return EmailMessage(" ".join(title.split()), "\n".join(lines), to=[invitee.email], connection=connection)


def reminder(survey: Survey, invitee: Invitee, connection: Any = None) -> EmailMessage:
    """The reminder in its reader's language: the same to all, without a link, which stands in the first letter alone."""
    with translation.override(invitee.language or (survey.languages or ["en"])[0]):
        title = _title(survey)
        lines = [
            _("%(unit)s asked you by letter to answer a questionnaire: %(title)s.")
            % {"unit": survey.organisation, "title": title}, "",
            _("If you have already answered, do nothing. Everybody gets this reminder: nobody can tell who has answered."), "",
            _("If not: your link stands in that letter and is good until %(day)s. It can't be sent again, since it is not "
              "written down which link is yours.") % {"day": survey.closes_on.isoformat()},
        ]  # fmt: skip
        return EmailMessage(" ".join(title.split()), "\n".join(lines), to=[invitee.email], connection=connection)


def _title(survey: Survey) -> str:
    """Its title in the language that is spoken now."""
    lang = (translation.get_language() or "en").split("-")[0]
    return str(survey.title.get(lang) or next(iter(survey.title.values()), ""))


def _held(survey: Survey) -> Survey:
    found = Survey.objects.unscoped("the caller has found it").select_for_update(of=("self",)).select_related("organisation")
    held: Survey = found.get(pk=survey.pk)
    return held
