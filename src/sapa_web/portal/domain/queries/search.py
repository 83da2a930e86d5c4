"""One search over indicators, places and releases, in all languages of their texts at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from sapa_web.indicators.domain.queries.catalogue import searched
from sapa_web.indicators.domain.queries.words import fits, haystack, rank, wanted
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.institutions import listed
from sapa_web.portal.domain.queries.place_names import flat, named_places
from sapa_web.portal.domain.queries.reading import Edition
from sapa_web.portal.templatetags.portal import period_name, words

MOST = 30


@dataclass(frozen=True)
class Found:
    """One thing that fits, and where it is."""

    title: str
    url: str
    note: str = ""


def search(text: str, moment: datetime, every: Iterable[Edition]) -> dict[str, list[Found]]:
    """What fits the words, by kind (``indicators``, ``places``, ``institutions``, ``releases``), the nearest first."""
    typed = wanted(text)
    if not typed:
        return {"indicators": [], "places": [], "institutions": [], "releases": []}
    indicators: list[tuple[int, Found]] = []
    places: list[tuple[int, Found]] = []
    institutions: list[tuple[int, Found]] = []
    for found in every:
        indicators += _indicators(found, typed)
        several = [(rank(typed, item.title), item) for item in flat(named_places(found)) if fits(typed, item.hay)]
        query = f"?pack={found.pack}"
        places += [
            (near, Found(item.title, reverse("portal:place", args=[item.code]) + query, item.kind)) for near, item in several
        ]
        for one in listed(found):
            if fits(typed, one.hay):
                url = reverse("portal:institution", args=[found.pack, one.code])
                institutions.append((rank(typed, one.title), Found(one.title, url, one.place)))
    return {
        "indicators": _best(indicators), "places": _best(places), "institutions": _best(institutions),
        "releases": _releases(typed, moment),
    }  # fmt: skip


def _indicators(found: Edition, typed: list[str]) -> list[tuple[int, Found]]:
    out = []
    for name in found.figures.indicators:
        if fits(typed, searched(found.labels, name)):
            item: Any = found.labels.indicator(name)
            near = min(rank(typed, title) for title in item.title.values())
            title, unit = found.labels.text(item.title), found.labels.lang.unit(item.unit)
            out.append((near, Found(title, reverse("portal:indicator", args=[found.pack, name]), unit)))
    return out


def _releases(typed: list[str], moment: datetime) -> list[Found]:
    out = []
    seen: set[tuple[int, str]] = set()
    for release in published.releases(moment).order_by("-publish_at", "-version")[:300]:
        key = (release.publication_id, release.period)
        texts = [
            release.period,
            *release.publication.title.values(),
            *release.publication.summary.values(),
            *release.headline.values(),
        ]
        if key not in seen and fits(typed, haystack(texts)):
            title = f"{words(release.publication.title)}, {period_name(release.period)}"
            url = reverse("portal:release", args=[release.publication.slug, release.period])
            out.append(Found(title, url, words(release.headline)))
        seen.add(key)
    return out[:MOST]


def _best(found: list[tuple[int, Found]]) -> list[Found]:
    return [item for _near, item in sorted(found, key=lambda pair: (pair[0], pair[1].title.casefold()))][:MOST]
