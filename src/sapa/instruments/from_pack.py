"""A pack's instrument as a form: its points become items, its code lists lists of choices, in the pack's languages."""

from __future__ import annotations

from collections.abc import Iterator

from sapa.errors import UserError
from sapa.instruments.model import Choice, ChoiceList, Form, FormKind, FormLanguage, Item, Participants, Scale, Source, Texts
from sapa.instruments.words import words
from sapa.packs.loader import Pack
from sapa.packs.models_quality import Instrument, Point

_KINDS: dict[str, FormKind] = {
    "questionnaire": "questionnaire",
    "interview": "interview",
    "focus-group": "focus-group",
    "observation": "observation",
    "document-study": "document-study",
    "test": "questionnaire",
}


def instrument_of(pack: Pack, instrument_id: str) -> Instrument:
    """The pack's instrument of that id; raises ``UserError``."""
    found = next((each for each in pack.instruments if each.id == instrument_id), None)
    if found is None:
        known = ", ".join(sorted(each.id for each in pack.instruments)) or "none"
        raise UserError(f"{pack.id} has no instrument '{instrument_id}'", todo=f"name one of: {known}")
    return found


def form_of(pack: Pack, instrument: Instrument | str) -> Form:
    """The form of an instrument of the pack. Names of items are the points' ids with ``_`` for ``-`` and ``.``.

    Raises ``UserError`` where there is no such instrument, or a point names a code list that the pack does not have.
    """
    item = instrument if isinstance(instrument, Instrument) else instrument_of(pack, instrument)
    languages = tuple(pack.meta.languages)
    items = tuple(made for point in item.points for made in _items(point, languages))
    participants = item.participants
    return Form(
        id=f"{pack.id}.{item.id}",
        version=pack.meta.version,
        kind=_KINDS[item.form],
        structure=item.structure,
        title=_texts(item.title, languages),
        notice=_texts(item.notice, languages),
        languages=tuple(FormLanguage(code=code, name=code) for code in languages),
        audience=item.audience,
        participants=Participants(**participants.model_dump()) if participants else None,
        items=items,
        lists=tuple(_lists(pack, item, languages)),
        source=Source(
            pack=pack.id, pack_version=pack.meta.version, instrument=item.id, clauses=tuple(item.clause), ours=item.ours
        ),
    )


def item_name(point_id: str) -> str:
    """The name under which a point's answer stands."""
    return point_id.replace("-", "_").replace(".", "_")


def _items(point: Point, languages: tuple[str, ...]) -> Iterator[Item]:
    name = item_name(point.id)
    scale = Scale(**point.scale.model_dump()) if point.scale else None
    yield Item(
        name=name,
        type=point.type,
        label=_texts(point.title, languages),
        hint=_texts(point.hint, languages),
        required="true()" if point.required else "",
        relevant=point.relevant,
        constraint=point.constraint,
        constraint_message=_texts(point.message, languages),
        choices=_list_id(point),
        other=point.other,
        scale=scale,
        appearance="multiline" if point.type == "text" else "",
        informs=point.informs,
    )
    if point.remark:
        label = {code: text for code, text in words("sheet.remark").items() if code in languages}
        yield Item(name=f"{name}_remark", type="text", label=label, relevant=point.relevant, informs=point.informs)


def _list_id(point: Point) -> str:
    if point.codes:
        return point.codes
    return f"{item_name(point.id)}_options" if point.options else ""


def _lists(pack: Pack, item: Instrument, languages: tuple[str, ...]) -> Iterator[ChoiceList]:
    known = {each.id: each for each in pack.codelists}
    for code_list in dict.fromkeys(point.codes for point in item.points if point.codes):
        if code_list not in known:
            raise UserError(
                f"{pack.id}: instrument '{item.id}' names the code list '{code_list}', which is not there", todo="add it"
            )
        codes = known[code_list].items
        choices = tuple(Choice(code=each.code, label=_texts(each.title, languages)) for each in codes)
        yield ChoiceList(id=code_list, choices=choices)
    for point in item.points:
        if point.options:
            choices = tuple(Choice(code=each.code, label=_texts(each.title, languages)) for each in point.options)
            yield ChoiceList(id=_list_id(point), choices=choices)


def _texts(texts: Texts | None, languages: tuple[str, ...]) -> Texts:
    return {code: texts[code] for code in languages if texts.get(code)} if texts else {}
