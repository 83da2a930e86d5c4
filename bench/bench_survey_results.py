"""A survey of 150,000 answers × 100 questions: its results, its page's content, its exports, beside pandas in the same run.

``PYTHONPATH=src:. python bench/bench_survey_results.py [--rows 150000] [--no-sav]``. Seconds of the clock and of the processor:
on a machine that is shared only the latter can be compared between runs.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sapa.measurement import Answers, Division, Option, Question, Questionnaire, Results, Scale, answers_of, division_of, results
from sapa.measurement.exports import csv_stream, xlsx_stream
from sapa.measurement.layout import layout_of, wide
from sapa.measurement.spss import write_sav

GROUPS = ("parent", "teacher", "learner", "staff")
TARGET_PAGE, TARGET_EXPORT = 2.0, 60.0


def survey(n: int, seed: int = 1) -> tuple[Questionnaire, pa.Table]:
    """70 scale questions in seven scales, 15 choices, 5 of several, 5 numbers, 5 open; 3 % unanswered."""
    rng = np.random.default_rng(seed)
    questions: list[Question] = []
    columns: dict[str, Any] = {"group": _picked(rng, GROUPS, n, share=(0.5, 0.2, 0.29, 0.01))}
    mood = rng.normal(size=n)
    for number in range(70):
        points = np.clip(np.round(3 + mood * 0.6 + rng.normal(size=n) * 0.9), 1, 5).astype(int) - 1
        options = tuple(Option(code=str(point), score=point) for point in range(1, 6))
        questions.append(Question(name=f"s{number}", kind="scale", label={"en": f"Statement {number}"}, options=options))
        columns[f"s{number}"] = pa.array([option.code for option in options]).take(pa.array(points, mask=rng.random(n) < 0.03))
    codes = tuple(f"c{place}" for place in range(8))
    for number in range(15):
        questions.append(Question(name=f"o{number}", kind="one", options=tuple(Option(code=code) for code in codes)))
        columns[f"o{number}"] = _picked(rng, codes, n)
    for number in range(5):
        ends = np.concatenate([[0], np.cumsum(rng.integers(1, 5, n))]).astype(np.int32)
        flat = _picked(rng, codes, int(ends[-1]))
        questions.append(Question(name=f"m{number}", kind="many", options=tuple(Option(code=code) for code in codes)))
        columns[f"m{number}"] = pa.ListArray.from_arrays(ends, flat)
    for number in range(5):
        questions.append(Question(name=f"n{number}", kind="number", whole=True))
        columns[f"n{number}"] = pa.array(np.round(rng.normal(40, 12, n)), mask=rng.random(n) < 0.03)
    for number in range(5):
        questions.append(Question(name=f"t{number}", kind="text"))
        columns[f"t{number}"] = pa.array([f"words {place % 977} of a person" if place % 20 == 0 else None for place in range(n)])
    scales = tuple(Scale(id=f"k{k}", questions=tuple(f"s{i}" for i in range(k * 10, k * 10 + 10))) for k in range(7))
    return Questionnaire(id="big", questions=tuple(questions), scales=scales), pa.table(columns)


def _picked(rng: Any, codes: tuple[str, ...], n: int, share: tuple[float, ...] | None = None) -> pa.Array:
    return pa.array(codes).take(pa.array(rng.choice(len(codes), n, p=share)))


def timed(name: str, work: Callable[[], Any]) -> tuple[Any, float]:
    """Do the work, print its seconds."""
    clock, processor = time.perf_counter(), time.process_time()
    out = work()
    took, busy = time.perf_counter() - clock, time.process_time() - processor
    print(f"{name:58} {took:8.2f} s   processor {busy:7.2f} s", flush=True)
    return out, busy


def by_pandas(frame: Any, asked: Questionnaire) -> dict[str, Any]:
    """The same figures the usual way: value_counts, groupby, crosstab, explode, alpha. No intervals, no protection."""
    out: dict[str, Any] = {}
    for question in asked.questions:
        column = frame[question.name]
        if question.kind in ("one", "scale"):
            out[question.name] = (column.value_counts(), *(pd.crosstab(frame[by], column) for by in ("group", "o0", "o1")))
            if question.kind == "scale":
                numbers = pd.to_numeric(column)
                out[question.name] += tuple(numbers.groupby(frame[by]).agg(["mean", "std"]) for by in ("group", "o0", "o1"))
        elif question.kind == "many":
            flat = frame[["group", "o0", "o1", question.name]].explode(question.name, ignore_index=True)
            crossed = (pd.crosstab(flat[by], flat[question.name]) for by in ("group", "o0", "o1"))
            out[question.name] = (flat[question.name].value_counts(), *crossed)
        elif question.kind == "number":
            out[question.name] = tuple(column.groupby(frame[by]).describe() for by in ("group", "o0", "o1"))
        else:
            out[question.name] = sorted(column.dropna())
    for scale in asked.scales:
        full = frame[list(scale.questions)].apply(pd.to_numeric).dropna()
        k = full.shape[1]
        out[scale.id] = k / (k - 1) * (1 - full.var().sum() / full.sum(axis=1).var())
    return out


def batches(answers: Answers) -> Iterator[pa.RecordBatch]:
    """The table as an export gets it."""
    return iter(answers.table.to_batches(max_chunksize=5000))


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--rows", type=int, default=150_000)
    ask.add_argument("--no-sav", action="store_true")
    ask.add_argument("--no-peer", action="store_true")
    wanted = ask.parse_args()
    asked, table = survey(wanted.rows)
    print(f"{table.num_rows:,} answers × {len(asked.questions)} questions, divided by group and two questions")
    division = Division(id="group", groups=tuple(Option(code=code) for code in GROUPS))
    by = (division, *(division_of(question) for question in asked.questions if question.name in ("o0", "o1")))
    found, ours = timed("results from columns, protected", lambda: results(answers_of(asked, table), by))
    kept, _ = timed("  as JSON, as it is kept", found.model_dump_json)
    again, page = timed("  read again: what the page starts from", lambda: Results.model_validate_json(kept))
    assert again == found
    print(f"  JSON {len(kept) / 1e6:.1f} MB; page target {TARGET_PAGE} s, {'met' if page < TARGET_PAGE else 'MISSED'}")
    if not wanted.no_peer:
        frame = table.to_pandas()
        peer, theirs = timed("the same figures by pandas", lambda: by_pandas(frame, asked))
        alpha = found.scales[0].reliability.alpha.estimate  # type: ignore[union-attr]
        assert abs(alpha - peer["k0"]) < 1e-9
        print(f"  pandas / ours: {theirs / ours:.1f} (processor)")
    exports(asked, table, division, sav=not wanted.no_sav, peer=not wanted.no_peer)


def exports(asked: Questionnaire, table: pa.Table, division: Division, *, sav: bool, peer: bool) -> None:
    """The three files, each counted."""
    answers, n = answers_of(asked, table), table.num_rows
    layout = layout_of(asked, division.groups)

    def csv_file() -> int:
        return sum(len(piece) for piece in csv_stream(layout, wide(layout, batches(answers), n)))

    def xlsx_file() -> int:
        return sum(len(piece) for piece in xlsx_stream(layout, wide(layout, batches(answers), n), n))

    print(f"exports: {n:,} rows × {len(layout.variables)} columns, target {TARGET_EXPORT:.0f} s each")
    size, ours = timed("CSV streamed", csv_file)
    print(f"  {size / 1e6:.0f} MB")
    size, _ = timed("XLSX streamed", xlsx_file)
    print(f"  {size / 1e6:.0f} MB")
    if sav:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "big.sav"
            rows, _ = timed("SAV", lambda: write_sav(layout, wide(layout, batches(answers), n), path))
            print(f"  {path.stat().st_size / 1e6:.0f} MB, {rows:,} rows")
    if peer:
        frame = pa.Table.from_batches(wide(layout, batches(answers), n)).to_pandas()
        _, theirs = timed("CSV by pandas", lambda: frame.to_csv(io.StringIO(), index=False))
        print(f"  pandas / ours: {theirs / ours:.1f} (processor)")


if __name__ == "__main__":
    main()
