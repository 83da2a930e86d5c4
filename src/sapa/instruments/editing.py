"""A form changed step by step: a question put in, replaced, moved, copied, taken out. Every step gives a new form.

A heading is a section (``group``) and what stands below it are its items, as in XLSForm; people who write a questionnaire see a
list. So a question that is moved past a heading goes into its section or out of it, a heading put in takes what follows it, and a
heading taken out leaves its questions where they were. A ``repeat`` is one thing: nothing moves into it or out of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from sapa.instruments.model import OTHER, SECTIONS, Choice, ChoiceList, Form, FormLanguage, Item, Texts, walk

Items = tuple[Item, ...]
Path = list[int]
"""Where an item stands: its place among the items, then inside them."""
EXPRESSIONS = ("required", "relevant", "constraint", "calculation", "default", "choice_filter", "count")
TEXTS = ("label", "hint", "required_message", "constraint_message")


def path_of(items: Items, name: str) -> Path:
    """Where the item of that name stands. Raises ``KeyError``."""
    for place, item in enumerate(items):
        if item.name == name:
            return [place]
        if item.items:
            try:
                return [place, *path_of(item.items, name)]
            except KeyError:
                continue
    raise KeyError(name)


def put(form: Form, item: Item, after: str = "") -> Form:
    """The form with the item behind the one named ``after``; first where none is named.

    Behind a heading is first below it. A heading takes what follows it up to the next section.
    """
    path = path_of(form.items, after) if after else [-1]
    if item.type == "group":
        return _replaced(form, _with_heading(form.items, item, path))
    if after and _at(form.items, path).type == "group":
        return _replaced(form, _put(form.items, [*path, 0], item))
    return _replaced(form, _put(form.items, [*path[:-1], path[-1] + 1], item))


def replace(form: Form, name: str, item: Item) -> Form:
    """The form with another item in that place. Where its name is new, expressions and words that spoke of the old one follow."""
    path = path_of(form.items, name)
    items = _put(_without(form.items, path), path, item)
    return _replaced(form, _renamed(items, {name: item.name}) if item.name != name else items)


def move(form: Form, name: str, *, up: bool) -> Form:
    """The form with the item one place up or down; the same form where there is no place."""
    path = path_of(form.items, name)
    item, around = _at(form.items, path), _inside(form.items, path[:-1])
    place, section = path[-1], item.type in SECTIONS
    step = place - 1 if up else place + 1
    if 0 <= step < len(around):
        beside = around[step]
        if beside.type == "group" and not section:
            last = len(beside.items) if up else 0
            target = [*path[:-1], step if up else place, last]
        else:
            target = [*path[:-1], step]
    elif len(path) > 1 and not section and _at(form.items, path[:-1]).type == "group":
        target = path[:-1] if up else [*path[:-2], path[-2] + 1]
    else:
        return form
    return _replaced(form, _put(_without(form.items, path), target, item))


def copy(form: Form, name: str, taken: Collection[str]) -> tuple[Form, str]:
    """The form with the item once more behind itself, under a new name (as all inside it), and that name."""
    path = path_of(form.items, name)
    item = _at(form.items, path)
    names: dict[str, str] = {}
    for each in walk((item,)):
        names[each.name] = fresh_name({*taken, *names_of(form), *names.values()})
    made = _named((item,), names)
    return _replaced(form, _put(form.items, [*path[:-1], path[-1] + 1], *_renamed(made, names))), names[name]


def remove(form: Form, name: str) -> Form:
    """The form without the item. What stood below a heading stays, with the condition it had from there."""
    path = path_of(form.items, name)
    item = _at(form.items, path)
    kept = tuple(_under(each, item.relevant) for each in item.items) if item.type == "group" else ()
    return without_unused(_replaced(form, _put(_without(form.items, path), path, *kept)), item)


def without_unused(form: Form, item: Item) -> Form:
    """The form without the lists that this item alone has used."""
    used = {each.choices for each in form.walk()}
    gone = {each.choices for each in walk((item,)) if each.choices} - used
    return form.model_copy(update={"lists": tuple(each for each in form.lists if each.id not in gone)}) if gone else form


def with_choices(form: Form, name: str, choices: tuple[Choice, ...]) -> Form:
    """The form in which the item offers these choices. A list that others use is left to them: the item gets its own."""
    item = _at(form.items, path_of(form.items, name))
    others = {each.choices for each in form.walk() if each.name != name}
    known = {each.id for each in form.lists}
    own = item.choices if item.choices and item.choices not in others else ""
    if not own:
        own = next(found for found in _proposals(f"{name}_options") if found not in known)
    made = ChoiceList(id=own, choices=choices)
    lists = tuple(made if each.id == own else each for each in form.lists)
    form = form.model_copy(update={"lists": lists if own in known else (*lists, made)})
    return replace(form, name, item.model_copy(update={"choices": own})) if item.choices != own else form


def fresh_name(taken: Collection[str], stem: str = "q") -> str:
    """The first of ``q1``, ``q2`` … that is free, with the place of its words of one's own."""
    return next(name for name in _proposals(stem, first=1) if name not in taken and f"{name}_{OTHER}" not in taken)


def fresh_code(taken: Collection[str]) -> str:
    """The first of ``a1``, ``a2`` … that is free."""
    return next(code for code in _proposals("a", first=1) if code not in taken)


def names_of(form: Form) -> set[str]:
    """All names of the form, with those under which words of one's own stand."""
    return {name for item in form.walk() for name in (item.name, item.other_name)}


def with_languages(form: Form, languages: tuple[FormLanguage, ...]) -> Form:
    """The form in these languages; texts in others are gone."""
    codes = {each.code for each in languages}
    lists = tuple(
        each.model_copy(
            update={"choices": tuple(choice.model_copy(update={"label": _in(choice.label, codes)}) for choice in each.choices)}
        )
        for each in form.lists
    )
    values = {"languages": languages, "lists": lists, "title": _in(form.title, codes), "notice": _in(form.notice, codes)}
    return form.model_copy(update={**values, "items": _spoken(form.items, codes)})


def same_kind(new: Form, earlier: Mapping[str, Collection[str]]) -> list[str]:
    """Names under which the new form asks another kind of question than ``earlier`` says they had: years would not compare."""
    return [item.name for item in new.questions() if item.name in earlier and item.type not in earlier[item.name]]


def _proposals(stem: str, first: int = 0) -> Collection[str]:
    return [f"{stem}{number or ''}" for number in range(first, first + 10_000)]


def _at(items: Items, path: Path) -> Item:
    item = items[path[0]]
    return _at(item.items, path[1:]) if path[1:] else item


def _inside(items: Items, path: Path) -> Items:
    return _at(items, path).items if path else items


def _put(items: Items, path: Path, *new: Item) -> Items:
    place = path[0]
    if len(path) == 1:
        return (*items[:place], *new, *items[place:])
    around = items[place]
    return (*items[:place], around.model_copy(update={"items": _put(around.items, path[1:], *new)}), *items[place + 1 :])


def _without(items: Items, path: Path) -> Items:
    place = path[0]
    if len(path) == 1:
        return (*items[:place], *items[place + 1 :])
    around = items[place]
    return (*items[:place], around.model_copy(update={"items": _without(around.items, path[1:])}), *items[place + 1 :])


def _with_heading(items: Items, heading: Item, path: Path) -> Items:
    """A heading behind ``path``: inside another heading it parts that one in two."""
    around = path if path[-1] >= 0 and _at(items, path).type == "group" else path[:-1]
    place = 0 if around == path else path[-1] + 1
    inside = _inside(items, around)
    if around and _at(items, around).type == "group":
        begun = _at(items, around)
        made = heading.model_copy(update={"items": inside[place:], "relevant": heading.relevant or begun.relevant})
        items = _put(_without(items, around), around, begun.model_copy(update={"items": inside[:place]}))
        return _put(items, [*around[:-1], around[-1] + 1], made)
    end = next((at for at in range(place, len(inside)) if inside[at].type in SECTIONS), len(inside))
    for _each in range(place, end):
        items = _without(items, [*around, place])
    return _put(items, [*around, place], heading.model_copy(update={"items": inside[place:end]}))


def _under(item: Item, relevant: str) -> Item:
    if not relevant:
        return item
    return item.model_copy(update={"relevant": f"({relevant}) and ({item.relevant})" if item.relevant else relevant})


def _named(items: Items, names: Mapping[str, str]) -> Items:
    return tuple(
        item.model_copy(update={"name": names.get(item.name, item.name), "items": _named(item.items, names)}) for item in items
    )


def _renamed(items: Items, names: Mapping[str, str]) -> Items:
    """What speaks of an item by ``${name}`` speaks of it by its new name."""
    if not names:
        return items
    both = dict(names) | {f"{old}_{OTHER}": f"{new}_{OTHER}" for old, new in names.items()}
    pattern = re.compile(r"\$\{\s*(" + "|".join(re.escape(name) for name in both) + r")\s*\}")

    def follow(text: str) -> str:
        return pattern.sub(lambda found: f"${{{both[found[1]]}}}", text)

    out = []
    for item in items:
        changed: dict[str, object] = {column: follow(getattr(item, column)) for column in EXPRESSIONS}
        changed |= {column: {code: follow(text) for code, text in getattr(item, column).items()} for column in TEXTS}
        out.append(item.model_copy(update={**changed, "items": _renamed(item.items, names)}))
    return tuple(out)


def _in(texts: Texts, codes: Collection[str]) -> Texts:
    return {code: text for code, text in texts.items() if code in codes}


def _spoken(items: Items, codes: Collection[str]) -> Items:
    return tuple(
        item.model_copy(
            update={**{column: _in(getattr(item, column), codes) for column in TEXTS}, "items": _spoken(item.items, codes)}
        )
        for item in items
    )


def _replaced(form: Form, items: Items) -> Form:
    return form.model_copy(update={"items": items})


__all__ = [
    "copy",
    "fresh_code",
    "fresh_name",
    "move",
    "names_of",
    "path_of",
    "put",
    "remove",
    "replace",
    "same_kind",
    "with_choices",
    "with_languages",
    "without_unused",
]
