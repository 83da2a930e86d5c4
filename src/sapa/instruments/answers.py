"""What answers to a form come to: cleaned, calculated, judged, with what is asked and what may be chosen.

``check_answers`` is the one judge: the page only shows early what it says. Hidden questions are empty for every expression and
absent from what is kept (ODK XForms, ``relevant``); a constraint is asked only of an answer that is there (``constraint``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sapa.instruments.compiled import CompiledForm, Step
from sapa.instruments.evaluate import Environment, Frame
from sapa.instruments.model import OTHER, SECTIONS, Choice, Item, Texts
from sapa.instruments.reading import LONGEST, UnreadError, offered, read
from sapa.instruments.resolve import parts
from sapa.instruments.values import number, string, written
from sapa.instruments.words import words

FindingCode = Literal["required", "constraint", "type", "choice", "other", "count", "unknown", "range", "length"]
INSTANCES = 200
"""The most instances of a repeat."""


@dataclass(frozen=True)
class AnswerFinding:
    """One thing wrong with one answer.

    ``address``: ``age``, or within a repeat ``children[0].age`` (instances count from 0). ``message``: words in each language.
    """

    address: str
    item: str
    code: FindingCode
    message: Texts
    value: Any = None


@dataclass(frozen=True)
class Checked:
    """Answers as they are kept, and all that follows from them.

    ``answers``: by item name; of a repeat a list of such mappings. Integers are int, decimals float, dates ``YYYY-MM-DD``, times
    ``HH:MM``, date-times ``YYYY-MM-DDTHH:MM``, one choice its code, many choices and ranks a list of codes, an acknowledgement
    ``"OK"``. What is not asked (irrelevant) and what is empty is absent; calculations are in, as text. ``shown``: addresses of
    all items that are asked, sections too. ``offered``: for each choosing item with a filter, by address, the choices left.
    """

    answers: dict[str, Any]
    findings: tuple[AnswerFinding, ...] = ()
    shown: frozenset[str] = frozenset()
    offered: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    """Addresses of what must be answered."""

    @property
    def sound(self) -> bool:
        """Whether the answers may be handed in."""
        return not self.findings


def check_answers(
    form: CompiledForm, answers: Mapping[str, Any], *, now: datetime, partial: bool = False, language: str | None = None
) -> Checked:
    """Clean and judge the answers to a compiled form.

    ``answers`` come as a page or a file gives them: text or values. ``now``: what ``now()`` and ``today()`` say. ``partial``:
    an interrupted answer, of which nothing is required yet. ``language``: of the labels that ``jr:choice-name()`` gives. Finds,
    and never raises, whatever the answers are.
    """
    root = computed(form, answers, now=now, language=language)
    return _Judging(form, root, partial, language or form.form.language).verdict()


def computed(form: CompiledForm, answers: Mapping[str, Any], *, now: datetime, language: str | None = None) -> Frame:
    """The frame of the whole form with everything read and computed, in the order of computation."""
    root = Frame(_environment(form, now, language or form.form.language), dict(answers))
    for step in form.steps:
        item = step.item
        work = _WORK.get(item.type, _question)
        for frame in _frames(root, step.repeats) if step.repeats else (root,):
            if step.group and step.group not in frame.shown:
                continue
            if step.relevant is not None and not step.relevant(frame, ""):
                continue
            frame.shown.add(item.name)
            work(step, frame)
    return root


def starting_answers(form: CompiledForm, *, now: datetime) -> dict[str, Any]:
    """The answers a fresh page begins with: what the form gives as default, outside repeats."""
    root = Frame(_environment(form, now, form.form.language), {})
    begun = {}
    for step in form.in_order:
        if step.item.default and not step.repeats and step.item.type not in SECTIONS:
            said = string(step.default(root, "")) if step.default else step.item.default
            if said:
                begun[step.item.name] = root.texts[step.item.name] = said
    return begun


def label_of(form: CompiledForm, text: str, answers: Mapping[str, Any], language: str) -> str:
    """A label with the answers it speaks of (``${name}``) in their places; choices in words."""
    return "".join(_said(form, piece, answers, language) if named else piece for piece, named in parts(text))


def _said(form: CompiledForm, name: str, answers: Mapping[str, Any], language: str) -> str:
    given, item = answers.get(name), form.form.item(name)
    labels = {each.code: form.form.say(each.label, language) for each in form.form.choices(item.choices)} if item else {}
    each = given if isinstance(given, list) else [given]
    return ", ".join(labels.get(one, "") or _shown(one) for one in each if one is not None and not isinstance(one, dict))


def _shown(value: Any) -> str:
    return written(float(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def _environment(form: CompiledForm, now: datetime, language: str) -> Environment:
    labels = {}
    for listed in form.labels:
        labels[listed] = {choice.code: form.form.say(choice.label, language) for choice in form.form.choices(listed)}
        labels[listed].setdefault(OTHER, words("answer.other-label").get(language, "Other"))
    text = now.isoformat(timespec="seconds")
    return Environment(now=text, today=text[:10], labels=labels)


def _frames(root: Frame, repeats: tuple[str, ...]) -> list[Frame]:
    frames = [root]
    for repeat in repeats:
        frames = [kid for frame in frames for kid in frame.kids.get(repeat, ())]
    return frames


def _raw(frame: Frame, name: str) -> Any:
    return frame.raw.get(name)


def _question(step: Step, frame: Frame) -> None:
    item = step.item
    if step.calculation is not None and (item.type == "calculate" or item.read_only):
        _calculate(step, frame)
        return
    try:
        value, text = read(item, _raw(frame, item.name), step.codes)
    except UnreadError as problem:
        frame.findings[item.name] = (problem, _raw(frame, item.name))
        return
    if value is not None:
        frame.kept[item.name], frame.texts[item.name] = value, text
        if item.other and OTHER in (value if isinstance(value, list) else [value]):
            _words_of_other(item, frame)
    elif step.calculation is not None:
        _calculate(step, frame)


def _words_of_other(item: Item, frame: Frame) -> None:
    name = item.other_name
    frame.shown.add(name)
    said = _raw(frame, name)
    said = said.replace("\x00", "").strip() if isinstance(said, str) else ""
    if len(said) > LONGEST:
        frame.findings[name] = (UnreadError("length", kind="length", limit=str(LONGEST)), said)
    elif said:
        frame.kept[name] = frame.texts[name] = said


def _calculate(step: Step, frame: Frame) -> None:
    """The value as text: empty where it is not a number, as ODK clients keep it."""
    item, given = step.item, _raw(frame, step.item.name)
    assert step.calculation is not None
    value = step.calculation(frame, given if isinstance(given, str) else "")
    text = "" if isinstance(value, float) and value != value else string(value)
    if not text:
        return
    if item.type != "calculate":
        try:
            frame.kept[item.name], frame.texts[item.name] = read(item, text, step.codes)
        except UnreadError as problem:
            frame.findings[item.name] = (problem, text)
        return
    frame.kept[item.name] = frame.texts[item.name] = text


def _repeat(step: Step, frame: Frame) -> None:
    raw, name = _raw(frame, step.item.name), step.item.name
    given = [each for each in raw if isinstance(each, Mapping)] if isinstance(raw, list) else []
    room = frame.env.room
    limit = min(INSTANCES, room[0])
    if step.count is not None:
        wanted = number(step.count(frame, ""))
        limit = max(0, int(min(wanted, limit))) if wanted == wanted else 0
        given += [{}] * (limit - len(given))
    if len(given) > limit:
        frame.findings[name] = (UnreadError("count", kind="count", limit=str(limit)), len(given))
        given = given[:limit]
    room[0] -= len(given)
    frame.kids[name] = [Frame(frame.env, dict(each), frame, index) for index, each in enumerate(given)]


def _nothing(step: Step, frame: Frame) -> None:
    """Groups and notes hold nothing."""


_WORK: dict[str, Callable[[Step, Frame], None]] = {"group": _nothing, "note": _nothing, "repeat": _repeat}


class _Judging:
    """One pass over the computed frames, in the order of the form."""

    def __init__(self, form: CompiledForm, root: Frame, partial: bool, language: str) -> None:
        self.form = form
        self.root = root
        self.partial = partial
        self.language = language
        self.findings: list[AnswerFinding] = []
        self.shown: set[str] = set()
        self.required: set[str] = set()
        self.offered: dict[str, tuple[Choice, ...]] = {}

    def verdict(self) -> Checked:
        answers = self.frame(self.root, self.form.form.items, "")
        return Checked(answers, tuple(self.findings), frozenset(self.shown), self.offered, frozenset(self.required))

    def frame(self, frame: Frame, items: tuple[Item, ...], prefix: str) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        self.items(frame, items, prefix, kept)
        for name in frame.raw:
            if name not in self.form.names:
                self.find(prefix, str(name), "unknown", words("answer.unknown", name=str(name)[:80]))
        return kept

    def items(self, frame: Frame, items: tuple[Item, ...], prefix: str, kept: dict[str, Any]) -> None:
        for item in items:
            name = item.name
            if name not in frame.shown:
                continue
            self.shown.add(prefix + name)
            if item.type == "group":
                self.items(frame, item.items, prefix, kept)
            elif item.type == "repeat":
                self.unread(frame, prefix, name)
                kids = frame.kids.get(name, [])
                inside = [self.frame(kid, item.items, f"{prefix}{name}[{at}].") for at, kid in enumerate(kids)]
                if inside:
                    kept[name] = inside
            elif item.type != "note":
                self.question(self.form.by_name[name], frame, prefix, kept)

    def question(self, step: Step, frame: Frame, prefix: str, kept: dict[str, Any]) -> None:
        item, name = step.item, step.item.name
        left = self.choices(step, frame, prefix) if step.choice_filter is not None else None
        required = step.required is not None and step.required(frame, frame.texts.get(name, ""))
        if required:
            self.required.add(prefix + name)
        if self.unread(frame, prefix, name):
            return
        if name not in frame.kept:
            if required and not self.partial:
                self.find(prefix, name, "required", item.required_message or words("answer.required"))
            return
        value, text = frame.kept[name], frame.texts[name]
        kept[name] = value
        if left is not None and any(each not in left for each in (value if isinstance(value, list) else [value])):
            self.find(prefix, name, "choice", words("answer.choice"), value)
        elif item.type == "rank" and len(value) < len(left if left is not None else step.codes) and not self.partial:
            self.find(prefix, name, "choice", words("answer.rank"), value)
        elif step.constraint is not None and not step.constraint(frame, text):
            self.find(prefix, name, "constraint", item.constraint_message or words("answer.constraint"), value)
        if item.other:
            self.other(item, frame, prefix, kept)

    def other(self, item: Item, frame: Frame, prefix: str, kept: dict[str, Any]) -> None:
        name = item.other_name
        if name not in frame.shown:
            return
        self.shown.add(prefix + name)
        if name in frame.kept:
            kept[name] = frame.kept[name]
        elif not self.unread(frame, prefix, name) and not self.partial:
            self.find(prefix, name, "other", words("answer.other"))

    def choices(self, step: Step, frame: Frame, prefix: str) -> set[str]:
        keep = step.choice_filter
        assert keep is not None
        columns = offered(step.choices, self.language)
        left = tuple(choice for choice, each in zip(step.choices, columns, strict=True) if keep(frame, each))
        self.offered[prefix + step.item.name] = left
        return {choice.code for choice in left}

    def unread(self, frame: Frame, prefix: str, name: str) -> bool:
        """Whether the answer could not be read; then that is said."""
        if name not in frame.findings:
            return False
        problem, value = frame.findings[name]
        self.find(prefix, name, problem.kind, words(f"answer.{problem.code}", **problem.named), value)
        return True

    def find(self, prefix: str, name: str, code: FindingCode, message: Texts, value: Any = None) -> None:
        self.findings.append(AnswerFinding(prefix + name, name, code, message, value))


def addresses(checked: Checked) -> Iterator[str]:
    """The addresses of all answers kept, in the order of the form."""
    yield from _addresses(checked.answers, "")


def _addresses(answers: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for at, inside in enumerate(value):
                yield from _addresses(inside, f"{prefix}{name}[{at}].")
        else:
            yield prefix + name
