"""What stands beside every figure: pack, formula, clause, state, snapshot, date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext

from sapa.indicators.explain import definition
from sapa.publication.labels import Labels
from sapa.publication.language import LANGUAGES, language
from sapa_web.collection.domain.packs import pack_named
from sapa_web.indicators.domain.queries.choice import Choice
from sapa_web.indicators.domain.queries.facts import Figures, Stamp


@dataclass(frozen=True)
class About:
    """The source of a page's figures, in the reader's language."""

    pack: str
    version: str
    definition: str
    method: str
    clauses: tuple[tuple[str, str], ...]
    stamps: tuple[Stamp, ...]
    state: str

    def lines(self, lang: Any) -> list[str]:
        """For charts and files: a few short lines."""
        clause = "; ".join(place for place, _ in self.clauses)
        said = [f"{self.pack} {self.version} · {clause}"]
        for stamp in self.stamps[-1:]:
            if stamp.root and not stamp.as_of:  # the archive behind published figures lies elsewhere by now
                said.append(gettext("Official figures, snapshot %(root)s…") % {"root": stamp.root[:16]})
            elif stamp.root:
                day = lang.date(date.fromisoformat(stamp.as_of))
                said.append(gettext("Official figures as of %(day)s, snapshot %(root)s…") % {"day": day, "root": stamp.root[:16]})
            else:
                text = gettext("Provisional figures from %(n)s signed returns; they change with every return")
                said.append(text % {"n": lang.exact(stamp.submissions)})
        return said


def labels_for(pack: str, period: str) -> Labels:
    """Names of things in the reader's language."""
    code = (get_language() or "en").split("-")[0]
    return _labels(pack, id(pack_named(pack)), code if code in LANGUAGES else "en", period)


@lru_cache(maxsize=64)
def _labels(pack: str, read: int, code: str, period: str) -> Labels:
    """Kept, since finding a code's name first indexes every list; ``read`` tells a pack that was read anew from the old one."""
    return Labels(pack_named(pack), language(code), period)


def about(figures: Figures, choice: Choice, labels: Labels) -> About:
    """Everything a source line says."""
    item = labels.indicator(choice.indicator)
    stamps = tuple(figures.stamps[period] for period in choice.periods if period in figures.stamps)
    return About(
        pack=labels.text(labels.pack.meta.title),
        version=(stamps[-1].version if stamps else "") or labels.pack.version,
        definition=definition(item),
        method=labels.text(item.method) if item.method else "",
        clauses=tuple(labels.clause(reference) for reference in item.clause),
        stamps=stamps,
        state=figures.state,
    )
