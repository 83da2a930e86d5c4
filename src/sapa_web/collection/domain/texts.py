"""How notices and exports name a return: the data set's title in every language, the page it leads to."""

from __future__ import annotations

from django.urls import reverse

from sapa_web.collection.domain.packs import dataset_of
from sapa_web.collection.models import Campaign, Obligation


def dataset_title(campaign: Campaign) -> dict[str, str]:
    """The data set's title by language, as the pack has it."""
    return dict(dataset_of(campaign.pack, campaign.dataset, campaign.period).title)


def title_in(campaign: Campaign, lang: str) -> str:
    """The data set's title in one language, or the first the pack has."""
    titles = dataset_title(campaign)
    return titles.get(lang.split("-")[0]) or titles.get("en") or next(iter(titles.values()), campaign.dataset)


def return_url(obligation: Obligation) -> str:
    """The page on which the unit works on the return."""
    return reverse("collection:return", args=[obligation.pk])
