"""Levels as readers see them: squares, and the word beside them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()
TONES = 4


@register.simple_tag
def level(word: str, place: Any, many: Any, empty: str = "") -> SafeString:
    """A level by its place among ``many`` (0 the best): filled squares and its word; ``empty`` where there is none."""
    count = int(many or TONES)
    if place is None or place == "" or int(place) < 0 or not word:
        return format_html('<span class="level none">{}</span>', empty or _("no level yet"))
    tone = min(TONES - 1, int(place) * TONES // count)
    squares = format_html_join("", '<i class="{}"></i>', (("on" if n < count - int(place) else "",) for n in range(count)))
    return format_html('<span class="level l{}"><span class="gauge" aria-hidden="true">{}</span>{}</span>', tone, squares, word)
