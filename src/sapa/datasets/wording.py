"""The words of findings: the pack's for its rules, the engine's own for what the layout itself demands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from sapa.packs.models_data import DataField, Dataset

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Words:
    """What a rule says in one language; ``message`` still has its places."""

    cause: str
    message: str
    remedy: str

    def say(self, args: Mapping[str, str | None]) -> str:
        """The message with its places filled; a place without a value shows a dash."""
        return _fill(self.message, args)


def _fill(text: str, args: Mapping[str, str | None]) -> str:
    return _PLACE.sub(lambda match: (args.get(match.group(1)) or "—") if match.group(1) in args else match.group(0), text)


def places(text: str) -> list[str]:
    """Names in braces, each once, in the order of the text."""
    return list(dict.fromkeys(_PLACE.findall(text)))


def say(texts: Mapping[str, str], lang: str) -> str:
    """The text in ``lang``, else in English, else in the first language there is."""
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")


@cache
def catalogue() -> dict[str, Any]:
    """The engine's own words: ``{entry: {language: [cause, message, remedy]}}``, and the tables ``expected`` and ``steps``."""
    loaded: dict[str, Any] = yaml.safe_load(files("sapa.datasets").joinpath("wording.yaml").read_text("utf-8"))
    return loaded


class Wording:
    """Words and clauses of every rule of a data set; rules of the layout are named ``field.check``."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.rules = {rule.id: rule for rule in dataset.rules}
        self.cache: dict[tuple[str, str], Words] = {}

    def words(self, rule: str, lang: str) -> Words:
        """Cause, message and remedy of a rule in ``lang`` (else in English, else in any language the pack has)."""
        if (rule, lang) not in self.cache:
            self.cache[rule, lang] = self._pack(rule, lang) if rule in self.rules else self._own(rule, lang)
        return self.cache[rule, lang]

    def following(self, rule: str, lang: str, dataset: str, values: str) -> Words:
        """A rule's message under the cause it follows from: refused rows (``values``) of another data set, given by title."""
        entry = catalogue()["follows"]
        cause, remedy = (_fill(text, {"dataset": dataset, "values": values}) for text in entry.get(lang) or entry["en"])
        return Words(cause, self.words(rule, lang).message, remedy)

    def clause(self, rule: str) -> str:
        """The clauses a rule rests on, joined by commas: its own, else those of its field, else those of the data set."""
        if rule in self.rules:
            return ", ".join(self.rules[rule].clause)
        item = self._field(rule)
        return ", ".join((item.clause if item else None) or self.dataset.clause)

    def _pack(self, rule: str, lang: str) -> Words:
        found = self.rules[rule]
        return Words(say(found.cause, lang), say(found.message, lang), say(found.remedy, lang))

    def _field(self, rule: str) -> DataField | None:
        name = rule.rpartition(".")[0]
        return next((item for item in self.dataset.fields if item.id == name), None)

    def _own(self, rule: str, lang: str) -> Words:
        name, _, check = rule.rpartition(".")
        item = self._field(rule)
        about = {"title": say(item.title, lang) if item else name}
        if check.startswith("unreadable-"):
            about["expected"] = say(catalogue()["expected"][check.removeprefix("unreadable-")], lang)
            check = "unreadable"
        elif check in catalogue()["steps"]:
            about["step"] = say(catalogue()["steps"][check], lang)
            check = "mended"
        entry = catalogue()[check]
        cause, message, remedy = (_fill(text, about) for text in entry.get(lang) or entry["en"])
        return Words(cause, message, remedy[:1].upper() + remedy[1:])


def label(name: str, lang: str) -> str:
    """A heading of the reports, in ``lang``."""
    return say(catalogue()["labels"][name], lang)
