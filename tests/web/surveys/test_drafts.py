"""An instrument written in the page, as a form without script sends it: begun, changed, taken back, published."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from sapa.instruments import Form, Item
from sapa_web.surveys.domain import drafts, instruments
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.models import Draft, Instrument, InstrumentVersion
from tests.web import cast
from tests.web.surveys import world

pytestmark = pytest.mark.django_db


class Writer:
    """The head at the pages of one draft: every form carries what the page gave it."""

    def __init__(self, pk: int) -> None:
        self.browser = Client()
        self.browser.force_login(world.head())
        self.at = f"/surveys/drafts/{pk}/"

    @property
    def draft(self) -> Draft:
        return Draft.objects.unscoped("test").get(pk=int(self.at.split("/")[3]))

    @property
    def form(self) -> Form:
        return drafts.form_in(self.draft)

    def page(self, path: str = "") -> str:
        answer = self.browser.get(self.at + path)
        assert answer.status_code == 200, path
        return answer.content.decode()

    def send(self, path: str, *, turn: int | None = None, expect: int = 302, **data: Any) -> Any:
        answer = self.browser.post(self.at + path, {"turn": self.draft.turn if turn is None else turn, **data})
        assert answer.status_code == expect, answer.content.decode()
        return answer

    def add(self, kind: str, words: str, after: str = "", **data: Any) -> str:
        known = {item.name for item in self.form.walk()}
        self.send(f"add/?kind={kind}&after={after}", label_en=words, **data)
        return next(item.name for item in self.form.walk() if item.name not in known)

    def item(self, name: str) -> Item:
        found = self.form.item(name)
        assert found is not None
        return found


@pytest.fixture
def empty(people: cast.Cast) -> Writer:
    browser = Client()
    browser.force_login(world.head())
    sent = {"title": "Meals", "kind": "questionnaire", "languages": ["en", "uk"]}
    assert browser.post("/surveys/instruments/write/", sent).status_code == 302
    return Writer(Draft.objects.unscoped("test").get().pk)


@pytest.fixture
def second(people: cast.Cast) -> Writer:
    """The next version of the questionnaire for parents."""
    version = world.version(world.questionnaire())
    browser = Client()
    browser.force_login(world.head())
    assert browser.post(f"/surveys/instruments/{version.instrument_id}/write/").status_code == 302
    return Writer(Draft.objects.unscoped("test").get().pk)


def answers(*words: str) -> dict[str, str]:
    return {f"answer_{n}_en": word for n, word in enumerate(words)} | {f"place_{n}": f"{n + 1}" for n in range(len(words))}


def test_an_instrument_is_written_from_nothing_and_published(empty: Writer) -> None:
    assert "Add the first question" in empty.page()
    for kind in ("select-one", "select-many", "scale", "text", "integer", "decimal", "date", "note", "group"):
        assert f"kind={kind}&" in empty.page("add/").replace("&amp;", "&")
        empty.page(f"add/?kind={kind}")
    good = empty.add("select-one", "Are the meals good?", required="on", **answers("Yes", "No", "Sometimes"))
    scale = empty.add("scale", "How good?", after=good, low="1", high="3")
    many = empty.add("integer", "How many meals a day?", after=scale, least="1", most="6")
    why = empty.add("text", "Why not?", after=good)
    heading = empty.add("group", "In short", after=why)
    assert [[item.name for item in each.items] or each.name for each in empty.form.items] == [good, why, [scale, many]]
    assert empty.item(heading).type == "group"
    assert [choice.code for choice in empty.form.choices(empty.item(good).choices)] == ["a1", "a2", "a3"]
    assert (empty.item(good).required, empty.item(many).constraint) == ("true()", ". >= 1 and . <= 6")
    assert empty.item(many).constraint_message["uk"] == "Від 1 до 6."
    assert "Save" in empty.page(f"question/{scale}/")
    empty.send(f"question/{scale}/", label_en="How good?", low="1", high="3", kind="scale",
               point_0="1", answer_0_en="bad", point_2="3", answer_2_en="good", point_1="2")  # fmt: skip
    named = {choice.code: choice.label["en"] for choice in empty.form.choices(empty.item(scale).choices)}
    assert named == {"1": "bad", "3": "good"}
    assert "Are the meals good?" in empty.page("preview/")
    page = empty.page("publish/")
    assert "still to be done" not in page
    empty.send("publish/")
    made = Instrument.objects.unscoped("test").get()
    assert (made.latest, made.source, made.title) == (1, "page", {"en": "Meals"})
    assert not Draft.objects.unscoped("test").exists()


def test_a_condition_is_ticked_and_says_itself(second: Writer) -> None:
    page = second.page("question/wish/if/")
    assert "Is it safe?" in page
    assert page.count('name="if_meals"') == 5
    second.send("question/wish/if/", if_safe=["no"], if_meals=["1", "2"])
    assert second.item("wish").relevant == "selected(${safe}, 'no') and (${meals} = 1 or ${meals} = 2)"
    assert re.search(r'value="no" checked', second.page("question/wish/if/"))
    assert "is “No”" in second.page("question/wish/")
    second.send("question/wish/if/", always="1")
    assert second.item("wish").relevant == ""
    was = second.draft.turn
    second.send("question/why/if/", if_safe=["no"])
    assert (second.item("why").relevant, second.draft.turn) == ("${safe} = 'no'", was), "it said the same: it stands as it was"


def test_what_the_page_cant_say_is_shown_and_kept(people: cast.Cast) -> None:
    form = world.questionnaire()
    odd = Item(name="odd", type="integer", label={"en": "Odd"}, relevant="${years} > 2", constraint=". mod 2 = 1", default="1",
               required="${years} > 3")  # fmt: skip
    version = world.version(form.model_copy(update={"items": (*form.items, odd)}))
    writer = Writer(drafts.begin_version(world.head(), version.instrument).pk)
    page = writer.page("question/odd/")
    assert "more than 2" in page
    for text in (". mod 2 = 1", "${years} &gt; 3"):
        assert text in page
    assert "${years} &gt; 2" in writer.page("question/odd/if/")
    writer.send("question/odd/", label_en="Odder", kind="integer")
    writer.send("question/odd/if/")
    now = writer.item("odd")
    assert now == odd.model_copy(update={"label": {"en": "Odder"}})


def test_words_that_are_not_changed_change_nothing(second: Writer) -> None:
    """Opening every question and saving it as it stands leaves the form as it was."""
    before = second.form
    for item in before.walk():
        data = dict(
            re.findall(r'<input type="hidden" name="((?:row|point)_\d+)" value="([^"]*)"', second.page(f"question/{item.name}/"))
        )
        choices = before.choices(item.choices)
        data |= {f"place_{n}": f"{n + 1}" for n in range(len(choices)) if item.type != "scale"}
        data |= {f"answer_{n}_{lang}": text for n, choice in enumerate(choices) for lang, text in choice.label.items()}
        data |= {f"label_{lang}": text for lang, text in item.label.items()} | {"kind": item.type}
        data |= {"required": "on"} if item.required else {}
        data |= {"low": "1", "high": "5"} if item.type == "scale" else {}
        data |= {"least": "0", "most": "7"} if item.name == "years" else {}
        second.send(f"question/{item.name}/", **data)
    assert second.form == before
    assert second.draft.turn == 0


def test_answers_keep_their_codes_through_order_and_words(second: Writer) -> None:
    rows = {"row_0": "0:yes", "row_1": "1:no", "place_0": "2", "place_1": "1", "place_2": "3"}
    words = {"answer_0_en": "Yes!", "answer_1_en": "No", "answer_2_en": "Perhaps"}
    second.send("question/safe/", label_en="Is it safe?", kind="select-one", required="on", **rows, **words)
    held = [(choice.code, choice.label) for choice in second.form.choices(second.item("safe").choices)]
    assert held == [("no", {"en": "No"}), ("yes", {"en": "Yes!"}), ("a1", {"en": "Perhaps"})]
    assert second.item("likes").choices == "yes_no", "the other question keeps what it offered"
    assert [choice.label["en"] for choice in second.form.choices("yes_no")] == ["Yes", "No"]


def test_another_kind_of_question_gets_another_name(second: Writer) -> None:
    gone = second.send("question/safe/", label_en="Is it safe?", label_uk="Чи безпечно?", kind="select-many", row_0="0:yes",
                       answer_0_en="Yes", place_0="1", row_1="1:no", answer_1_en="No", place_1="2")  # fmt: skip
    name = gone["Location"].split("/")[-2]
    assert name != "safe"
    assert second.form.items[0].name == name
    assert second.item("why").relevant == f"${{{name}}} = 'no'"
    second.send(f"question/{name}/", label_en="Is it safe?", kind="select-one", row_0="0:yes", answer_0_en="Yes", place_0="1",
                row_1="1:no", answer_1_en="No", place_1="2")  # fmt: skip
    second.send("question/years/", label_en="How many years?", kind="decimal")
    assert second.form.item("years") is None
    second.send("publish/", change="Other kinds")
    form = form_of(instruments.newest(Instrument.objects.unscoped("test").get()))
    assert form.item("years") is None


def test_a_workbook_may_not_turn_a_question_under_its_name(people: cast.Cast) -> None:
    version, form = world.version(world.questionnaire()), world.questionnaire()
    turned = tuple(
        item.model_copy(update={"type": "text", "constraint": ""}) if item.name == "years" else item for item in form.items
    )
    with pytest.raises(Exception, match="years"):
        instruments.revise(world.head(), version.instrument, form.model_copy(update={"items": turned}), "")
    without = form.model_copy(update={"items": tuple(item for item in form.items if item.name != "years")})
    instruments.revise(world.head(), version.instrument, without, "")
    with pytest.raises(Exception, match="years"):
        instruments.revise(world.head(), version.instrument, form.model_copy(update={"items": turned}), "")
    assert InstrumentVersion.objects.unscoped("test").count() == 2


def test_the_last_change_is_taken_back_and_done_again(second: Writer) -> None:
    before = second.form
    second.send("question/safe/do/remove/")
    assert second.form.item("safe") is None
    page = second.page()
    assert "It was taken out" in page
    assert "Is it safe?" in page
    second.send("do/undo/")
    assert second.form == before
    second.send("do/undo/")
    assert second.form.item("safe") is None
    second.send("do/undo/")
    moved = second.send("question/safe/do/down/")
    assert moved["Location"].endswith("#down-safe")
    assert [item.name for item in second.form.items][:2] == ["why", "safe"]
    second.send("question/safe/do/copy/")
    assert second.form.items[2] == second.form.items[1].model_copy(update={"name": second.form.items[2].name})
    second.send("question/safe/do/up/")
    assert second.form.items[0].name == "safe"


def test_who_writes_in_an_old_window_is_told(second: Writer) -> None:
    second.send("question/wish/", label_en="What should be better?", kind="text")
    told = second.send("question/wish/", turn=0, expect=400, label_en="Mine", kind="text").content.decode()
    assert "changed meanwhile" in told
    assert "Mine" in told, "what was typed is not lost"
    assert second.item("wish").label["en"] == "What should be better?"
    second.send("question/safe/do/remove/", turn=0)
    assert second.form.item("safe") is not None


def test_what_is_missing_stands_at_its_question_and_nothing_is_published(second: Writer) -> None:
    second.send("question/safe/do/remove/")
    page = second.page()
    line = page.partition('id="q-why"')[2].partition("</li>")[0]
    assert "problem blocks" in line
    assert "still to be done" in second.page("publish/")
    assert "still to be done" in second.send("publish/", expect=400, change="x").content.decode()
    assert "question/why/" in second.page("publish/")
    assert Instrument.objects.unscoped("test").get().latest == 1


def test_a_running_survey_keeps_its_version(people: cast.Cast) -> None:
    survey = world.survey()
    writer = Writer(drafts.begin_version(world.head(), survey.version.instrument).pk)
    writer.send("question/wish/", label_en="What should be better?", kind="text")
    writer.send("publish/", change="Clearer")
    survey.refresh_from_db()
    assert survey.version.number == 1
    assert form_of(survey.version).item("wish").label["en"] == "What should change?"  # type: ignore[union-attr]
    newest = instruments.newest(survey.version.instrument)
    assert (newest.number, newest.change) == (2, "Clearer")


def test_a_ready_instrument_is_copied_with_its_criteria(people: cast.Cast) -> None:
    browser = Client()
    browser.force_login(world.head())
    page = browser.get("/surveys/instruments/write/").content.decode()
    key = next(key for key in re.findall(r'name="ready" value="([^"]+)"', page) if key.startswith("ua-71"))
    assert browser.post("/surveys/instruments/write/", {"ready": key}).status_code == 302
    writer = Writer(Draft.objects.unscoped("test").get().pk)
    asked = next(item for item in writer.form.questions() if item.informs)
    page = writer.page(f"question/{asked.name}/")
    assert f'<option value="{asked.informs[0]}" selected' in page
    writer.send("publish/")
    made = Instrument.objects.unscoped("test").get()
    assert (made.source, f"{made.pack}:{made.element}") == ("page", key)


def test_one_s_own_is_copied_as_another_instrument(people: cast.Cast) -> None:
    version = world.version(world.questionnaire())
    browser = Client()
    browser.force_login(world.head())
    assert browser.post("/surveys/instruments/write/", {"own": f"{version.instrument_id}"}).status_code == 302
    writer = Writer(Draft.objects.unscoped("test").get().pk)
    writer.send("about/", title_en="Another", title_uk="", languages=["en"])
    assert [each.code for each in writer.form.languages] == ["en"]
    assert "Чи" not in str(writer.draft.form)
    writer.send("publish/")
    assert Instrument.objects.unscoped("test").count() == 2


def test_somebody_elses_draft_is_not_there(second: Writer, people: cast.Cast) -> None:
    browser = Client()
    browser.force_login(world.head(cast.ELSEWHERE))
    for path in ("", "about/", "add/", "preview/", "publish/", "question/safe/", "question/safe/if/"):
        assert browser.get(second.at + path).status_code in (403, 404), path
    for path in ("do/undo/", "do/discard/", "question/safe/do/remove/", "publish/"):
        assert browser.post(second.at + path, {"turn": 0}).status_code in (403, 404), path
    second.send("do/discard/")
    assert not Draft.objects.unscoped("test").exists()
