"""The model: its JSON comes back as the same value, and says what is wrong when it can't."""

from __future__ import annotations

import pytest

from sapa.errors import UserError
from sapa.instruments import Choice, ChoiceList, Form, FormLanguage, Item, Scale


def small() -> Form:
    return Form(
        id="parents",
        title={"uk": "Анкета", "en": "Questionnaire"},
        languages=(FormLanguage(code="uk", name="Українська (uk)"), FormLanguage(code="en")),
        items=(
            Item(name="calm", type="scale", label={"uk": "Чи спокійно?"}, scale=Scale(low=1, high=5), informs=("a.b",)),
            Item(
                name="home",
                type="group",
                items=(
                    Item(name="who", type="select-one", choices="people", other=True),
                    Item(
                        name="children", type="repeat", count="2", items=(Item(name="age", type="integer", constraint=". < 8"),)
                    ),
                ),
            ),
        ),
        lists=(ChoiceList(id="people", choices=(Choice(code="mother", label={"uk": "Мати"}, values={"side": "home"}),)),),
    )


def test_json_comes_back_as_the_same_value() -> None:
    form = small()
    assert Form.from_json(form.as_json()) == form
    assert Form.from_json(form.model_dump_json()) == form
    assert Form.from_json(form.as_json()).digest() == form.digest()


def test_items_in_order_sections_first() -> None:
    assert [item.name for item in small().walk()] == ["calm", "home", "who", "children", "age"]
    assert [item.name for item in small().questions()] == ["calm", "who", "age"]


def test_a_word_more_changes_the_digest() -> None:
    form = small()
    assert form.model_copy(update={"title": {"uk": "Анкета", "en": "Questions"}}).digest() != form.digest()


def test_text_falls_back_to_the_first_language() -> None:
    form = small()
    assert form.say(form.title, "en") == "Questionnaire"
    assert form.say(form.items[0].label, "en") == "Чи спокійно?"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"languages": []}, "languages"),
        ({"items": [{"name": "1st", "type": "text"}]}, "items.0.name"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, object], named: str) -> None:
    with pytest.raises(UserError, match=named):
        Form.from_json({**small().as_json(), **changed})


def test_closed_open_semi_closed_combined() -> None:
    words = Item(name="wish", type="text")
    scale, who = Item(name="calm", type="scale", scale=Scale(low=1, high=5)), small().items[1].items[0]
    closures = [
        small().model_copy(update={"items": items}).closure for items in [(scale,), (words,), (scale, who), (scale, words)]
    ]
    assert closures == ["closed", "open", "semi-closed", "combined"]
