"""Answers of a survey in columns, ready to be counted: an Arrow table or rows as they were cleaned, against what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sapa.errors import UserError
from sapa.measurement.questions import Question, Questionnaire

NOTHING, UNLISTED = -1, -2
"""Codes of a person who did not answer, and of an answer that is none of the options."""
GROUP = "group"
"""The column of a table that says which group of respondents a person was asked in."""
BATCH = 5000


@dataclass(frozen=True)
class Coded:
    """One choice a person: its place among the options, or ``NOTHING`` or ``UNLISTED``."""

    codes: NDArray[np.int32]

    def answered(self) -> NDArray[np.bool_]:
        return np.asarray(self.codes != NOTHING)


@dataclass(frozen=True)
class Several:
    """Several choices a person, in order: flat codes, and whose each is."""

    persons: NDArray[np.int64]
    codes: NDArray[np.int32]
    places: NDArray[np.int32]
    """Place of the choice in the person's list, from 0: of a ranking, the rank."""
    given: NDArray[np.bool_]

    def answered(self) -> NDArray[np.bool_]:
        return self.given


@dataclass(frozen=True)
class Numbers:
    """A number a person, NaN where there is none."""

    values: NDArray[np.float64]

    def answered(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.values)


@dataclass(frozen=True)
class Words:
    """What a person wrote, null where nothing."""

    values: pa.Array

    def answered(self) -> NDArray[np.bool_]:
        return np.asarray(pc.fill_null(pc.greater(pc.utf8_length(self.values), 0), False))


Column = Coded | Several | Numbers | Words


@dataclass(frozen=True)
class Answers:
    """Answers of ``n`` persons, a column for each question and for each grouping variable that is no question."""

    n: int
    table: pa.Table
    questionnaire: Questionnaire
    _columns: dict[str, Column] = field(default_factory=dict)

    def column(self, question: Question) -> Column:
        """The answers to a question in the form its kind is counted in."""
        if question.name not in self._columns:
            self._columns[question.name] = _column(question, self.table[question.name].combine_chunks())
        return self._columns[question.name]

    def labels(self, name: str, codes: tuple[str, ...]) -> NDArray[np.int32]:
        """A grouping variable: place of each person's group among ``codes``, ``NOTHING`` for none and for others."""
        if name not in self.table.column_names:
            return np.full(self.n, NOTHING, dtype=np.int32)
        found = _index(pc.cast(self.table[name].combine_chunks(), pa.string()), codes)
        return np.where(found == UNLISTED, NOTHING, found).astype(np.int32)


def answers_of(questionnaire: Questionnaire, table: pa.Table) -> Answers:
    """Answers from an Arrow table: a row a person, a column a question under its name; questions nobody was asked may be missing.

    One choice: its code as text (of a scale also a number); several: a list of codes; numbers; texts. Raises ``UserError`` for a
    column of another type.
    """
    columns = dict(zip(table.column_names, table.columns, strict=True))
    for question in questionnaire.questions:
        wanted = arrow_type(question)
        column = columns.get(question.name)
        if column is None:
            columns[question.name] = pa.chunked_array([pa.nulls(table.num_rows, wanted)])
        elif column.type != wanted:
            try:
                columns[question.name] = pc.cast(column, wanted)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise UserError(
                    f"answers to {question.name} are {column.type}, not {wanted}",
                    todo="give answers as the form's checks clean them",
                ) from error
    return Answers(table.num_rows, pa.table(columns), questionnaire)


def table_of(questionnaire: Questionnaire, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> pa.Table:
    """An Arrow table from cleaned answers, each with the group it belongs to; read once, a batch at a time."""
    return pa.Table.from_batches(list(batches_of(questionnaire, rows)), schema_of(questionnaire))


def batches_of(questionnaire: Questionnaire, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[pa.RecordBatch]:
    """The same in batches of ``BATCH`` persons, for whoever streams."""
    schema = schema_of(questionnaire)
    waiting: list[tuple[str, Mapping[str, Any]]] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == BATCH:
            yield _batch(questionnaire, waiting, schema)
            waiting = []
    if waiting:
        yield _batch(questionnaire, waiting, schema)


def schema_of(questionnaire: Questionnaire) -> pa.Schema:
    """Columns and types of the table of a questionnaire's answers: the group first, then each question."""
    return pa.schema([(GROUP, pa.string()), *((question.name, arrow_type(question)) for question in questionnaire.questions)])


def arrow_type(question: Question) -> pa.DataType:
    """How a question's answers stand in a table."""
    if question.kind in ("many", "rank"):
        return pa.list_(pa.string())
    return pa.float64() if question.kind == "number" else pa.string()


def _batch(questionnaire: Questionnaire, rows: list[tuple[str, Mapping[str, Any]]], schema: pa.Schema) -> pa.RecordBatch:
    contents = [content for _, content in rows]
    arrays = [pa.array([group for group, _ in rows], pa.string())]
    for question in questionnaire.questions:
        given = [content.get(question.name) for content in contents]
        kind = arrow_type(question)
        if kind == pa.string():
            given = [value if value is None or isinstance(value, str) else _written(value) for value in given]
        arrays.append(pa.array(given, kind))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _written(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _column(question: Question, values: pa.Array) -> Column:
    codes = tuple(option.code for option in question.options)
    if question.kind in ("one", "scale"):
        return Coded(_index(values, codes))
    if question.kind in ("many", "rank"):
        flat = pc.list_flatten(values)
        persons = np.asarray(pc.list_parent_indices(values), dtype=np.int64)
        starts = np.searchsorted(persons, persons, side="left")
        given = np.asarray(pc.fill_null(pc.greater(pc.list_value_length(values), 0), False))
        return Several(persons, _index(flat, codes), (np.arange(len(persons)) - starts).astype(np.int32), given)
    if question.kind == "number":
        return Numbers(np.asarray(pc.fill_null(values, float("nan")), dtype=np.float64))
    return Words(values)


def _index(values: pa.Array, codes: tuple[str, ...]) -> NDArray[np.int32]:
    """Place of each value among the codes."""
    found = pc.index_in(values, value_set=pa.array(codes, pa.string()), skip_nulls=True)
    out = np.asarray(pc.fill_null(found, UNLISTED), dtype=np.int32)
    absent = np.asarray(pc.or_kleene(pc.is_null(values), pc.equal(values, "")).fill_null(True))
    return np.where(absent, NOTHING, out).astype(np.int32)
