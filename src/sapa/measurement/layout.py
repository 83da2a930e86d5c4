"""How answers stand in a file: a variable a column, several choices as one yes-or-no variable an option.

From anonymous answers a file of rows takes what could lead to a person: words (they go apart, in the order of letters), dates and
repeats, and a person's groups wherever fewer than the threshold share their combination.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sapa.errors import EngineError
from sapa.measurement.answers import GROUP, NOTHING, UNLISTED, Answers, Coded, Numbers, Several, Words, answers_of
from sapa.measurement.hiding import atoms_of
from sapa.measurement.questions import Option, Question, Questionnaire, Texts
from sapa.measurement.results import Division

Measure = Literal["nominal", "ordinal", "scale"]
Part = Literal["code", "chosen", "place", "number", "words", "group"]


@dataclass(frozen=True)
class Variable:
    """A column of a file."""

    name: str
    part: Part
    label: Texts
    measure: Measure
    options: tuple[Option, ...] = ()
    question: str = ""
    option: int = -1
    """Of several choices: the option it speaks of."""


@dataclass(frozen=True)
class Layout:
    """The columns of a file, and the questions that are not in it."""

    questionnaire: Questionnaire
    variables: tuple[Variable, ...]
    left_out: tuple[Question, ...] = ()

    def schema(self) -> pa.Schema:
        """Names and types: codes and words as text, all else as numbers."""
        texts = ("code", "words", "group")
        return pa.schema([(one.name, pa.string() if one.part in texts else pa.float64()) for one in self.variables])


def layout_of(questionnaire: Questionnaire, groups: Sequence[Option] = (), *, anonymous: bool = True) -> Layout:
    """The columns of a file of answers. ``groups``: the groups respondents were asked in, none where they were not divided."""
    used: set[str] = set()
    out: list[Variable] = []
    left_out: list[Question] = []
    if groups:
        out.append(Variable(_free(GROUP, used), "group", {}, "nominal", tuple(groups)))
    for question in questionnaire.questions:
        if anonymous and question.kind in ("text", "other"):
            left_out.append(question)
        elif question.kind in ("many", "rank"):
            part: Part = "chosen" if question.kind == "many" else "place"
            measure: Measure = "nominal" if part == "chosen" else "ordinal"
            for place, option in enumerate(question.options):
                name = _free(f"{question.name}_{option.code}", used)
                label = _joined(questionnaire, question.label, option)
                out.append(Variable(name, part, label, measure, question=question.name, option=place))
        else:
            out.append(_plain(question, _free(question.name, used)))
    return Layout(questionnaire, tuple(out), tuple(left_out))


def _plain(question: Question, name: str) -> Variable:
    if question.kind in ("one", "scale"):
        measure: Measure = "ordinal" if question.kind == "scale" or question.scored() else "nominal"
        return Variable(name, "code", question.label, measure, question.options, question.name)
    if question.kind == "number":
        return Variable(name, "number", question.label, "scale", question=question.name)
    return Variable(name, "words", question.label, "nominal", question=question.name)


def _joined(questionnaire: Questionnaire, label: Texts, option: Option) -> Texts:
    languages = {*label, *option.label} or {questionnaire.language}
    return {one: f"{questionnaire.say(label, one)}: {questionnaire.say(option.label, one) or option.code}" for one in languages}


def _free(name: str, used: set[str]) -> str:
    """A name every file format takes (SPSS: a letter first, no blanks, 64 bytes, case ignored), and that no other column has."""
    base = re.sub(r"[^A-Za-z0-9_.]", "_", name)
    base = (base if base[:1].isalpha() else f"v{base}").rstrip("._")[:56] or "v"
    if base.upper() in _RESERVED:
        base += "_1"
    out, number = base, 1
    while out.lower() in used:
        number += 1
        out = f"{base}_{number}"
    used.add(out.lower())
    return out


_RESERVED = frozenset("ALL AND BY EQ GE GT LE LT NE NOT OR TO WITH".split())  # noqa: SIM905 (words of SPSS, read as such)


def wide(layout: Layout, batches: Iterable[pa.RecordBatch], expected: int) -> Iterator[pa.RecordBatch]:
    """Answers in the columns of the layout, batch by batch. Raises ``EngineError`` at the end where rows are missing or too many:
    a file that breaks off is seen, one that is short is not."""
    count = 0
    for batch in batches:
        count += batch.num_rows
        yield _wide(layout, answers_of(layout.questionnaire, pa.Table.from_batches([batch])))
    if count != expected:
        raise EngineError(
            f"{count} answers were written instead of {expected}", todo="export again; the answers changed meanwhile"
        )


def _wide(layout: Layout, answers: Answers) -> pa.RecordBatch:
    schema = layout.schema()
    arrays = [_values(layout, variable, answers).cast(schema.field(variable.name).type) for variable in layout.variables]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _values(layout: Layout, variable: Variable, answers: Answers) -> pa.Array:
    if variable.part == "group":
        return answers.table[GROUP].combine_chunks()
    question = layout.questionnaire.question(variable.question)
    if question is None:
        raise EngineError(f"the layout has a column of {variable.question}, which nobody asked", todo="report it")
    column = answers.column(question)
    if isinstance(column, Several):
        return _of_several(column, variable, answers.n)
    if isinstance(column, Numbers):
        return pa.array(column.values, from_pandas=True)
    if isinstance(column, Words):
        return column.values
    return answers.table[question.name].combine_chunks()


def _of_several(column: Several, variable: Variable, n: int) -> pa.Array:
    out = np.full(n, np.nan)
    if variable.part == "chosen":
        out[column.given] = 0.0
    mine = column.codes == variable.option
    out[column.persons[mine]] = column.places[mine] + 1.0 if variable.part == "place" else 1.0
    return pa.array(out, from_pandas=True)


def codes_of(variable: Variable, values: pa.Array) -> NDArray[np.int32]:
    """Place of each value among the variable's options, ``NOTHING`` for none, ``UNLISTED`` for another."""
    place = Question(name="x", kind="one", options=variable.options)
    column = answers_of(Questionnaire(id="x", questions=(place,)), pa.table({"x": values})).column(place)
    assert isinstance(column, Coded)
    return column.codes


def without_small_groups(answers: Answers, divisions: Sequence[Division], threshold: int) -> Answers:
    """The answers with a person's group left out wherever fewer than ``threshold`` persons share all of theirs.

    Divisions are given up one after the other, the one with the most groups first, until every combination that is left has
    enough persons (k-anonymity by local suppression: Sweeney 2002, Int. J. of Uncertainty 10, 557-570).
    """
    codes = [answers.labels(one.id, tuple(group.code for group in one.groups)) for one in divisions]
    kept = [np.ones(answers.n, dtype=bool) for _ in divisions]
    for number in sorted(range(len(divisions)), key=lambda place: (-len(divisions[place].groups), place)):
        kept[number] &= ~_rare(
            [np.where(keep, code, NOTHING) for keep, code in zip(kept, codes, strict=True)], answers.n, threshold
        )
    hidden = [np.where(keep, code, NOTHING) for keep, code in zip(kept, codes, strict=True)]
    while (rare := _rare(hidden, answers.n, threshold)).any():
        atoms, where = atoms_of(hidden, answers.n)
        named = [place for place, row in enumerate(atoms.groups) if (row != NOTHING).any()]
        if not named:
            break
        take = rare | (where == min(named, key=lambda place: int(atoms.sizes[place])))
        hidden = [np.where(take, NOTHING, code) for code in hidden]
    columns = dict(zip(answers.table.column_names, answers.table.columns, strict=True))
    for division, code in zip(divisions, hidden, strict=True):
        if division.id in columns:
            columns[division.id] = pc.if_else(pa.array(code == NOTHING), None, columns[division.id])
    return Answers(answers.n, pa.table(columns), answers.questionnaire)


def _rare(codes: Sequence[NDArray[np.int32]], n: int, threshold: int) -> NDArray[np.bool_]:
    """Persons whose combination of groups fewer than ``threshold`` share."""
    atoms, where = atoms_of(codes, n)
    return np.asarray(atoms.sizes[where] < threshold)


__all__ = ["NOTHING", "UNLISTED", "Layout", "Variable", "codes_of", "layout_of", "wide", "without_small_groups"]
