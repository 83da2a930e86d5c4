"""What public pages are drawn with: their sections, texts of a pack in the reader's language, the way to a figure's origin."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sapa.publication.language import LANGUAGES, language

register = template.Library()
_SAFE = "!$&'()*+,;=~:@"


@register.simple_tag(takes_context=True)
def sections(context: template.Context) -> list[dict[str, Any]]:
    """The portal's sections that exist: label, address, whether the page belongs to it."""
    listed = [
        (_("Home"), "home"), (_("Indicators"), "indicators"), (_("Table builder"), "tables"), (_("Places"), "places"),
        (_("Institutions"), "institutions"), (_("Releases"), "releases"), (_("Self-assessments"), "quality"),
        (_("Data"), "data"), (_("Verify"), "verify"), (_("Law"), "law"), (_("Log of roots"), "roots"),
    ]  # fmt: skip
    here = context["request"].path if "request" in context else ""
    out = []
    for label, route in listed:
        url = address(route)
        if url:
            active = here == url if route == "home" else here.startswith(url)
            out.append({"label": label, "url": url, "active": active})
    return out


@register.simple_tag
def address(route: str, *args: Any) -> str:
    """The address of a page of the portal; empty where the site has none."""
    try:
        return reverse(f"portal:{route}", args=args)
    except NoReverseMatch:
        return ""


@register.filter
def words(texts: Mapping[str, str] | str | None) -> str:
    """A text by language in the reader's, else in English, else in any."""
    if not isinstance(texts, Mapping):
        return texts or ""
    return texts.get(_code()) or texts.get("en") or next((text for text in texts.values() if text), "")


@register.filter
def period_name(period: str) -> str:
    """A reference period in words."""
    code = _code()
    return language(code if code in LANGUAGES else "en").period(period)


def figure_url(version: Any, fact: str) -> str:
    """The page of a published cell of a version (``DataVersion``)."""
    return f"{_cells(version.pack, version.number)}{quote(fact.replace('/', '%2F'), safe=_SAFE)}/"


@lru_cache(maxsize=64)
def _cells(pack: str, number: str) -> str:
    """What the addresses of a version's cells begin with: found once, since a table has many."""
    return reverse("portal:figure", args=[pack, number, "-"]).removesuffix("-/")


@register.simple_tag
def figure_link(version: Any, fact: str, text: str) -> SafeString:
    """A figure that leads to where it comes from."""
    return format_html('<a href="{}" title="{}">{}</a>', figure_url(version, fact), _("Where does this come from?"), text)


def _code() -> str:
    return (get_language() or "en").split("-")[0]
