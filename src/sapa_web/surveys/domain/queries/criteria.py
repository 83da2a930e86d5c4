"""What agreed protocols say about a criterion: answers and notes to the items that inform it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sapa.errors import SapaError
from sapa.instruments import Form
from sapa.measurement import Option, Question, questionnaire_of
from sapa_web.common.packs import pack_named
from sapa_web.common.scope import Scope
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.domain.queries import reach, ready
from sapa_web.surveys.models import Protocol


@dataclass(frozen=True)
class Point:
    """What one protocol says to one item: what was chosen, or answered in words, and the note."""

    question: Question
    option: Option | None
    answer: str
    note: str


def told_about(scope: Scope, speaks_of: Callable[[str], bool], since: date | None = None) -> list[tuple[Protocol, list[Point]]]:
    """Agreed protocols, the newest first, with what they say to items that inform a criterion or sign ``speaks_of`` accepts."""
    found = reach.protocols(scope).filter(state=Protocol.AGREED)
    out = []
    for protocol in found.filter(held_on__gte=since) if since is not None else found:
        points = [point for point in _points(protocol) if any(speaks_of(code) for code in point.question.informs)]
        if points:
            out.append((protocol, points))
    return out


def criteria(scope: Scope) -> list[tuple[str, int]]:
    """Criteria and signs of which agreed protocols say something, by their code, with the number of protocols."""
    many: dict[str, int] = {}
    for _protocol, points in told_about(scope, lambda code: True):
        for code in {code for point in points for code in point.question.informs}:
            many[code] = many.get(code, 0) + 1
    return sorted(many.items())


def below(code: str) -> Callable[[str], bool]:
    """Whether a code is this one or one of its signs."""
    return lambda other: other == code or other.startswith(f"{code}.")


def titles(scope: Scope, language: str) -> dict[str, str]:
    """Words of criteria and signs, from the packs the institution's instruments come from; own ones have no words there."""
    out: dict[str, str] = {}
    for name in reach.instruments(scope).exclude(pack="").values_list("pack", flat=True).distinct().order_by("pack"):
        try:
            pack = pack_named(name)
        except SapaError:
            continue
        for criterion in pack.criteria:
            out[criterion.id] = pack.text(criterion.title, language)
            out |= {f"{criterion.id}.{sign.id}": pack.text(sign.title, language) for sign in criterion.signs}
    return out


def offered(form: Form, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Criteria and signs that a question may inform, as groups of code and words.

    They are those of the pack the form comes from; of every pack with instruments where it comes from none.
    """
    out = []
    for name in [form.source.pack] if form.source else ready.named():
        try:
            pack = pack_named(name)
        except SapaError:
            continue
        words = {criterion.id: pack.text(criterion.title, language) for criterion in pack.criteria}
        title = pack.meta.title.get(language) or next(iter(pack.meta.title.values()), name)
        groups: dict[str, list[tuple[str, str]]] = {}
        for criterion in pack.criteria:
            signs = [(f"{criterion.id}.{sign.id}", pack.text(sign.title, language)) for sign in criterion.signs]
            above = words.get(criterion.parent or "", title)
            groups.setdefault(words[criterion.id] if signs else above, []).extend([(criterion.id, words[criterion.id]), *signs])
        out += list(groups.items())
    return out


def _points(protocol: Protocol) -> Iterable[Point]:
    for item in questionnaire_of(form_of(protocol.version)).questions:
        given: Any = protocol.answers.get(item.name)
        option = next((option for option in item.options if option.code == given), None)
        answer = "" if option is not None or given is None else ", ".join(given) if isinstance(given, list) else str(given)
        note = protocol.notes.get(item.name, "")
        if option is not None or answer or note:
            yield Point(item, option, answer, note)
