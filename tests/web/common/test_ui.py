"""Figures, dates and states as each language writes them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from sapa_web.common.templatetags import ui


@pytest.mark.parametrize(
    ("language", "figure", "share", "day"),
    [
        ("en", "−1,234,567.9", "93.4%", "5 March 2026"),
        ("ru", "−1 234 567,9", "93,4 %", "5 марта 2026"),
        ("kk", "−1 234 567,9", "93,4 %", "2026 ж. 5 наурыз"),
        ("uk", "−1 234 567,9", "93,4 %", "5 березня 2026"),
        ("be", "−1 234 567,9", "93,4 %", "5 сакавіка 2026"),
    ],
)
def test_figures_and_dates_follow_the_language(language: str, figure: str, share: str, day: str) -> None:
    with translation.override(language):
        written = [ui.number(-1234567.891, 1), ui.percent(0.934), ui.day(date(2026, 3, 5))]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in written] == [figure, share, day]


@pytest.mark.parametrize("nothing", [None, "", float("nan")])
def test_what_is_not_there_is_a_dash_and_never_a_zero(nothing: Any) -> None:
    assert ui.percent(nothing) == "–"
    assert nothing != nothing or ui.number(nothing) == "–"


def test_halves_are_rounded_up_as_statisticians_do() -> None:
    with translation.override("en"):
        assert [ui.number(value, 0) for value in ("0.5", "1.5", "2.5")] == ["1", "2", "3"]
        assert ui.number("1200.50") == "1,200.5"


def test_a_state_is_an_icon_and_a_word() -> None:
    with translation.override("en"):
        html = Template('{% load ui %}{% state "late" days=3 %}{% state "unheard-of" %}').render(Context())
    assert "Late by 3 working days" in html
    assert "#clock-exclamation" in html
    assert "unheard-of" in html, "a new state is shown by its name, the page does not fall over"


def test_what_people_typed_is_never_markup() -> None:
    html = Template("{% load ui %}{% state name %}{% icon name label=name %}").render(Context({"name": '"><script>'}))
    assert "<script>" not in html


def test_links_keep_the_other_parameters() -> None:
    request = RequestFactory().get("/?q=a&page=3&sort=name")
    html = Template('{% load ui %}{% query page=2 %} {% sort_link "name" as link %}{{ link.url }} {{ link.aria }}').render(
        Context({"request": request})
    )
    assert html == "?q=a&amp;page=2&amp;sort=name ?q=a&amp;sort=-name ascending"


def test_a_pager_leaves_numbers_out() -> None:
    window = list(ui.page_window(Paginator(range(500), 10).page(25)))
    assert window == [1, 2, None, 24, 25, 26, None, 49, 50]
