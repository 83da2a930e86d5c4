"""A school with a monitoring programme, made in one line."""

from __future__ import annotations

from datetime import date
from typing import Any

from sapa_web.monitoring.domain import planning
from sapa_web.monitoring.models import PlanLine, Programme, Watch
from tests.web import cast

PACK = "ru-soko"
FIRST, LAST = date(2024, 9, 2), date(2025, 5, 31)


def programme(people: cast.Cast, code: str = cast.SCHOOL, part: str = "year") -> Programme:
    """A draft with the pack's lines."""
    place = cast.organisation(code)
    return planning.start(people.head, place, PACK, "2024", part, FIRST, LAST, "Results in mathematics fell last year.")


def lines(of: Programme) -> list[PlanLine]:
    """Its lines."""
    return list(PlanLine.objects.unscoped("test").filter(programme=of))


def in_force(people: cast.Cast, code: str = cast.SCHOOL) -> Programme:
    """A programme put in force by an order that names everybody responsible."""
    made = programme(people, code)
    for line in lines(made):
        planning.write_line(people.head, line, person=people.teacher)
    return planning.put_in_force(people.head, made, "79", date(2024, 9, 2), "The plan is approved.")


def watch(of: Programme, element: str) -> Watch:
    """The first turn of an object."""
    return Watch.objects.unscoped("test").filter(line__programme=of, line__element=element).order_by("turn")[0]


def refused(call: Any, *args: Any, **kwargs: Any) -> str:
    """What a refusal says; fails where nothing is refused."""
    from sapa.errors import UserError

    try:
        call(*args, **kwargs)
    except UserError as error:
        return str(error)
    raise AssertionError("it was not refused")
