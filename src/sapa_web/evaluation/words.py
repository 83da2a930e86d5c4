"""The words of a pack's code lists in the reader's language; where a pack has no such list, ours."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _l

from sapa.errors import SapaError
from sapa.packs.loader import Pack, search_path
from sapa_web.common.packs import pack_named

METHODS, MODELS, SCOPES, BODIES = "collection-method", "assessment-model", "assessment-scope", "participant"
COMPUTED, MONITORING = "computed", "external-monitoring"
OURS: dict[str, dict[str, Any]] = {
    METHODS: {
        COMPUTED: _l("Computed indicator"),
        "questionnaire": _l("Questionnaire"),
        "interview": _l("Interview"),
        "focus-group": _l("Focus group"),
        "observation": _l("Observation"),
        "document-study": _l("Study of documents"),
        MONITORING: _l("Result of another monitoring"),
    },
    MODELS: {
        "yearly-complex": _l("Every year, all directions"),
        "yearly-directions": _l("Every year certain directions, all of them before the head's report"),
        "before-programme": _l("All directions before a development programme"),
        "own": _l("A model of our own"),
    },
    SCOPES: {"all-directions": _l("All directions"), "one-direction": _l("Certain directions")},
    BODIES: {
        "pedagogical-council": _l("Pedagogical council"),
        "parents": _l("Parents or legal representatives"),
        "self-government": _l("Self-government bodies"),
        "community": _l("Local community"),
        "founder": _l("Founder"),
        "experts": _l("Experts"),
    },
}
GUESTS = ("parents", "self-government", "community", "founder", "experts")
"""Whom an institution may ask in."""


def language() -> str:
    """The reader's language, as packs name it."""
    return (get_language() or "en").split("-")[0]


def listed(pack: Pack, name: str) -> dict[str, str]:
    """A list's codes with their words: the pack's, and those of ours it lacks where the list is one of methods."""
    try:
        found = {item.code: pack.text(item.title, language()) for item in pack.codelist(name).items}
    except SapaError:
        found = {}
    ours = {code: str(word) for code, word in OURS.get(name, {}).items()}
    if not found:
        return ours
    if name == METHODS:
        return {COMPUTED: ours[COMPUTED], **found, MONITORING: ours[MONITORING]}
    return found


def word(pack: Pack, name: str, code: str) -> str:
    """The word of one code; an unknown code stands for itself."""
    return listed(pack, name).get(code, code)


@lru_cache(maxsize=1)
def quality_packs() -> tuple[str, ...]:
    """Packs on which a quality system can be set up: those with criteria, and those that require its result of somebody."""
    names = sorted({path.parent.name for folder in search_path() for path in folder.glob("*/pack.yaml")})
    out = []
    for name in names:
        try:
            pack = pack_named(name)
        except SapaError:
            continue
        if pack.criteria or any(item.required_for for item in pack.products):
            out.append(name)
    return tuple(out)
