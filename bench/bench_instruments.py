"""How fast answers to a form of fifty questions are judged on one core, beside a peer that reads the expressions each time.

    python bench/bench_instruments.py [--seconds 3]

The form has scales, choices with "other", numbers with constraints, skip logic, calculations and a repeat. The peer is the same
engine without what compilation keeps: names settled and closures made anew for every answer, as an evaluator does that is handed
the form as text. No network, no database. Seconds are of the processor, so that
others at work on the machine do not enter.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from datetime import datetime
from time import process_time
from typing import Any

from sapa.instruments import Choice, ChoiceList, CompiledForm, Form, FormLanguage, Item, Scale, check_answers, compile_form

NOW = datetime.fromisoformat("2026-03-15T09:30:00")


def questions() -> list[Item]:
    """Fifty questions that answers are given to."""
    made: list[Item] = []
    for at in range(10):
        made += [
            Item(name=f"calm{at}", type="scale", scale=Scale(low=1, high=5), required="true()"),
            Item(name=f"who{at}", type="select-one", choices="people", other=True, required=f"${{calm{at}}} < 4"),
            Item(name=f"what{at}", type="select-many", choices="people", constraint="count-selected(.) <= 2"),
            Item(name=f"age{at}", type="integer", constraint=". >= 0 and . < 120", relevant=f"${{who{at}}} != 'other'"),
            Item(name=f"words{at}", type="text", relevant=f"${{calm{at}}} <= 2 or selected(${{what{at}}}, 'a')"),
        ]
    return made


def form() -> Form:
    """The questions, ten calculations over them, and a repeat."""
    sums = [Item(name=f"sum{at}", type="calculate", calculation=f"${{calm{at}}} + coalesce(${{age{at}}}, 0)") for at in range(10)]
    kids = Item(name="kids", type="repeat", items=(Item(name="kid", type="integer", constraint=". < ${age0}"),))
    lists = (ChoiceList(id="people", choices=tuple(Choice(code=code) for code in "abcdef")),)
    return Form(id="bench", languages=(FormLanguage(code="en"),), items=(*questions(), *sums, kids), lists=lists)


def answers() -> dict[str, Any]:
    """A sound answer to all fifty."""
    given: dict[str, Any] = {"kids": [{"kid": "3"}, {"kid": "5"}]}
    for at in range(10):
        given |= {f"calm{at}": "2", f"who{at}": "b", f"what{at}": ["a", "c"], f"age{at}": "34", f"words{at}": "Спокійно."}
    return given


def rate(work: Callable[[], object], seconds: float) -> float:
    """Calls a second of one core: the median of five turns."""
    found = []
    for _ in range(5):
        begun, done = process_time(), 0
        while process_time() - begun < seconds / 5:
            work()
            done += 1
        found.append(done / (process_time() - begun))
    return statistics.median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    asked, given = form(), answers()
    ready: CompiledForm = compile_form(asked)
    checked = check_answers(ready, given, now=NOW)
    assert checked.sound, checked.findings
    assert len([name for name in given if name != "kids"]) == 50
    ours = rate(lambda: check_answers(ready, given, now=NOW), seconds)
    peer = rate(lambda: check_answers(compile_form(asked), given, now=NOW), seconds)
    print(f"questions answered              {len(given) - 1} and a repeat of {len(given['kids'])}")
    print(f"compiled once                   {ours:10,.0f} answers/s")
    print(f"peer: expressions read each time{peer:10,.0f} answers/s")
    print(f"ratio                           {ours / peer:10.1f}")
    print(f"asked for                       {1000:10,} answers/s → {'reached' if ours >= 1000 else 'MISSED'}")


if __name__ == "__main__":
    main()
