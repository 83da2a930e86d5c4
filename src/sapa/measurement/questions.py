"""What a survey asked, as results need it: each question with its kind and its options, the scales several questions make."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictBool

from sapa.instruments import Choice, Form, Item
from sapa.packs.base import Model

Texts = dict[str, str]
"""A text by language."""
Kind = Literal["one", "scale", "many", "rank", "number", "text", "other"]
"""How a question's answers are summed up; ``other``: not at all (dates, repeats), it is only exported."""
OTHER = "other"
_KINDS: dict[str, Kind] = {
    "select-one": "one", "acknowledge": "one", "select-many": "many", "rank": "rank", "scale": "scale",
    "integer": "number", "decimal": "number", "calculate": "other", "text": "text",
}  # fmt: skip
_NO = frozenset({"", "0", "no", "false"})


class Option(Model):
    """One answer that can be chosen. ``score``: its value on a scale; ``missing``: it says "don't know" or the like."""

    code: str
    label: Texts = Field({})
    score: float | None = None
    missing: StrictBool = False


class Question(Model):
    """A question as its results need it."""

    name: str
    kind: Kind
    label: Texts = Field({})
    options: tuple[Option, ...] = ()
    section: str = ""
    whole: StrictBool = False
    """Of a number: whole numbers only."""
    reversed: StrictBool = False
    """On a scale of several questions its points are turned round (``reverse`` in the item's appearance)."""
    divides: StrictBool = False
    """A background question that results may be shown by (``divide`` in the item's appearance)."""
    informs: tuple[str, ...] = ()
    words_of: str = ""
    """The question whose choice "other" these words explain."""

    def index(self) -> dict[str, int]:
        """Place of each option by its code."""
        return {option.code: place for place, option in enumerate(self.options)}

    def scored(self) -> bool:
        """Whether a mean of its options says something: every option that is not missing has a score."""
        scores = [option.score for option in self.options if not option.missing]
        return self.kind in ("one", "scale") and len(scores) > 1 and None not in scores


class Scale(Model):
    """Several questions that measure one thing: their mean is a person's value on it."""

    id: str
    label: Texts = Field({})
    questions: tuple[str, ...]


class Questionnaire(Model):
    """What was asked."""

    id: str
    version: str = "1"
    title: Texts = Field({})
    language: str = "en"
    questions: tuple[Question, ...]
    scales: tuple[Scale, ...] = ()

    def question(self, name: str) -> Question | None:
        """The question of that name."""
        return next((question for question in self.questions if question.name == name), None)

    def say(self, texts: Texts, language: str | None = None) -> str:
        """The text in ``language``, else in the first language of the questionnaire, else in any."""
        return texts.get(language or "") or texts.get(self.language) or next(iter(texts.values()), "")


def questionnaire_of(form: Form) -> Questionnaire:
    """The questions of an instrument.

    A choice counts as missing where its list has a column ``missing`` that says so, and has the score of a column ``score``.
    Two or more scale questions of one section with the same points make a scale.
    """
    questions: list[Question] = []
    labels: dict[str, Texts] = {}
    _collect(form, form.items, "", questions, labels)
    return Questionnaire(
        id=form.id,
        version=form.version,
        title=form.title,
        language=form.language,
        questions=tuple(questions),
        scales=_scales(questions, labels),
    )


def _collect(form: Form, items: tuple[Item, ...], section: str, out: list[Question], labels: dict[str, Texts]) -> None:
    for item in items:
        if item.type == "group":
            labels[item.name] = item.label
            _collect(form, item.items, item.name, out, labels)
        elif item.type != "note":
            out.append(_question(form, item, section))
            if item.other:
                out.append(Question(name=item.other_name, kind="text", label=item.label, section=section, words_of=item.name))


def _question(form: Form, item: Item, section: str) -> Question:
    return Question(
        name=item.name,
        kind=_KINDS.get(item.type, "other"),
        label=item.label,
        options=_options(form, item),
        section=section,
        whole=item.type == "integer",
        reversed="reverse" in item.appearance.split(),
        divides="divide" in item.appearance.split() and item.type in ("select-one", "scale"),
        informs=item.informs,
    )


def _options(form: Form, item: Item) -> tuple[Option, ...]:
    choices = {choice.code: choice for choice in form.choices(item.choices)} if item.choices else {}
    if item.type == "acknowledge":
        return (Option(code="OK"),)
    if item.scale is not None:
        points = [_point(choices.get(str(point)), point) for point in item.scale.points()]
        named = {str(point) for point in item.scale.points()}
        return (*points, *(_option(choice) for code, choice in choices.items() if code not in named))
    options = tuple(_option(choice) for choice in choices.values())
    return (*options, Option(code=OTHER)) if item.other and OTHER not in choices else options


def _point(choice: Choice | None, point: int) -> Option:
    return Option(code=str(point), label=choice.label if choice else {}, score=float(point))


def _option(choice: Choice) -> Option:
    missing = choice.values.get("missing", "").strip().lower() not in _NO
    try:
        score = None if missing else float(choice.values.get("score", ""))
    except ValueError:
        score = None
    return Option(code=choice.code, label=choice.label, score=score, missing=missing)


def _scales(questions: list[Question], labels: dict[str, Texts]) -> tuple[Scale, ...]:
    found: dict[tuple[str, tuple[float | None, ...]], list[Question]] = {}
    for question in questions:
        if question.scored() and question.section:
            points = tuple(option.score for option in question.options if not option.missing)
            found.setdefault((question.section, points), []).append(question)
    sections = [section for section, _ in found]
    out = []
    for (section, points), members in found.items():
        if len(members) > 1:
            id_ = section if sections.count(section) == 1 else f"{section}-{len(points)}"
            out.append(Scale(id=id_, label=labels.get(section, {}), questions=tuple(each.name for each in members)))
    return tuple(out)


def same_question(one: Question, other: Question) -> bool:
    """Whether two versions ask the same: kind, codes and scores alike, and the same words in every language both speak.

    A language added later is no new question; a word changed in a language both speak is.
    """
    codes = [(option.code, option.score, option.missing) for option in one.options]
    if one.kind != other.kind or codes != [(option.code, option.score, option.missing) for option in other.options]:
        return False
    pairs = [(one.label, other.label), *((a.label, b.label) for a, b in zip(one.options, other.options, strict=True))]
    common = set(one.label) & set(other.label)
    if not common and (one.label or other.label):
        return False
    return all(a.get(language, "") == b.get(language, "") for a, b in pairs for language in common)
