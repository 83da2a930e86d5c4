"""What public pages read from: the newest public version of a pack's figures, with names in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.urls import reverse
from django.utils import timezone

from sapa.publication.exchange import OpenDataSet
from sapa.publication.labels import Labels
from sapa_web.common.domain.notices import site_address
from sapa_web.common.packs import pack_named
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.indicators.domain.queries.facts import Figures
from sapa_web.portal.domain.queries import published
from sapa_web.portal.models import DataVersion

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@dataclass(frozen=True)
class Edition:
    """A public version of a pack's figures, ready to be read."""

    version: DataVersion

    @property
    def pack(self) -> str:
        """The pack's name."""
        return self.version.pack

    @cached_property
    def figures(self) -> Figures:
        """The figures."""
        return published.figures(self.version)

    @cached_property
    def reach(self) -> published.Everybody:
        """The reach of everybody."""
        return published.Everybody(self.pack)

    @property
    def newest(self) -> str:
        """The newest period with figures."""
        return self.figures.periods[-1]

    @cached_property
    def labels(self) -> Labels:
        """Names as they hold in the newest period."""
        return labels_for(self.pack, self.newest)

    @property
    def title(self) -> str:
        """The pack's title in the reader's language."""
        return self.labels.text(self.labels.pack.meta.title)

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Dimensions whose codes are places, the widest first."""
        return places_of(self.pack)


def edition(moment: datetime, pack: str) -> Edition | None:
    """The newest public version of a pack at a moment; nothing where there is none."""
    found = published.newest(moment, pack)
    return Edition(found) if found is not None and found.periods else None


def editions(moment: datetime) -> list[Edition]:
    """The newest public version of every pack that has one."""
    newest: dict[str, DataVersion] = {}
    for version in published.versions(moment):
        newest.setdefault(version.pack, version)
    return [Edition(version) for version in newest.values() if version.periods]


def places_of(pack: str) -> tuple[str, ...]:
    """Dimensions whose codes are offices of the site or whose field the pack calls a place, the topmost level first."""
    names = set(published.Everybody(pack).place_dimensions())
    levels: dict[str, int] = {}
    for dataset in pack_named(pack).datasets:
        fields = {place.field for place in dataset.places}
        for item in dataset.dimensions:
            if item.id in names or {item.field, item.attribute} & fields:
                levels.setdefault(item.id, item.level or 99)
    return tuple(sorted(levels, key=lambda name: (levels[name], name)))


def earlier(version: DataVersion, moment: datetime) -> DataVersion | None:
    """The public version before this one: what readers had until then, whatever was made in between."""
    before = [item for item in published.versions(moment, version.pack) if _numbers(item) < _numbers(version)]
    return before[0] if before else None


def data_set(version: DataVersion, moment: datetime) -> OpenDataSet:
    """A public version as an open data set: what every download is made from."""
    releases = published.releases(moment).filter(data=version).order_by("publish_at").values_list("publish_at", "next_on")
    dates = list(releases)
    issued = timezone.localtime(dates[0][0] if dates else version.made_at).date()
    following = [day for _at, day in dates if day is not None]
    same = published.versions(moment, version.pack)
    previous = tuple(item.number for item in same if _numbers(item) < _numbers(version))
    pack = pack_named(version.pack)
    return OpenDataSet(
        id=version.pack, version=version.number, title=dict(pack.meta.title), facts=published.figures(version).table, pack=pack,
        publisher=dict(pack.meta.document.issuer), issued=issued, roots=dict(version.roots), licence=LICENCE, previous=previous,
        next_on=following[-1] if following else None, base=site_address() + reverse("portal:data").rstrip("/"),
    )  # fmt: skip


def _numbers(version: DataVersion) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch
