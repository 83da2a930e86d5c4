"""Ready instruments: those of the packs, as forms an institution can take, change and use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from sapa.errors import SapaError, UserError
from sapa.instruments import Choice, ChoiceList, Form, FormLanguage, Item, Participants, Source
from sapa.packs.loader import search_path
from sapa_web.common.packs import pack_named
from sapa_web.surveys.models import Instrument

FOUR = {
    "yes": {"en": "Yes", "ru": "Да", "uk": "Так", "kk": "Иә", "be": "Так"},
    "rather-yes": {"en": "Rather yes", "ru": "Скорее да", "uk": "Радше так", "kk": "Иә деуге болады", "be": "Хутчэй так"},
    "rather-no": {"en": "Rather no", "ru": "Скорее нет", "uk": "Радше ні", "kk": "Жоқ деуге болады", "be": "Хутчэй не"},
    "no": {"en": "No", "ru": "Нет", "uk": "Ні", "kk": "Жоқ", "be": "Не"},
    "unknown": {
        "en": "I can't say",
        "ru": "Затрудняюсь ответить",
        "uk": "Важко сказати",
        "kk": "Айта алмаймын",
        "be": "Цяжка сказаць",
    },
}
SEEN = {
    "yes": {"en": "Yes", "ru": "Да", "uk": "Так", "kk": "Иә", "be": "Так"},
    "partly": {"en": "Partly", "ru": "Частично", "uk": "Частково", "kk": "Ішінара", "be": "Часткова"},
    "no": {"en": "No", "ru": "Нет", "uk": "Ні", "kk": "Жоқ", "be": "Не"},
    "unseen": {
        "en": "Could not be seen",
        "ru": "Не удалось увидеть",
        "uk": "Не вдалося побачити",
        "kk": "Байқалмады",
        "be": "Не ўдалося ўбачыць",
    },
}
COMMENT = {
    "en": "What else would you like to say?", "ru": "Что ещё вы хотели бы сказать?", "uk": "Що ще ви хотіли б сказати?",
    "kk": "Тағы не айтқыңыз келеді?", "be": "Што яшчэ вы хацелі б сказаць?",
}  # fmt: skip
GROUP = Participants(minimum=6, maximum=12, roles=("moderator", "recorder"))
NAMES = dict(settings.LANGUAGES)


@dataclass(frozen=True)
class Ready:
    """An instrument that can be taken."""

    key: str  # pack:element
    title: str
    kind: str
    items: int
    ours: bool


def packs(language: str) -> list[tuple[str, list[Ready]]]:
    """Packs with instruments: the pack's title, and what it offers."""
    out = []
    for name in _named():
        pack = pack_named(name)
        kinds = dict(Instrument.KINDS)
        offered = [
            Ready(f"{name}:{item.id}", pack.text(item.title, language), str(kinds[item.form]), len(item.points), item.ours)
            for item in pack.instruments
            if item.form in kinds
        ]
        if offered:
            out.append((pack.meta.title.get(language) or next(iter(pack.meta.title.values()), name), offered))
    return out


def form(name: str, element: str) -> Form:
    """The pack's instrument as a form. Raises ``UserError`` where there is none of that name."""
    found = next((item for item in pack_named(name).instruments if item.id == element), None) if name in _named() else None
    if found is None:
        raise UserError(f"the pack has no instrument '{element}'", todo="reload the page")
    pack, talk = pack_named(name), found.form in ("interview", "focus-group")
    spoken = _languages(found)
    scale = FOUR if found.form == "questionnaire" else SEEN
    clauses = found.clause if isinstance(found.clause, (list, tuple)) else (found.clause,)
    items = [
        Item(
            name=point.id, type="text" if talk else "select-one", choices="" if talk else "levels", label=dict(point.title),
            informs=point.informs,
        )
        for point in found.points
    ]  # fmt: skip
    if found.form == "questionnaire":
        items.append(Item(name="comment", type="text", label=_in(COMMENT, spoken)))
    return Form(
        id=found.id, kind=found.form, title=dict(found.title), audience=found.audience, items=tuple(items),
        structure="semi-structured" if found.form == "interview" else None,
        participants=GROUP if found.form == "focus-group" else None,
        languages=tuple(FormLanguage(code=code, name=NAMES.get(code, code)) for code in spoken),
        lists=() if talk else (ChoiceList(id="levels", choices=_choices(scale, spoken)),),
        source=Source(
            pack=name, pack_version=str(pack.meta.version), instrument=found.id, ours=found.ours,
            clauses=tuple(str(clause) for clause in clauses if clause),
        ),
    )  # fmt: skip


def _choices(scale: dict[str, dict[str, str]], spoken: list[str]) -> tuple[Choice, ...]:
    scores = {code: str(len(scale) - 1 - place) for place, code in enumerate(scale)}
    out = []
    for code, label in scale.items():
        missing = code in ("unknown", "unseen")
        out.append(Choice(code=code, label=_in(label, spoken), values={"missing": "yes"} if missing else {"score": scores[code]}))
    return tuple(out)


def _in(texts: dict[str, str], spoken: list[str]) -> dict[str, str]:
    return {code: texts[code] for code in spoken if code in texts}


def _languages(found: Any) -> list[str]:
    """The languages that everything of it is said in."""
    common = set(found.title)
    for point in found.points:
        common &= set(point.title)
    return [code for code in found.title if code in common]


@lru_cache(maxsize=1)
def _named() -> tuple[str, ...]:
    names = sorted({path.parent.name for folder in search_path() for path in folder.glob("*/pack.yaml")})
    out = []
    for name in names:
        try:
            if pack_named(name).instruments:
                out.append(name)
        except SapaError:
            continue
    return tuple(out)
