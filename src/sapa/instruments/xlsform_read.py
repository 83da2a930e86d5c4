"""XLSForm in: a workbook becomes a form, or is refused with every reason, each with its sheet and row.

Nothing is lost in silence: what is not taken is a reason, or (with ``leave_out``) a remark. What would record the respondent's
device, number, place or clock is never taken: a remark says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sapa.instruments.compiled import examine
from sapa.instruments.model import OTHER, Choice, ChoiceList, Form, FormLanguage, Item, Participants, Scale, Source, Texts
from sapa.instruments.resolve import references
from sapa.instruments.workbook import ROW, Parsed, Reason, WorkbookRefusedError, parse_workbook

TYPES = {
    "select one": "select-one", "select all that apply": "select-many", "rank": "rank", "integer": "integer", "int": "integer",
    "decimal": "decimal", "text": "text", "string": "text", "note": "note", "date": "date", "time": "time",
    "datetime": "datetime", "dateTime": "datetime", "range": "scale", "acknowledge": "acknowledge", "trigger": "acknowledge",
    "calculate": "calculate", "group": "group", "repeat": "repeat", "barcode": "text", "phone number": "text",
}  # fmt: skip
RECORDED = frozenset({
    "start", "end", "today", "deviceid", "uri:deviceid", "simserial", "uri:simserial", "subscriberid", "uri:subscriberid",
    "phonenumber", "uri:phonenumber", "username", "uri:username", "email", "uri:email", "audit", "start-geopoint",
    "background-audio", "background-geopoint", "attribute", "entity",
})  # fmt: skip
"""Rows that record the device, its owner, its place or its clock."""
NAMES = {
    "eng": "en", "rus": "ru", "рус": "ru", "ukr": "uk", "укр": "uk", "kaz": "kk", "қаз": "kk", "bel": "be", "бел": "be",
    "fra": "fr", "fre": "fr", "spa": "es", "chi": "zh", "zho": "zh", "pol": "pl", "deu": "de", "ger": "de",
}  # fmt: skip
"""The first three letters of a language's name, as ISO 639-2 abbreviates it, and its two-letter code."""
_CODED = re.compile(r"\(([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\)\s*$")
_YES = {"yes": "true()", "true": "true()", "true()": "true()", "no": "", "false": "", "false()": ""}
_COLUMNS = frozenset({
    "type", "name", "label", "hint", "bind", "control", "default", "choice_filter", "parameters", "choices", "itemset",
    "list_name", "children", "informs", "actions", "instance", "columns", "_dynamic_default", ROW,
})  # fmt: skip
_PLAIN = "default"


@dataclass(frozen=True)
class Imported:
    """A form that came in, and what a person should know of how."""

    form: Form
    remarks: tuple[str, ...] = ()


def read_xlsform(path: Path, *, language: str = "und", leave_out: bool = False) -> Imported:
    """The form of a workbook. ``language``: of words that say none. ``leave_out``: what can't be asked here is left out.

    Raises ``WorkbookRefusedError`` with every reason; ``UserError`` where there is no such file.
    """
    try:
        return _Import(parse_workbook(path), path.name, language, leave_out).form()
    except RecursionError as error:
        raise WorkbookRefusedError(path.name, [Reason("survey", 0, "its groups are nested too deep")]) from error


@dataclass
class _Import:
    parsed: Parsed
    name: str
    default: str
    leave_out: bool
    reasons: list[Reason] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    counts: dict[str, str] = field(default_factory=dict)
    languages: dict[str, FormLanguage] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    def form(self) -> Imported:
        survey = self.parsed.survey
        self.find_languages(survey)
        items = self.items(survey.get("children", ()))
        lists = tuple(self.choice_list(name, choices) for name, choices in survey.get("choices", {}).items())
        if not items:
            self.refuse("survey", 0, "it asks nothing")
        self.stop()
        form = self.without_dependents(self.made(survey, items, lists))
        for finding in examine(form)[1]:
            sheet = "choices" if finding.column == "choices" and finding.code == "code-twice" else "survey"
            self.refuse(sheet, self.rows.get(finding.item, 0), f"{finding.item} ({finding.column}): {finding.message['en']}")
        self.stop()
        return Imported(form, tuple(dict.fromkeys([*self.remarks, *self.parsed.remarks])))

    def made(self, survey: dict[str, Any], items: list[Item], lists: tuple[ChoiceList, ...]) -> Form:
        return Form(
            id=str(survey.get("id_string") or self.name),
            version=str(survey.get("version") or "1"),
            title=self.titles(survey),
            languages=tuple(self.languages.values()),
            items=tuple(self.mended(item) for item in items),
            lists=lists,
            **self.kept_settings(survey),
        )

    def without_dependents(self, form: Form) -> Form:
        """With ``leave_out``: what asks or computes by what was left out goes too, with a remark, until nothing does."""
        while self.leave_out:
            broken = {each.item for each in examine(form)[1] if each.code == "no-such-item"}
            if not broken:
                break
            for name in sorted(broken, key=lambda each: self.rows.get(each, 0)):
                self.remarks.append(f"sheet survey, row {self.rows.get(name, 0)}: left out: '{name}' needs what was left out")
            self.gone |= broken
            kept = tuple(self.mended(item) for item in _pruned(form.items, broken))
            form = form.model_copy(update={"items": kept})
        return form

    def stop(self) -> None:
        if self.reasons:
            raise WorkbookRefusedError(
                self.name, sorted(set(self.reasons), key=lambda each: (each.sheet, each.row, each.message))
            )

    def refuse(self, sheet: str, row: int, message: str) -> None:
        self.reasons.append(Reason(sheet, row, message))

    def cannot(self, row: int, name: str, message: str) -> None:
        """A row that can't be asked: a reason, or left out with a remark."""
        if self.leave_out:
            self.remarks.append(f"sheet survey, row {row}: left out: {message}")
            self.gone.add(name)
        else:
            self.refuse("survey", row, message)

    # Languages and words

    def find_languages(self, survey: dict[str, Any]) -> None:
        """The languages in the order of the workbook; the default one first, words without one under it."""
        listed = self.parsed.listed
        choices = [
            choice
            for name, each in survey.get("choices", {}).items()
            for choice in each
            if (name, str(choice.get("name", ""))) in listed
        ]
        settings = {key: survey[key] for key in ("heading", "notice") if key in survey}
        found = list(dict.fromkeys([*_named(settings), *_named(list(_authored(survey))), *_named(choices)]))
        first = survey.get("default_language") or _PLAIN
        plain = first == _PLAIN and (_PLAIN in found or not found)
        for name in sorted(found, key=lambda each: each != first) if not plain else [_PLAIN, *found]:
            self.languages.setdefault(name, FormLanguage(code=self.code(name), name="" if name == _PLAIN else name))
        codes = [each.code for each in self.languages.values()]
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            names = ", ".join(each.name or "(none)" for each in self.languages.values() if each.code == code)
            self.refuse("survey", 1, f"several columns speak one language ({code}): {names}; keep one name for it")

    def code(self, name: str) -> str:
        if name == _PLAIN:
            return self.default
        match = _CODED.search(name)
        if match:
            return match.group(1)
        lowered = name.strip().lower()
        if len(lowered) != 2 and lowered[:3] in NAMES:
            return NAMES[lowered[:3]]
        letters = re.sub(r"[^a-z]", "", lowered)
        return letters if re.fullmatch(r"[a-z]{2,3}", lowered) else f"und-x{letters[:7]}"

    def texts(self, value: Any) -> Texts:
        if value in (None, ""):
            return {}
        if isinstance(value, str):
            value = {self.parsed.survey.get("default_language") or _PLAIN: value}
        known = {self.languages[name].code: str(text) for name, text in value.items() if name in self.languages and text}
        return {language.code: known[language.code] for language in self.languages.values() if language.code in known}

    def titles(self, survey: dict[str, Any]) -> Texts:
        """``form_title`` says the title in the first language; ``heading`` columns in each."""
        heading = self.texts(survey.get("heading"))
        title = survey.get("title")
        first = next(iter(self.languages.values())).code
        return heading or ({first: str(title)} if title and title != survey.get("id_string") else {})

    def kept_settings(self, survey: dict[str, Any]) -> dict[str, Any]:
        """Settings of ours, which other readers of XLSForm pass over."""
        kept: dict[str, Any] = {"notice": self.texts(survey.get("notice"))}
        if survey.get("instrument_kind"):
            kept["kind"] = survey["instrument_kind"]
        if survey.get("interview_structure"):
            kept["structure"] = survey["interview_structure"]
        kept["audience"] = tuple(str(survey.get("audience") or "").split())
        if survey.get("participants"):
            low, high, *roles = str(survey["participants"]).split()
            kept["participants"] = Participants(minimum=int(low), maximum=int(high), roles=tuple(roles))
        if survey.get("instrument_source"):
            pack, version, instrument, ours, *clauses = str(survey["instrument_source"]).split()
            kept["source"] = Source(
                pack=pack, pack_version=version, instrument=instrument, ours=ours == "ours", clauses=tuple(clauses)
            )
        return kept

    # Items

    def items(self, nodes: Iterable[dict[str, Any]]) -> list[Item]:
        out: list[Item] = []
        for node in nodes:
            name, row = str(node.get("name", "")), int(node.get(ROW) or 0)
            if not row:
                self.made_up(node, out)
                continue
            self.rows[name] = row
            item = self.item(node, name, row)
            if item is not None:
                out.append(item)
        return out

    def made_up(self, node: dict[str, Any], before: list[Item]) -> None:
        """What the library adds on its own: words of 'other', counts of repeats, headings of tables, identifiers."""
        name, kind = str(node.get("name", "")), node.get("type")
        if kind == "text" and before and name == before[-1].other_name:
            before[-1] = before[-1].model_copy(update={"other": True})
            self.others.add(before[-1].choices)
        elif kind == "calculate" and name.endswith("_count"):
            self.counts[f"${{{name}}}"] = str(node.get("bind", {}).get("calculate", ""))

    def item(self, node: dict[str, Any], name: str, row: int) -> Item | None:
        kind = str(node.get("type", ""))
        if kind in RECORDED:
            self.remarks.append(f"sheet survey, row {row}: left out: '{kind}' records the device, its place or its clock")
            self.gone.add(name)
            return None
        reason = self.why_not(node, kind)
        if reason:
            self.cannot(row, name, reason)
            return None
        if node.get("media"):
            self.remarks.append(f"sheet survey, row {row}: pictures, sound and film of '{name}' are left out")
        bind, control = node.get("bind") or {}, node.get("control") or {}
        if kind in ("barcode", "phone number"):
            self.remarks.append(f"sheet survey, row {row}: '{kind}' is asked as text")
        count = str(control.get("jr:count", ""))
        made: dict[str, Any] = {
            "name": name, "type": TYPES[kind], "label": self.texts(node.get("label")), "hint": self.texts(node.get("hint")),
            "required": _condition(bind.get("required")), "required_message": self.texts(bind.get("jr:requiredMsg")),
            "relevant": str(bind.get("relevant") or ""), "constraint": str(bind.get("constraint") or ""),
            "constraint_message": self.texts(bind.get("jr:constraintMsg")), "calculation": str(bind.get("calculate") or ""),
            "default": str(node.get("default") or ""), "read_only": bool(_condition(bind.get("readonly"))) and kind != "note",
            "choices": str(node.get("itemset") or ""), "choice_filter": str(node.get("choice_filter") or ""),
            "count": self.counts.get(count, count), "appearance": str(control.get("appearance") or ""),
            "informs": tuple(str(node.get("informs") or "").split()),
        }  # fmt: skip
        return self.finished(made, node, row)

    def finished(self, made: dict[str, Any], node: dict[str, Any], row: int) -> Item | None:
        if made["type"] in ("group", "repeat"):
            made["items"] = tuple(self.items(self.table(made, node.get("children", ()))))
        elif made["type"] == "scale":
            try:
                low, high, step = (int(str(node["parameters"].get(key))) for key in ("start", "end", "step"))
            except ValueError:
                self.cannot(row, made["name"], "a range of other than whole numbers can't be asked here")
                return None
            made["scale"] = Scale(low=low, high=high, step=step)
            made["appearance"] = ""
        elif node.get("parameters"):
            self.remarks.append(f"sheet survey, row {row}: parameters of '{made['name']}' are left out")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", made["name"]) or len(made["name"]) > 80:
            self.refuse("survey", row, f"the name '{made['name']}' has letters other than A–Z, or is longer than 80")
            return None
        return Item(**made)

    def table(self, made: dict[str, Any], nodes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """A group shown as a table: the heading rows that the library puts into it are taken back."""
        out, table = [], False
        for node in nodes:
            name = str(node.get("name", ""))
            if name.startswith("generated_table_list_label_") and not node.get(ROW):
                made["label"], made["hint"], table = self.texts(node.get("label")), self.texts(node.get("hint")), True
            elif name.startswith("reserved_name_for_field_list_labels_") and not node.get(ROW):
                table = True
            else:
                out.append(node)
        if table:
            made["appearance"] = made["appearance"].replace("field-list", "table-list", 1)
            out = [{**node, "control": {**(node.get("control") or {}), "appearance": ""}} for node in out]
        return out

    def why_not(self, node: dict[str, Any], kind: str) -> str:
        """Why a row can't be asked here; empty where it can."""
        if kind == "loop":
            return "a loop over a list is not taken: write a group for each choice"
        if kind == "include":
            return "the questions of another file can't be included: copy their rows in"
        if kind not in TYPES:
            return f"a question of type '{kind}' can't be asked here: ask in words, or remove the row"
        listed = str(node.get("itemset") or "")
        if "${" in listed or re.search(r"\.(csv|xml|geojson)$", listed):
            return f"choices from '{listed}' are not taken: write them on the sheet choices"
        if node.get("trigger"):
            return "a calculation with a trigger is not taken: calculations follow by themselves"
        strange = sorted(set(node) - _COLUMNS - {"media", "trigger"})
        if strange:
            self.remarks.append(f"sheet survey: columns of the author's own are left out: {', '.join(strange)}")
        return ""

    def mended(self, item: Item) -> Item:
        """Labels without the answers that were left out."""
        update: dict[str, Any] = {"items": tuple(self.mended(inner) for inner in item.items)} if item.items else {}
        if self.leave_out:
            for column in ("label", "hint", "constraint_message", "required_message"):
                texts = getattr(item, column)
                if any(set(references(text)) & self.gone for text in texts.values()):
                    update[column] = {language: self.without(text) for language, text in texts.items()}
                    self.remarks.append(f"sheet survey, row {self.rows[item.name]}: the {column} speaks of what was left out")
        return item.model_copy(update=update) if update else item

    def without(self, text: str) -> str:
        return re.sub(r"\$\{\s*([^\s{}]+)\s*\}", lambda match: "…" if match.group(1) in self.gone else match.group(0), text)

    def choice_list(self, name: str, choices: Iterable[dict[str, Any]]) -> ChoiceList:
        made = []
        for choice in choices:
            code = str(choice.get("name", ""))
            row = self.parsed.listed.get((name, code), 0)
            if code == OTHER and name in self.others and not row:
                continue
            if re.search(r"\s", code):
                self.refuse("choices", row, f"the code '{code}' has a space: write it in one word")
                continue
            if choice.get("media"):
                self.remarks.append(f"sheet choices, row {row}: the picture of '{code}' is left out")
            own = {key: value for key, value in choice.items() if key not in ("name", "label", "media", ROW, "__row")}
            values = {key: value for key, value in own.items() if isinstance(value, str)}
            made.append(Choice(code=code, label=self.texts(choice.get("label")), values=values))
        return ChoiceList(id=name, choices=tuple(made))


def _condition(value: Any) -> str:
    text = str(value or "").strip()
    return _YES.get(text.lower(), text)


def _pruned(items: tuple[Item, ...], gone: set[str]) -> Iterator[Item]:
    for item in items:
        if item.name not in gone:
            yield item.model_copy(update={"items": tuple(_pruned(item.items, gone))}) if item.items else item


def _authored(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows a person wrote, without what the library adds."""
    for each in node.get("children", ()):
        if each.get(ROW) or "generated_table_list_label_" in str(each.get("name")):
            yield {key: each[key] for key in ("label", "hint", "bind") if key in each}
        yield from _authored(each)


def _named(node: Any) -> Iterable[str]:
    """Names of languages in the order in which labels, hints and messages speak them."""
    if isinstance(node, list):
        for each in node:
            yield from _named(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("label", "hint", "jr:constraintMsg", "jr:requiredMsg", "heading", "notice") and value:
                if isinstance(value, dict):
                    yield from value
                else:
                    yield _PLAIN
            elif isinstance(value, (dict, list)):
                yield from _named(value)
