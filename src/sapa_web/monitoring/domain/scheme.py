"""The head's order with the plan it approves, and the sheet on which those it names sign."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from sapa.publication.language import language
from sapa.publication.papers import Paper, PaperSection, PaperTable
from sapa_web.common.clock import today
from sapa_web.monitoring.domain.queries.programmes import Object, Told
from sapa_web.monitoring.models import Programme


def order_paper(programme: Programme, lang: str) -> Paper:
    """The order as a paper, in a language; before it is signed, as it would be."""
    with translation.override(lang):
        told, spoken, order = Told(programme), language(lang), programme.order
        day = order.dated if order else today()
        period = f"{spoken.date(programme.begins_on)} – {spoken.date(programme.ends_on)}"
        own = tuple(part.strip() for part in (order.text if order else "").splitlines() if part.strip())
        people = list(dict.fromkeys(item.person for item in told.objects if item.person))
        lines = [_("No %(number)s of %(day)s") % {"number": order.number, "day": spoken.date(day)}] if order else []
        heads = (_("Object"), _("Indicators"), _("How often"), _("Level"), _("Responsible"))
        return Paper(
            lang=lang, issuer=str(programme.organisation), title=_("Order on the plan of internal monitoring"), subtitle=period,
            dated=day, lines=tuple(lines),
            words=tuple(part.strip() for part in programme.grounds.splitlines() if part.strip()),
            decisions_title=_("I order:"), decisions=own or _ours(period), signatures=((_("Head"), _signer(programme)),),
            sections=(
                PaperSection(
                    heading=_("Plan of internal monitoring"),
                    tables=(PaperTable(caption=period, heads=heads, rows=tuple(_row(item) for item in told.objects)),),
                ),
            ),
            acquainted_title=_("Acquainted with the order"), acquainted_heads=(_("Name"), _("Signature"), _("Day")),
            acquainted=tuple((name, "", "") for name in people), page_word=_("p."),
            foot=_("Drawn from the institution's monitoring, %(title)s")
            % {"title": told.rules.text(dict(told.rules.meta.title), lang)},
        )  # fmt: skip


def _row(item: Object) -> tuple[str, ...]:
    who = ", ".join([item.person, *item.bodies]) if item.person else ", ".join(item.bodies)
    return item.title, "; ".join(item.criteria) or "–", str(item.often), item.level, who


def _ours(period: str) -> tuple[str, ...]:
    return (
        _("Approve the plan of internal monitoring for %(period)s.") % {"period": period},
        _("Those named in the plan answer for its objects and hand in what it asks for."),
        _("All whom the plan names are to be acquainted with this order."),
    )


def _signer(programme: Programme) -> str:
    return str(programme.order.by) if programme.order and programme.order.by else ""
