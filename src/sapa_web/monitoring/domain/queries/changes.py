"""A draft's changes as people read them: what each is of, as it was, as it becomes; and what they do to the appraisal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sapa.packs.loader import Pack
from sapa_web.common.clock import today
from sapa_web.common.packs import pack_named
from sapa_web.monitoring.domain import measures
from sapa_web.monitoring.domain.inforce import BODIES, LEVELS, codes, holding, pack_in_force, pack_of, text_of
from sapa_web.monitoring.models import Edition
from sapa_web.monitoring.words import PERIODICITY, language


@dataclass(frozen=True)
class Shown:
    """One change: its place in the list, what it is of, was, becomes, and the words of its provision."""

    place: int
    about: str
    was: str
    becomes: str
    provision: str


def periodicities() -> dict[str, str]:
    """How often, in words."""
    return {code: str(words) for code, words in PERIODICITY.items()}


def rules_of(edition: Edition) -> Pack:
    """The rules as the edition makes them; the document's own before it changes anything."""
    return pack_of(edition) if edition.digest and edition.source else pack_named(edition.pack)


def titled(pack: Pack, item: Any) -> str:
    """The words of an element, in the reader's language."""
    return text_of(pack, item.title, language()) if item is not None else ""


def criterion_of(pack: Pack, name: str) -> Any:
    """A criterion that holds; ``None`` where there is none."""
    return next((item for item in holding(pack.criteria) if item.id == name), None)


def sign_of(pack: Pack, criterion: str, name: str) -> Any:
    """An indicator of a criterion; ``None`` where there is none."""
    found = criterion_of(pack, criterion)
    return next((item for item in found.signs if item.id == name), None) if found else None


def line_of(pack: Pack, name: str) -> Any:
    """A line of the plan; ``None`` where there is none."""
    return next((item for item in holding(pack.monitoring) if item.id == name), None)


def changes_of(edition: Edition) -> list[Shown]:
    """Was and becomes of each change, against the document that is changed."""
    base = pack_named(edition.pack)
    return [_shown(base, place, item) for place, item in enumerate(edition.changes)]


def _shown(base: Pack, place: int, item: Mapping[str, Any]) -> Shown:
    kind, provision = str(item["kind"]), str(item.get("provision", ""))
    if kind == "words":
        return Shown(place, _("A provision in your own words"), "", "", provision)
    if kind == "set-levels":
        return Shown(place, _("Levels"), ", ".join(measures.level_names(base)), ", ".join(item["levels"]), provision)
    if kind.endswith("criterion"):
        was = titled(base, criterion_of(base, item["criterion"]))
        about, becomes = _("Criterion"), _told(item)
    elif kind.endswith("sign"):
        old = sign_of(base, item["criterion"], item["sign"])
        was = _sign_words(titled(base, old), old.key) if old else ""
        about = _("Indicator") + _colon(titled(base, criterion_of(base, item["criterion"])))
        becomes = _sign_words(_told(item), bool(item.get("key")))
    else:
        old = line_of(base, item["line"])
        was = _line_words(base, titled(base, old), old.periodicity, old.level, old.responsible) if old else ""
        about = _("Line of the plan")
        becomes = (
            _line_words(base, _told(item), item["periodicity"], item["level"], item["responsible"]) if "level" in item else ""
        )
    return Shown(place, about, was, _("taken out") if kind.startswith("drop-") else becomes, provision)


def _colon(words: str) -> str:
    return f": {words}" if words else ""


def _told(item: Mapping[str, Any]) -> str:
    texts = item.get("title") or {}
    return str(texts.get(language()) or next(iter(texts.values()), ""))


def _sign_words(title: str, key: bool) -> str:
    return f"{title} ({_('key indicator')})" if key else title


def _line_words(base: Pack, title: str, often: str, level: str, responsible: Sequence[str]) -> str:
    names = ", ".join(codes_in_words(base, BODIES).get(code, code) for code in responsible)
    return "; ".join([title, periodicities().get(often, often), codes_in_words(base, LEVELS).get(level, level), names])


def codes_in_words(pack: Pack, name: str) -> dict[str, str]:
    """Codes of a list with their words in the reader's language."""
    return {code: titled(pack, item) for code, item in codes(pack, name).items()}


@dataclass(frozen=True)
class Effect:
    """The institution's own appraisal of a period (0 to 1) by today's rules and by the edition's."""

    period: str
    before: float | None
    after: float | None


def effect_of(edition: Edition) -> list[Effect]:
    """What the edition would make of what the institution has measured; empty where nothing is measured yet."""
    place, pack = edition.organisation, edition.pack
    before = measures.scores(place, pack, pack_in_force(place, pack, today()))
    after = measures.scores(place, pack, rules_of(edition))
    return [Effect(period, before.get(period), after.get(period)) for period in sorted({*before, *after}, reverse=True)[:3]]


def found(pack: Pack, sought: str) -> list[dict[str, Any]]:
    """What can be changed, by criterion; of ``sought`` words only what holds all of them."""
    wanted = sought.lower().split()

    def fits(*texts: str) -> bool:
        text = " ".join(texts).lower()
        return all(word in text for word in wanted)

    out = []
    for item in holding(pack.criteria):
        title = titled(pack, item)
        signs = [{"id": sign.id, "title": titled(pack, sign), "key": sign.key} for sign in item.signs]
        signs = [sign for sign in signs if fits(title, str(sign["title"]))]
        if signs or fits(title):
            out.append({"id": item.id, "title": title, "signs": signs})
    return out


def lines_found(pack: Pack, sought: str) -> list[dict[str, str]]:
    """Lines of the plan that hold the sought words."""
    wanted, often = sought.lower().split(), periodicities()
    lines = [(item, titled(pack, item)) for item in holding(pack.monitoring)]
    return [
        {"id": item.id, "title": title, "often": often.get(item.periodicity, item.periodicity)}
        for item, title in lines if all(word in title.lower() for word in wanted)
    ]  # fmt: skip
