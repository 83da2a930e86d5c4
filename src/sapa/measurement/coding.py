"""Coding of open answers: a book of codes, several coders who work alone, their agreement, and what they settle on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from pydantic import Field, StrictBool

from sapa.errors import UserError
from sapa.measurement.agreement import alpha_interval, cohen_kappa, krippendorff_alpha, percent_agreement
from sapa.measurement.intervals import Interval
from sapa.measurement.questions import Texts
from sapa.packs.base import Model


class Code(Model):
    """A code: what it is called, when it is given and when not."""

    id: str = Field(min_length=1)
    name: Texts
    definition: Texts = Field({}, description="When it is given and when not.")
    example: Texts = Field({}, description="Words that are given it.")
    parent: str = ""
    colour: str = Field("", pattern=r"^(#[0-9A-Fa-f]{6})?$")
    codable: StrictBool = Field(True, description="False for a heading that only orders the codes below it.")


class CodeBook(Model):
    """The codes of a study. A code book is a version: coders work with the same one."""

    title: Texts
    language: str = "en"
    codes: tuple[Code, ...] = Field(min_length=1)

    def say(self, texts: Texts) -> str:
        """The text in the book's language, else in any."""
        return texts.get(self.language) or next(iter(texts.values()), "")

    def check(self) -> None:
        """Raises ``UserError`` for two codes of one id, a parent that is none, or a circle of parents."""
        known = {code.id: code for code in self.codes}
        if len(known) != len(self.codes):
            raise UserError("two codes have the same id", todo="give each code an id of its own")
        for code in self.codes:
            seen, above = {code.id}, code.parent
            while above:
                if above not in known:
                    raise UserError(f"code {code.id} stands under {above}, which is no code", todo="correct the parent")
                if above in seen:
                    raise UserError(f"code {code.id} stands under itself", todo="correct the parents")
                seen.add(above)
                above = known[above].parent


class Unit(Model):
    """What is coded: an open answer or a note of a protocol, whole."""

    id: str
    text: str
    source: str = Field("", description="The question it answers, or the protocol it is from.")


class Assignment(Model):
    """The codes one coder gave a unit; none at all is a judgement too: nothing of the book fits."""

    unit: str
    coder: str
    codes: frozenset[str]


class CodeAgreement(Model):
    """How far coders agree on one code, given or not."""

    code: str
    percent: float | None
    kappa: float | None = Field(None, description="Of two coders; of more the mean of all pairs (Light 1971).")
    alpha: float | None
    interval: Interval | None = Field(None, description="Alpha with its limits (bootstrap over the units).")
    given: dict[str, int] = Field({}, description="How many units each coder gave it.")


class Agreement(Model):
    """Agreement of coders over the units that at least two of them coded."""

    coders: tuple[str, ...]
    units: int
    identical: float | None = Field(None, description="Share of the units that all their coders gave the very same codes.")
    alpha: float | None = Field(None, description="Krippendorff's alpha over all codes: each code of each unit is a yes or no.")
    interval: Interval | None = Field(None, description="It with its limits; all codes of a unit are drawn together.")
    codes: tuple[CodeAgreement, ...] = ()
    disputed: tuple[str, ...] = Field((), description="Units on which coders disagree, to be settled.")


def agreement(book: CodeBook, assignments: Iterable[Assignment]) -> Agreement:
    """How far coders who worked independently agree.

    Raises ``UserError`` for a code that is not in the book and for a coder who coded a unit twice. The mean of pairwise
    kappas: Light (1971), Measures of response agreement for qualitative data, Psychological Bulletin 76, 365-377.
    """
    given = _by_unit(book, assignments)
    double = {unit: of for unit, of in given.items() if len(of) > 1}
    coders = tuple(sorted({coder for of in double.values() for coder in of}))
    per_code: list[CodeAgreement] = []
    every: list[list[bool | None]] = [[] for _ in coders]
    for code in book.codes:
        if not code.codable:
            continue
        said = [[(code.id in of[coder]) if coder in of else None for of in double.values()] for coder in coders]
        for place, values in enumerate(said):
            every[place] += values
        per_code.append(_of_code(code.id, coders, said))
    disputed = tuple(sorted(unit for unit, of in double.items() if len(set(of.values())) > 1))
    return Agreement(
        coders=coders,
        units=len(double),
        identical=1 - len(disputed) / len(double) if double else None,
        alpha=krippendorff_alpha(every) if len(coders) > 1 else None,
        interval=alpha_interval(every, [*range(len(double))] * len(per_code)) if len(coders) > 1 else None,
        codes=tuple(per_code),
        disputed=disputed,
    )


def settled(
    book: CodeBook, assignments: Iterable[Assignment], decisions: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """The codes of each unit in the end: what its coders agree on, and what was decided where they do not.

    Raises ``UserError`` that names a unit still in dispute: nothing is settled by a majority behind the coders' backs.
    """
    given = _by_unit(book, assignments)
    known = {code.id for code in book.codes}
    out: dict[str, frozenset[str]] = {}
    for unit, of in given.items():
        choices = set(of.values())
        if unit in decisions:
            if not decisions[unit] <= known:
                raise UserError(f"the decision on {unit} has a code that is not in the book", todo="choose codes of the book")
            out[unit] = decisions[unit]
        elif len(choices) > 1:
            raise UserError(f"coders disagree on {unit}", todo="let them talk it over and record what they decide")
        else:
            out[unit] = choices.pop()
    return out


def frequencies(book: CodeBook, codes: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """Units with each code, one under a heading counted there as well, once."""
    parents = {code.id: code.parent for code in book.codes}
    out = {code.id: 0 for code in book.codes}
    for of in codes.values():
        found: set[str] = set()
        for code in of:
            while code and code not in found:
                found.add(code)
                code = parents[code]
        for code in found:
            out[code] += 1
    return out


def _by_unit(book: CodeBook, assignments: Iterable[Assignment]) -> dict[str, dict[str, frozenset[str]]]:
    book.check()
    codable = {code.id for code in book.codes if code.codable}
    out: dict[str, dict[str, frozenset[str]]] = {}
    for item in assignments:
        if not item.codes <= codable:
            wrong = ", ".join(sorted(item.codes - codable))
            raise UserError(
                f"{item.coder} gave {item.unit} {wrong}, which the book does not have", todo="choose codes of the book"
            )
        if item.coder in out.setdefault(item.unit, {}):
            raise UserError(f"{item.coder} coded {item.unit} twice", todo="keep one of the two")
        out[item.unit][item.coder] = item.codes
    return out


def _of_code(code: str, coders: Sequence[str], said: Sequence[Sequence[bool | None]]) -> CodeAgreement:
    pairs = list(combinations(said, 2))
    percents = [value for one, other in pairs if (value := percent_agreement(one, other)) is not None]
    kappas = [value for one, other in pairs if (value := cohen_kappa(one, other)) is not None]
    return CodeAgreement(
        code=code,
        percent=sum(percents) / len(percents) if percents else None,
        kappa=sum(kappas) / len(kappas) if kappas else None,
        alpha=krippendorff_alpha(said) if len(said) > 1 else None,
        interval=alpha_interval(said) if len(said) > 1 else None,
        given={coder: sum(bool(value) for value in values) for coder, values in zip(coders, said, strict=True)},
    )
