"""An instrument on paper: boxes to tick, scales, lines to write on, skip logic in words, the notice of what is recorded.

The answers are entered afterwards under the numbers printed here, which are those of the page.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from sapa.instruments import Form, Item
from sapa.instruments.in_words import skip_hint
from sapa.instruments.model import OTHER
from sapa.instruments.resolve import parts
from sapa.instruments.words import words
from sapa.publication.typeset import compiled

LINES = {"questionnaire": 2, "interview": 7, "focus-group": 9, "observation": 2, "document-study": 2}
"""Lines to write on for an answer in words, by kind of instrument."""
UNSTRUCTURED = 16
_WORDS = ("notice", "required", "repeat", "day", "place", "by", "consent", "summary", "thanks", "moderator", "recorder", "remark")


def sheet_pdf(form: Form, language: str, *, institution: str = "", printed: date | None = None) -> bytes:
    """The paper version of a form as PDF (tagged, PDF/UA-1). The same form gives the same bytes.

    ``printed``: the day named in the file's metadata; ``institution``: stands over the title.
    """
    content = json.dumps(_Sheet(form, language).content(institution), ensure_ascii=False)
    template = (resources.files("sapa.publication") / "sheet.typ").read_text("utf-8")
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "main.typ").write_text(template, "utf-8")
        (Path(place) / "content.json").write_text(content, "utf-8")
        stamp = (printed - date(1970, 1, 1)).days * 86400 if printed else 0
        return compiled(Path(place), stamp)


def numbers_of(form: Form) -> dict[str, str]:
    """The number of each question on paper: 1, 2 …, inside a section 3.1, 3.2 …; what is calculated or only said has none."""
    return dict(_numbered(form.items, ""))


def _numbered(items: tuple[Item, ...], prefix: str) -> Iterator[tuple[str, str]]:
    at = 0
    for item, _ in _with_remarks(items):
        if item.type in ("note", "calculate"):
            continue
        at += 1
        yield item.name, f"{prefix}{at}"
        yield from _numbered(item.items, f"{prefix}{at}.")


def _with_remarks(items: tuple[Item, ...]) -> Iterator[tuple[Item, Item | None]]:
    """Each item, with the line for remarks that belongs to it."""
    names = {item.name for item in items}
    remarks = {item.name: item for item in items if item.name.endswith("_remark") and item.name.removesuffix("_remark") in names}
    for item in items:
        if item.name not in remarks:
            yield item, remarks.get(f"{item.name}_remark")


@dataclass(frozen=True)
class _Sheet:
    form: Form
    language: str

    def say(self, code: str, /, **args: str) -> str:
        texts = words(f"sheet.{code}", **args)
        return texts.get(self.language, texts["en"])

    def content(self, institution: str) -> dict[str, Any]:
        form = self.form
        taking = form.participants
        people = {"minimum": str(taking.minimum), "maximum": str(taking.maximum)} if taking else {}
        return {
            "lang": self.language,
            "title": form.say(form.title, self.language) or form.id,
            "institution": institution,
            "notice": form.say(form.notice, self.language),
            "kind": form.kind,
            "mark": f"{form.id} · {self.say('version', version=form.version)} · {form.digest()[:8]}",
            "people": self.say("people", **people) if taking else "",
            "roles": [self.say(role) if role in _WORDS else role for role in taking.roles] if taking else [],
            "anonymous": form.kind == "questionnaire",
            "required": any(item.required for item in form.walk()),
            "s": {code: self.say(code) for code in _WORDS},
            "items": self.items(form.items, numbers_of(form)),
        }

    def items(self, items: tuple[Item, ...], numbers: dict[str, str]) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        for item, remark in _with_remarks(items):
            if item.type == "calculate":
                continue
            shown = self.item(item, remark, numbers)
            head = self.columns(item)
            if head and out and out[-1]["kind"] == "grid" and out[-1]["columns"] == head:
                out[-1]["rows"].append(shown)
            elif head:
                out.append({"kind": "grid", "columns": head, "rows": [shown], "remarks": remark is not None})
            else:
                out.append(shown)
        return [each if each["kind"] != "grid" or len(each["rows"]) > 1 else each["rows"][0] for each in out]

    def columns(self, item: Item) -> list[str]:
        """Headings of a table of questions answered alike; none where the item stands alone."""
        if item.other or item.choice_filter or item.type not in ("scale", "select-one"):
            return []
        options = self.options(item)
        return [each["label"] for each in options] if len(options) <= 6 else []

    def options(self, item: Item) -> list[dict[str, str]]:
        form = self.form
        labels = {choice.code: form.say(choice.label, self.language) or choice.code for choice in form.choices(item.choices)}
        if item.scale is not None:
            points = [str(point) for point in item.scale.points()]
            return [{"code": point, "label": labels.get(point, point)} for point in points]
        options = [{"code": code, "label": label} for code, label in labels.items() if code != OTHER or not item.other]
        return [*options, {"code": OTHER, "label": self.other(labels)}] if item.other else options

    def other(self, labels: dict[str, str]) -> str:
        texts = words("answer.other-label")
        return labels.get(OTHER) or texts.get(self.language, texts["en"])

    def item(self, item: Item, remark: Item | None, numbers: dict[str, str]) -> dict[str, Any]:
        form = self.form
        how = {"select-one": "one", "select-many": "many", "rank": "rank", "integer": "number", "decimal": "number"}
        how |= {"date": "date", "time": "time", "datetime": "date"}
        lines = UNSTRUCTURED if form.structure == "unstructured" else LINES[form.kind]
        return {
            "kind": item.type,
            "number": numbers.get(item.name, ""),
            "label": "".join("……" if named else piece for piece, named in parts(form.say(item.label, self.language))),
            "hint": form.say(item.hint, self.language),
            "skip": skip_hint(form, item.relevant, numbers, self.language),
            "how": self.say(how[item.type]) if item.type in how else "",
            "required": bool(item.required),
            "options": self.options(item) if item.type in ("select-one", "select-many", "rank", "scale") else [],
            "other": item.other,
            "lines": lines if item.appearance == "multiline" or form.kind != "questionnaire" else 1,
            "remark": remark is not None,
            "items": self.items(item.items, numbers),
        }
