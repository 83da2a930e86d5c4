"""A small survey of parents, teachers and learners, with every kind of question."""

from __future__ import annotations

import random
from typing import Any

from sapa.instruments import Choice, ChoiceList, Form, FormLanguage, Item
from sapa.instruments import Scale as Points

AGREE = Points(low=1, high=5)


def form(version: str = "1", first: str = "The school is safe") -> Form:
    """Three scale questions in a section, a choice, several choices, a ranking, a number, words."""
    scale = [
        Item(name="safe", type="scale", scale=AGREE, choices="agree", label={"en": first, "uk": "У школі безпечно"}),
        Item(name="clean", type="scale", scale=AGREE, choices="agree", label={"en": "It is clean"}),
        Item(name="afraid", type="scale", scale=AGREE, choices="agree", label={"en": "I am afraid"}, appearance="reverse"),
    ]
    words = [Choice(code="1", label={"en": "not at all"}), Choice(code="5", label={"en": "fully"})]
    words.append(Choice(code="dk", label={"en": "don't know"}, values={"missing": "yes"}))
    ways = tuple(Choice(code=code, label={"en": code}) for code in ("foot", "bus", "car"))
    return Form(
        id="climate",
        version=version,
        title={"en": "Climate"},
        languages=(FormLanguage(code="en"), FormLanguage(code="uk")),
        lists=(ChoiceList(id="agree", choices=tuple(words)), ChoiceList(id="way", choices=ways)),
        items=(
            Item(name="hello", type="note", label={"en": "Welcome"}),
            Item(name="climate", type="group", label={"en": "Climate"}, items=tuple(scale)),
            Item(name="way", type="select-one", choices="way", other=True, label={"en": "How do you come?"}),
            Item(name="ways", type="select-many", choices="way", label={"en": "How could you come?"}),
            Item(name="best", type="rank", choices="way", label={"en": "The best way first"}),
            Item(name="minutes", type="integer", label={"en": "Minutes to school"}),
            Item(name="wish", type="text", label={"en": "What do you wish?"}),
            Item(name="born", type="date", label={"en": "Born on"}),
        ),
    )


def rows(n: int, seed: int = 1, groups: tuple[str, ...] = ("parent", "teacher", "learner")) -> list[tuple[str, dict[str, Any]]]:
    """Answers as the form's checks clean them; some questions are left out."""
    rng = random.Random(seed)
    out = []
    for _ in range(n):
        group = rng.choice(groups)
        mood = rng.gauss(3.4 if group == "parent" else 2.8, 0.8)
        answer: dict[str, Any] = {}
        for name, sign in (("safe", 1), ("clean", 1), ("afraid", -1)):
            point = round(min(5, max(1, 3 + sign * (mood - 3) + rng.gauss(0, 0.7))))
            answer[name] = "dk" if rng.random() < 0.05 else point
        answer["way"] = rng.choice(["foot", "bus", "car", "other"])
        if answer["way"] == "other":
            answer["way_other"] = "by boat"
        answer["ways"] = rng.sample(["foot", "bus", "car"], rng.randint(1, 3))
        answer["best"] = rng.sample(["foot", "bus", "car"], 3)
        answer["minutes"] = rng.randint(2, 60)
        answer["wish"] = rng.choice(["a roof", "=1+1", "книги", "more time"])
        answer["born"] = "1990-05-01"
        for name in list(answer):
            if rng.random() < 0.04:
                del answer[name]
        out.append((group, answer))
    return out
