"""What templates draw with: icons, states, and figures and dates as the reader's language writes them.

The library stands among the built-ins of the templates, so no page has to load it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django import template
from django.templatetags.static import static
from django.utils import dateformat, timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext

from sapa_web.common import clock
from sapa_web.common.templatetags.script_words import GROUPS

register = template.Library()

_NBSP = "\N{NO-BREAK SPACE}"
_MISSING = "\N{EN DASH}"
# Separators and forms of a date. Django knows no form of kk and be, and that of en is American.
_SEPARATORS = {"en": (",", ".")}
_EASTERN = (_NBSP, ",")
_DATES = {"en": "j F Y", "ru": "j E Y", "uk": "j E Y", "be": "j E Y", "kk": "Y ж. j E"}
# Django writes the months of kk with capitals and some of be in the nominative.
_MONTHS = {
    "kk": ["қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"],
    "be": [
        "студзеня",
        "лютага",
        "сакавіка",
        "красавіка",
        "мая",
        "чэрвеня",
        "ліпеня",
        "жніўня",
        "верасня",
        "кастрычніка",
        "лістапада",
        "снежня",
    ],
}
_SHORT_DATES = {"en": "j M Y"}

STATES: dict[str, tuple[Any, str, str]] = {
    "not_begun": (gettext_lazy("Not begun"), "grey", "circle-dashed"),
    "draft": (gettext_lazy("Draft"), "blue", "pencil"),
    "with_findings": (gettext_lazy("With findings"), "amber", "alert-triangle"),
    "ready": (gettext_lazy("Ready to sign"), "violet", "writing-sign"),
    "signed": (gettext_lazy("Signed"), "green", "circle-check"),
    "accepted": (gettext_lazy("Accepted"), "green", "circle-check"),
    "returned": (gettext_lazy("Returned"), "amber", "corner-up-left"),
    "late": (gettext_lazy("Late"), "red", "clock-exclamation"),
    "frozen": (gettext_lazy("Frozen"), "blue", "snowflake"),
    "provisional": (gettext_lazy("Provisional"), "plain", "hourglass"),
    "official": (gettext_lazy("Official"), "green", "shield-check"),
    "superseded": (gettext_lazy("Superseded"), "grey", "history"),
    "planned": (gettext_lazy("Planned"), "grey", "calendar"),
    "announced": (gettext_lazy("Announced"), "blue", "speakerphone"),
    "suspended": (gettext_lazy("Updates suspended"), "amber", "player-pause"),
    "resumed": (gettext_lazy("Updates resumed"), "green", "player-play"),
    "open": (gettext_lazy("Open"), "blue", "circle-dot"),
    "closed": (gettext_lazy("Closed"), "grey", "lock"),
    "waiting": (gettext_lazy("Waiting"), "grey", "hourglass"),
    "running": (gettext_lazy("Running"), "blue", "loader"),
    "done": (gettext_lazy("Done"), "green", "circle-check"),
    "failed": (gettext_lazy("Failed"), "red", "circle-x"),
    "active": (gettext_lazy("Active"), "green", "circle-check"),
    "inactive": (gettext_lazy("Not active"), "grey", "circle-minus"),
    "review": (gettext_lazy("In review"), "violet", "eye"),
    "approved": (gettext_lazy("Approved"), "green", "circle-check"),
    "scheduled": (gettext_lazy("Scheduled"), "blue", "calendar-event"),
    "published": (gettext_lazy("Published"), "green", "world"),
    "collecting": (gettext_lazy("Collecting evidence"), "blue", "folder-open"),
    "rating": (gettext_lazy("Setting levels"), "violet", "gauge"),
    "discussed": (gettext_lazy("Discussed"), "violet", "message-2"),
    "decided": (gettext_lazy("Decided"), "green", "circle-check"),
    "proposed": (gettext_lazy("Proposed"), "violet", "bulb"),
    "declined": (gettext_lazy("Declined"), "grey", "circle-x"),
}
"""State → (word, tone, icon). Tones are the classes ``tone-…`` of the style sheet."""

SEVERITIES: dict[str, tuple[Any, str]] = {
    "blocks": (gettext_lazy("Must be corrected"), "alert-circle"),
    "explain": (gettext_lazy("Correct or explain"), "alert-triangle"),
    "note": (gettext_lazy("Please check"), "info-circle"),
    "explained": (gettext_lazy("Explained"), "circle-check"),
}
"""Severity of a finding → (word, icon)."""


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite. With ``label`` it speaks for itself; without, it only accompanies words."""
    address = f"{static('build/icons.svg')}#{name}"
    if label:
        shape = '<svg class="icon {}" role="img" aria-label="{}"><use href="{}"></use></svg>'
        return format_html(shape, css, label, address)
    return format_html('<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', css, address)


@register.simple_tag
def state(name: str, days: int | str | None = None, count: int | str | None = None) -> SafeString:
    """A state as icon and word. ``days`` says how many working days late; ``count`` how many findings.

    An unknown state is shown as its own name, grey: a page with a new state must not fall over.
    """
    word, tone, picture = STATES.get(str(name), (name, "grey", "circle-dashed"))
    if days not in (None, ""):  # a variable that a template does not know arrives as ""
        word = ngettext("Late by %(n)s working day", "Late by %(n)s working days", int(days)) % {"n": number(days)}
    elif count not in (None, ""):
        word = f"{word}: {number(count)}"
    return format_html('<span class="state tone-{}">{}{}</span>', tone, icon(picture), word)


@register.filter
def severity_label(name: str) -> str:
    """The word for a severity of findings."""
    return str(SEVERITIES.get(str(name), (name, ""))[0])


@register.filter
def severity_icon(name: str) -> str:
    """The icon's name for a severity of findings."""
    return SEVERITIES.get(str(name), ("", "alert-triangle"))[1]


@register.filter
def number(value: Any, places: int | None = None) -> str:
    """A figure with the language's separators: ``{{ 12345.678|number:1 }}`` → 12 345,7. Nothing → an en dash.

    Without ``places`` the digits stay as they are, at most six after the point.
    """
    amount = _decimal(value)
    if amount is None:
        return _MISSING if value in (None, "") else str(value)
    if places is not None:
        amount = amount.quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_UP)
        text = f"{amount:,f}"
    else:
        text = f"{round(amount, 6):,f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    group, point = _SEPARATORS.get(_language(), _EASTERN)
    text = text.replace(",", "\0").replace(".", point).replace("\0", group)
    return text.replace("-", "\N{MINUS SIGN}")


@register.filter
def percent(value: Any, places: int = 1) -> str:
    """A share between 0 and 1 as per cent: ``{{ 0.934|percent }}`` → 93.4%. Nothing → an en dash."""
    amount = _decimal(value)
    if amount is None:
        return _MISSING
    gap = "" if _language() == "en" else _NBSP
    return f"{number(amount * 100, places)}{gap}%"


@register.filter
def day(value: date | datetime | None) -> str:
    """A date in words: 5 March 2026. Nothing → an en dash."""
    return _dated(value, _DATES.get(_language(), "j E Y"))


@register.filter
def short_day(value: date | datetime | None) -> str:
    """A date for narrow columns: 05.03.2026, in English 5 Mar 2026. Nothing → an en dash."""
    return _dated(value, _SHORT_DATES.get(_language(), "d.m.Y"))


@register.filter
def moment(value: datetime | None) -> str:
    """A date with the time of the site's zone: 5 March 2026, 17:40. Nothing → an en dash."""
    return _dated(value, _DATES.get(_language(), "j E Y") + ", H:i")


@register.filter
def day_tag(value: date | datetime | None) -> SafeString | str:
    """The same as ``day`` in a ``<time>`` element, for machines."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), day(value)) if value else _MISSING


@register.filter
def working_days(count: int | None) -> str:
    """How long there is to go: "3 working days left", "due today", "2 working days late". ``count`` is negative when late."""
    if count is None:
        return ""
    if count == 0:
        return gettext("due today")
    if count > 0:
        return ngettext("%(n)s working day left", "%(n)s working days left", count) % {"n": number(count)}
    return ngettext("%(n)s working day late", "%(n)s working days late", -count) % {"n": number(-count)}


@register.filter
def size(value: Any) -> str:
    """Bytes as kB, MB, GB (of 1000), one digit after the point."""
    amount = float(value or 0)
    units = [gettext("B"), gettext("kB"), gettext("MB"), gettext("GB")]
    power = 0
    while amount >= 1000 and power < len(units) - 1:
        amount, power = amount / 1000, power + 1
    return f"{number(amount, min(power, 1))}{_NBSP}{units[power]}"


@register.filter
def in_language(texts: Mapping[str, str] | None) -> str:
    """The text of the reader's language, else English, else any."""
    found = texts or {}
    return found.get(_language()) or found.get("en") or next(iter(found.values()), "")


@register.filter
def get(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """``{{ row|get:column }}``: the entry of a mapping, or nothing."""
    return (mapping or {}).get(key, "")


@register.filter
def at(items: Sequence[Any] | None, index: int) -> Any:
    """``{{ columns|at:forloop.counter0 }}``: the entry at a place, or nothing."""
    return items[index] if items and index < len(items) else ""


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's address with some parameters changed: ``<a href="{% query page=2 %}">``; None or "" removes one."""
    request = context.get("request")
    pairs: dict[str, list[str]] = {key: list(values) for key, values in request.GET.lists()} if request else {}
    for key, value in changes.items():
        if value in (None, ""):
            pairs.pop(key, None)
        else:
            pairs[key] = [str(value)]
    return "?" + urlencode(pairs, doseq=True)


@register.simple_tag(takes_context=True)
def sort_link(context: template.Context, key: str) -> dict[str, str]:
    """What a sortable head needs: ``url``, ``aria`` (ascending, descending, none), ``icon``. The parameter is ``sort``."""
    request = context.get("request")
    current = request.GET.get("sort", "") if request else ""
    turned = f"-{key}" if current == key else key
    aria = {key: "ascending", f"-{key}": "descending"}.get(current, "none")
    picture = {"ascending": "chevron-up", "descending": "chevron-down", "none": "arrows-sort"}[aria]
    return {"url": query(context, sort=turned, page=None), "aria": aria, "icon": picture}


@register.filter
def page_window(page: Any) -> Iterable[int | None]:
    """Page numbers to offer around a page of Django's paginator; None stands where numbers are left out."""
    last, here = page.paginator.num_pages, page.number
    wanted = sorted({1, 2, here - 1, here, here + 1, last - 1, last} & set(range(1, last + 1)))
    out: list[int | None] = []
    for item in wanted:
        if out and out[-1] is not None and item - out[-1] > 1:
            out.append(None)
        out.append(item)
    return out


@register.simple_tag
def site_moment() -> str:
    """The site's clock as ISO 8601, for scripts: a demonstration may stand at another day than the browser."""
    return clock.now().isoformat()


@register.simple_tag
def labels(group: str) -> dict[str, str]:
    """The words of a script, translated: ``{% labels "grid" as words %}{{ words|json_script:"grid-labels" }}``."""
    return {key: str(text) for key, text in GROUPS[group].items()}


def _language() -> str:
    return (translation.get_language() or "en").split("-")[0]


def _decimal(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() else None


def _dated(value: date | datetime | None, form: str) -> str:
    if not value:
        return _MISSING
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    months = _MONTHS.get(_language())
    if months:
        form = form.replace("E", "".join(f"\\{letter}" for letter in months[value.month - 1]))
    return dateformat.format(value, form).replace(" ", _NBSP, 1)
