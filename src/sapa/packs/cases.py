"""Executed examples of dates and freezes: what a case gives goes through the calendar, what comes out is compared.

A case of kind ``date`` gives ``item`` (a calendar item) and ``event`` (the reference day: of the event, or any day of the
period), and may give ``done`` (a day, or a list of days for cycles), ``today`` and ``suspended`` (a list of ``start … end``
spans, or ``{item, as_of, …}`` of a freeze). It expects any of: due, start, earliest_end, times (of a span), warn_on,
late (working days), remaining (working days from today), missing (occurrences).

A case of kind ``freeze`` gives ``item`` and ``as_of``, and may give ``suspend_on``, ``days``, ``announced_on``,
``frozen_on``, ``today`` and ``change`` (``"suspended -> frozen"``). It expects any of: state, problems (codes), notice_by,
suspend_from, suspend_until, resume_on, frozen_from, frozen_until, obstacle (code or null), overdue (code or null).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sapa.calendar import (
    FREEZE_STATES,
    CalendarItem,
    Deadline,
    FreezePlan,
    FreezeWindow,
    TimesInYearsDeadline,
    Window,
    WorkingDays,
    last_day,
)
from sapa.errors import UserError
from sapa.packs.loader import Pack, Placed
from sapa.packs.models_indicator import Case

KINDS = ("date", "freeze")
_DATE_KEYS = {"item", "event", "done", "suspended", "today"}
_FREEZE_KEYS = {"item", "as_of", "suspend_on", "days", "announced_on", "frozen_on", "today", "change"}


@dataclass(frozen=True)
class CaseResult:
    """One executed case: its id, the pack, what it proves, and how the outcome differs from what it expects."""

    case: str
    pack: str
    kind: str
    proves: tuple[str, ...]
    differences: tuple[str, ...]
    file: str = ""
    line: int = 0

    @property
    def passed(self) -> bool:
        return not self.differences

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        place = {"pack": self.pack, "file": self.file, "line": self.line}
        outcome = {"passed": self.passed, "differences": list(self.differences)}
        return {"case": self.case, "kind": self.kind, **place, "proves": list(self.proves), **outcome}

    def as_text(self) -> str:
        """One line when it passed, the differences below it when not."""
        head = f"{'ok    ' if self.passed else 'FAILED'} {self.pack}/{self.file}:{self.line} {self.case}"
        return "\n".join([head, *(f"         {difference}" for difference in self.differences)])


def working_days(pack: Pack, lang: str | None = None) -> WorkingDays:
    """The working days of the pack's country with the overrides of the pack and its imports.

    Raises ``UserError`` where neither the pack nor what it imports belongs to a country.
    """
    country = next((part.meta.country for part in pack.packs() if part.meta.country), "")
    if not country:
        raise UserError(
            f"pack {pack.id} belongs to no country, so it has no working days",
            todo="add 'country' to its pack.yaml, or import a pack that has one",
        )
    days = WorkingDays(country, language=lang or pack.meta.languages[0])
    for overrides in reversed(pack.working_days):  # own overrides last, so that they prevail
        days = days.with_overrides(overrides, lang or pack.meta.languages[0])
    return days


def run_cases(pack: Pack, wd: WorkingDays | None = None) -> list[CaseResult]:
    """Execute the pack's own cases of kind date and freeze. Never raises on what a case says: that is a difference."""
    placed = [item for item in pack.placed if item.section == "cases" and item.element.kind in KINDS]
    if not placed:
        return []
    days = wd or working_days(pack)
    return [_run(item, pack, days) for item in placed]


def _run(item: Placed, pack: Pack, wd: WorkingDays) -> CaseResult:
    case: Case = item.element
    try:
        got = date_outcome(case, pack, wd) if case.kind == "date" else freeze_outcome(case, pack, wd)
        differences = tuple(_compare(case.expect, got))
    except (UserError, ValueError) as error:
        differences = (str(error),)
    line, _ = item.source.position(item.path)
    return CaseResult(case.id, item.pack, case.kind, case.proves, differences, item.source.file, line)


def _compare(expect: Any, got: dict[str, Callable[[], Any]]) -> Iterable[str]:
    if not isinstance(expect, dict) or not expect:
        yield f"expect must be a mapping of at least one of: {', '.join(got)}"
        return
    for key, wanted in expect.items():
        if key not in got:
            yield f"unknown expectation '{key}'; allowed here: {', '.join(got)}"
            continue
        value = _plain(got[key]())
        if value != wanted:
            yield f"{key}: expected {wanted}, got {value}"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def date_outcome(case: Case, pack: Pack, wd: WorkingDays) -> dict[str, Callable[[], Any]]:
    """What a ``date`` case may expect, each computed when asked for."""
    item = _item(case, pack, _DATE_KEYS)
    rule = item.rule
    if isinstance(rule, FreezeWindow):
        raise ValueError(f"'{item.id}' is a freeze: use a case of kind freeze")
    event = _day(case.given, "event", required=True)
    suspended = _suspended(case.given.get("suspended"), pack, wd)
    due = rule.due(event, wd, suspended)
    out: dict[str, Callable[[], Any]] = {
        "due": lambda: last_day(due),
        "warn_on": lambda: rule.warn_on(event, wd, suspended),
        "late": lambda: rule.lateness(due, _day(case.given, "done", required=True), wd, suspended),
        "remaining": lambda: rule.remaining(_day(case.given, "today", required=True), due, wd, suspended),
    }
    if isinstance(due, Window):
        out |= {"start": lambda: due.start, "earliest_end": lambda: due.earliest_end, "times": lambda: due.times}
        out["missing"] = lambda: _missing(rule, case.given, due)
    return out


def _missing(rule: Deadline, given: dict[str, Any], window: Window) -> int:
    done = given.get("done", [])
    days = [_as_day(day, "done") for day in (done if isinstance(done, list) else [done])]
    if isinstance(rule, TimesInYearsDeadline):
        return rule.missing(days, window)
    return max(0, window.times - sum(day in window for day in days))


def freeze_outcome(case: Case, pack: Pack, wd: WorkingDays) -> dict[str, Callable[[], Any]]:
    """What a ``freeze`` case may expect, each computed when asked for."""
    plan = _plan(case.given, _item(case, pack, _FREEZE_KEYS), wd)
    out: dict[str, Callable[[], Any]] = {
        "problems": lambda: [problem.code for problem in plan.problems()],
        "state": lambda: plan.state(_day(case.given, "today", required=True)),
        "obstacle": lambda: _obstacle(plan, case.given),
        "overdue": lambda: _overdue(plan, case.given),
    }
    for name in ("notice_by", "suspend_from", "suspend_until", "resume_on", "frozen_from", "frozen_until"):
        out[name] = lambda name=name: getattr(plan, name)  # type: ignore[misc]
    return out


def _plan(given: dict[str, Any], item: CalendarItem, wd: WorkingDays) -> FreezePlan:
    if not isinstance(item.rule, FreezeWindow):
        raise ValueError(f"'{item.id}' is a deadline in {item.rule.unit}, not a freeze")
    days = given.get("days")
    if days is not None and not isinstance(days, int):
        raise ValueError(f"days must be a whole number (given: {days})")
    dates = {name: _day(given, name) for name in ("suspend_on", "announced_on", "frozen_on")}
    return FreezePlan(item.rule, wd, _day(given, "as_of", required=True), suspension_days=days, **dates)


def _obstacle(plan: FreezePlan, given: dict[str, Any]) -> str | None:
    parts = [part.strip() for part in str(given.get("change", "")).split("->")]
    if len(parts) != 2 or not set(parts) <= set(FREEZE_STATES):
        raise ValueError(f"change must be 'STATE -> STATE' of {', '.join(FREEZE_STATES)} (given: {given.get('change')})")
    problem = plan.obstacle(parts[0], parts[1], _day(given, "today", required=True))  # type: ignore[arg-type]
    return problem.code if problem else None


def _overdue(plan: FreezePlan, given: dict[str, Any]) -> str | None:
    """Judged in the state ``change`` starts from, else in the one the plan foresees."""
    today = _day(given, "today", required=True)
    state = str(given.get("change", "")).split("->")[0].strip() or plan.state(today)
    problem = plan.overdue(state, today)  # type: ignore[arg-type]
    return problem.code if problem else None


def _item(case: Case, pack: Pack, allowed: set[str]) -> CalendarItem:
    unknown = sorted(set(case.given) - allowed)
    if unknown:
        raise ValueError(f"unknown in given: {', '.join(unknown)}; allowed: {', '.join(sorted(allowed))}")
    found: CalendarItem = pack.find("calendar", str(case.given.get("item", "")))
    return found


def _suspended(given: Any, pack: Pack, wd: WorkingDays) -> tuple[Window, ...]:
    if given is None:
        return ()
    if isinstance(given, dict):
        unknown = sorted(set(given) - _FREEZE_KEYS)
        if unknown:
            raise ValueError(f"unknown in suspended: {', '.join(unknown)}; allowed: {', '.join(sorted(_FREEZE_KEYS))}")
        return (_plan(given, pack.find("calendar", str(given.get("item", ""))), wd).suspension,)
    if not isinstance(given, list):
        raise ValueError("suspended must be a list of 'START … END' or the plan of a freeze")
    return tuple(_span(str(part)) for part in given)


def _span(text: str) -> Window:
    start, _, end = text.replace("…", "...").partition("...")
    return Window(start=_as_day(start.strip(), "suspended"), end=_as_day(end.strip(), "suspended"))


def _day(given: dict[str, Any], name: str, *, required: bool = False) -> Any:
    value = given.get(name)
    if value is None and not required:
        return None
    return _as_day(value, name)


def _as_day(value: Any, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{name} must be a date as YYYY-MM-DD (given: {value})") from None


__all__ = ["KINDS", "CaseResult", "date_outcome", "freeze_outcome", "run_cases", "working_days"]
