"""The tree of institutions in time: what changes, from which day, on what basis, and when we learned it.

Every verb writes versions; nothing is overwritten. A change dated before later ones carries on into them as far as they said the
same as before (a school renamed from May keeps that name when it moves in September); what a later act has set itself, stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.orgs.domain.current import refresh
from sapa_web.orgs.domain.versions import (
    FACTS,
    OPENINGS,
    Actor,
    Facts,
    by_code,
    facts_of,
    made,
    mentioned,
    person,
    put_in_place,
    supersede,
    timeline,
    valid_versions,
    version_on,
)
from sapa_web.orgs.models import Organisation, OrganisationVersion

__all__ = [
    "Entry", "Facts", "change", "close", "correct", "facts_of", "merge", "open_many", "refresh", "reopen", "timeline", "together",
    "valid_versions", "version_on",
]  # fmt: skip


_waiting: ContextVar[set[int] | None] = ContextVar("organisations to be refreshed at the end", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Many verbs in one transaction; what holds today is written once, at the end."""
    with transaction.atomic():
        token = _waiting.set(set())
        try:
            yield
            refresh(only=_waiting.get() or ())
        finally:
            _waiting.reset(token)


def _written(*ids: int) -> None:
    waiting = _waiting.get()
    if waiting is None:
        refresh(only=ids)
    else:
        waiting.update(ids)


@dataclass(frozen=True)
class Entry:
    """An organisation to be opened."""

    code: str
    facts: Facts
    is_institution: bool = True


@transaction.atomic
def open_many(actor: Actor, entries: Sequence[Entry], valid_from: date, *, basis: str = "", event: str = "opened") -> int:
    """Open organisations, parents before children or in any order; returns how many. Raises ``UserError`` on a known code."""
    codes = [entry.code for entry in entries]
    taken = set(Organisation.objects.unscoped("codes are unique").filter(code__in=codes).values_list("code", flat=True))
    if taken or len(set(codes)) < len(codes):
        twice = sorted(taken or {code for code in codes if codes.count(code) > 1})
        raise UserError(
            _("already in the tree: %(codes)s") % {"codes": ", ".join(twice[:5])},
            todo=_("change them instead of opening them again"),
        )
    new = [
        Organisation(
            code=entry.code, is_institution=entry.is_institution, name=entry.facts.name, kind=entry.facts.kind, is_open=False
        )
        for entry in entries
    ]
    Organisation.objects.bulk_create(new, batch_size=500)
    known = by_code(mentioned(entry.facts for entry in entries) | set(codes))
    above = {entry.facts.parent for entry in entries if entry.facts.parent} - set(codes)
    _require_open([known[code] for code in above], valid_from)
    at, by = now(), person(actor)
    versions = [
        made(known[item.code], item.facts, known, valid_from, at, event=event, basis=basis, recorded_by=by) for item in entries
    ]
    OrganisationVersion.objects.bulk_create(versions, batch_size=500)
    single = known[codes[0]] if len(codes) == 1 else None
    ledger.append(
        actor, f"organisation.{event}", obj=single, unit=codes[0] if single else "",
        data={"count": len(entries), "first": codes[:1], "from": valid_from.isoformat(), "basis": basis},
    )  # fmt: skip
    _written(*(known[code].pk for code in codes))
    return len(entries)


@transaction.atomic
def change(
    actor: Actor, organisation: Organisation, valid_from: date, event: str, *, basis: str = "", **changes: Any
) -> OrganisationVersion:
    """From ``valid_from`` on, the organisation has these other facts (``name=``, ``parent=`` a code, ``levels=`` …)."""
    line = timeline(organisation)
    before = _holding(line, valid_from)
    if before is None:
        raise UserError(
            _("%(code)s is not open on %(valid_from)s") % {"code": organisation.code, "valid_from": valid_from},
            todo=_("choose a day on which it is"),
        )
    _check_parent(organisation, changes, valid_from)
    at, old = now(), facts_of(before)
    same_day = before.valid_from == valid_from and before.event in OPENINGS
    new = _with(before, changes, at) | {
        "valid_from": valid_from,
        "event": before.event if same_day else event,
        "basis": "; ".join(filter(None, [before.basis if same_day else "", basis]))[:300],
        "recorded_by": person(actor),
    }
    if before.valid_from < valid_from:
        put_in_place(before, at, valid_to=valid_from, ending="", end_basis="", successor=None)
    made_ = put_in_place(before, at, **new)
    _ripple([item for item in line if item.valid_from > valid_from], old, changes, at)
    ledger.append(
        actor, f"organisation.{event}", obj=organisation, unit=organisation.code,
        data={"from": valid_from.isoformat(), "basis": basis, "changes": sorted(changes)},
    )  # fmt: skip
    _written(organisation.pk)
    return made_


@transaction.atomic
def close(
    actor: Actor, organisation: Organisation, valid_to: date, *, basis: str = "", successor: Organisation | None = None
) -> None:
    """The organisation ends: ``valid_to`` is the first day without it. With a ``successor`` it is merged into that one.

    Changes recorded for days after the end become void (their versions stay in the history). Raises ``UserError`` where it is
    not open the day before, where others still hang on it, or where the successor is not open on that day.
    """
    line = timeline(organisation)
    last = next(
        (item for item in line if item.valid_from < valid_to and (item.valid_to is None or item.valid_to >= valid_to)), None
    )
    if last is None:
        raise UserError(
            _("%(code)s is not open before %(valid_to)s") % {"code": organisation.code, "valid_to": valid_to},
            todo=_("choose a later day"),
        )
    below = _below(organisation, valid_to)
    if below:
        raise _occupied(organisation, below, valid_to)
    if successor is not None:
        if successor.pk == organisation.pk:
            raise UserError(
                _("%(code)s can't be merged into itself") % {"code": organisation.code}, todo=_("choose another organisation")
            )
        _require_open([successor], valid_to)
    at, event = now(), "merged" if successor else "closed"
    void = _run_after(line, last)
    put_in_place(last, at, valid_to=valid_to, ending=event, end_basis=basis, successor=successor, recorded_by=person(actor))
    for item in void:
        supersede(item, at)
    ledger.append(
        actor, f"organisation.{event}", obj=organisation, unit=organisation.code,
        data={"on": valid_to.isoformat(), "basis": basis, "into": successor.code if successor else None, "void": len(void)},
    )  # fmt: skip
    _written(organisation.pk)


@transaction.atomic
def merge(actor: Actor, sources: Sequence[Organisation], into: Organisation, on: date, *, basis: str = "") -> None:
    """Several organisations end on one day, joined to another that goes on."""
    for organisation in sources:
        close(actor, organisation, on, basis=basis, successor=into)


@transaction.atomic
def reopen(actor: Actor, organisation: Organisation, valid_from: date, *, basis: str = "", **changes: Any) -> OrganisationVersion:
    """A closed organisation is open again from ``valid_from`` on, with its last facts but for ``changes``."""
    line = timeline(organisation)
    last = line[-1] if line else None
    if last is None or last.valid_to is None or last.valid_to > valid_from:
        raise UserError(
            _("%(code)s is not closed on %(valid_from)s for good") % {"code": organisation.code, "valid_from": valid_from},
            todo=_("choose a day after it was closed for the last time"),
        )
    facts = replace(facts_of(last), **changes)
    _check_parent(organisation, {"parent": facts.parent}, valid_from)
    known = by_code(mentioned([facts]))
    version = made(
        organisation, facts, known, valid_from, now(), event="reopened", basis=basis, recorded_by=person(actor)
    )  # fmt: skip
    version.save(force_insert=True)
    ledger.append(
        actor, "organisation.reopened", obj=organisation, unit=organisation.code,
        data={"from": valid_from.isoformat(), "basis": basis, "changes": sorted(changes)},
    )  # fmt: skip
    _written(organisation.pk)
    return version


KEEP = object()


@transaction.atomic
def correct(
    actor: Actor,
    version: OrganisationVersion,
    *,
    basis: str,
    valid_from: date | None = None,
    valid_to: Any = KEEP,
    **changes: Any,
) -> OrganisationVersion:
    """What was recorded was wrong: from now on another version stands for the same time; the wrong one stays in the history.

    ``valid_from`` moves the day it began (the version before it ends there); ``valid_to`` the day it was closed, ``None``
    takes a closing back. Later versions that repeat a wrong fact are corrected with it.
    """
    organisation = version.organisation
    line = timeline(organisation)
    place = next((index for index, item in enumerate(line) if item.pk == version.pk), None)
    if place is None:
        raise UserError(
            _("this version was corrected already"), todo=_("reload the page and correct the version that stands now")
        )
    version, at = line[place], now()
    begin = valid_from or version.valid_from
    difference = _span(line, place, begin, valid_to) | {"recorded_by": person(actor)}
    _check_parent(organisation, changes, begin)
    if difference.get("valid_to") and (below := _below(organisation, difference["valid_to"])):
        raise _occupied(organisation, below, difference["valid_to"])
    before = line[place - 1] if place and line[place - 1].valid_to == version.valid_from else None
    if before is not None and begin != version.valid_from:
        put_in_place(before, at, valid_to=begin)
    old = facts_of(version)
    fixed = put_in_place(version, at, **_with(version, changes, at), **difference)
    _ripple(line[place + 1 :], old, changes, at)
    ledger.append(
        actor, "organisation.corrected", obj=organisation, unit=organisation.code,
        data={"from": begin.isoformat(), "was": version.valid_from.isoformat(), "basis": basis, "changes": sorted(changes),
              "end": difference["valid_to"].isoformat() if difference.get("valid_to") else None},
    )  # fmt: skip
    _written(organisation.pk)
    return fixed


def _span(line: list[OrganisationVersion], place: int, begin: date, valid_to: Any) -> dict[str, Any]:
    """The corrected days of a version, checked against its neighbours."""
    version = line[place]
    before = line[place - 1] if place else None
    after = line[place + 1] if place + 1 < len(line) else None
    touching = before is not None and before.valid_to == version.valid_from
    earliest = None if before is None else before.valid_from if touching else before.valid_to
    if earliest is not None and (begin <= earliest if touching else begin < earliest):
        raise UserError(
            _("another version holds on %(begin)s") % {"begin": begin},
            todo=_("choose a day after %(earliest)s, or correct that version first") % {"earliest": earliest},
        )
    out: dict[str, Any] = {"valid_from": begin}
    if valid_to is not KEEP:
        goes_on = after is not None and after.valid_to is not None and after.valid_from == version.valid_to
        if goes_on or (after is not None and (valid_to is None or valid_to > after.valid_from)):
            raise UserError(_("another version follows this one"), todo=_("correct the day the next one begins instead"))
        out["valid_to"] = valid_to
        if valid_to is None:
            out |= {"ending": "", "end_basis": "", "successor": None}
        elif not version.ending:
            out["ending"] = "closed"
    end = out.get("valid_to", version.valid_to)
    if end is not None and end <= begin:
        raise UserError(
            _("it would end (%(end)s) before it begins (%(begin)s)") % {"end": end, "begin": begin}, todo=_("check the days")
        )
    return out


def _with(version: OrganisationVersion, changes: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The columns of a version that ``changes`` concern."""
    if strange := sorted(set(changes) - set(FACTS)):
        raise TypeError(f"no facts of an organisation: {strange}")
    facts = replace(facts_of(version), **changes)
    known = by_code(mentioned([facts]))
    out = made(version.organisation, facts, known, version.valid_from, at)
    return {name: getattr(out, name) for name in changes}


def _ripple(later: Sequence[OrganisationVersion], old: Facts, changes: dict[str, Any], at: datetime) -> None:
    """Carry a change into later versions, fact by fact, until one of them says something else than the old fact."""
    going = dict(_single(old, changes))
    for item in later:
        said = facts_of(item)
        going = {where: value for where, value in going.items() if _said(said, where) == _said(old, where)}
        if not going:
            return
        carried: dict[str, Any] = {}
        for (name, key), value in going.items():
            if key is None:
                carried[name] = value
            else:
                carried.setdefault(name, dict(getattr(said, name)))[key] = value
        put_in_place(item, at, **_with(item, carried, at))


Where = tuple[str, str | None]


def _single(old: Facts, changes: dict[str, Any]) -> Iterator[tuple[Where, Any]]:
    """The changes one by one: of names and attributes only the keys that differ."""
    for name, value in changes.items():
        if isinstance(value, Mapping):
            was = getattr(old, name)
            yield from (((name, key), value.get(key)) for key in {*was, *value} if was.get(key) != value.get(key))
        else:
            yield (name, None), value


def _said(facts: Facts, where: Where) -> Any:
    name, key = where
    return getattr(facts, name) if key is None else getattr(facts, name).get(key)


def _holding(line: Sequence[OrganisationVersion], day: date) -> OrganisationVersion | None:
    return next((item for item in line if item.valid_from <= day and (item.valid_to is None or day < item.valid_to)), None)


def _run_after(line: Sequence[OrganisationVersion], version: OrganisationVersion) -> list[OrganisationVersion]:
    """The versions that follow without a gap; what comes after a gap is another life of the organisation."""
    out, end = [], version.valid_to
    for item in line:
        if end is not None and item.valid_from == end:
            out.append(item)
            end = item.valid_to
    return out


def _below(organisation: Organisation, day: date) -> list[str]:
    """Identifiers of what hangs on the organisation on ``day`` or later."""
    later = models.Q(valid_to=None) | models.Q(valid_to__gt=day)
    found = OrganisationVersion.objects.filter(later, parent=organisation, superseded_at=None)
    return sorted(set(found.values_list("organisation__code", flat=True)))


def _occupied(organisation: Organisation, below: Sequence[str], day: date) -> UserError:
    text = ngettext(
        "%(n)s organisation hangs on %(code)s on %(day)s: %(codes)s",
        "%(n)s organisations hang on %(code)s on %(day)s: %(codes)s",
        len(below),
    )
    names = {"n": len(below), "code": organisation.code, "day": day, "codes": ", ".join(below[:5])}
    return UserError(text % names, todo=_("move or close them first"))


def _require_open(organisations: Sequence[Organisation], day: date) -> None:
    wanted = {item.pk: item.code for item in organisations}
    holding = set(valid_versions(day).filter(organisation_id__in=list(wanted)).values_list("organisation_id", flat=True))
    closed = sorted(code for pk, code in wanted.items() if pk not in holding)
    if closed:
        raise UserError(
            _("%(codes)s is not open on %(day)s") % {"codes": ", ".join(closed[:5]), "day": day},
            todo=_("choose another day or another organisation"),
        )


def _check_parent(organisation: Organisation, changes: dict[str, Any], day: date) -> None:
    code = changes.get("parent")
    if not code:
        return
    parent = by_code([code])[code]
    _require_open([parent], day)
    possible, days = _possible_above(parent.pk, day)
    if organisation.pk not in possible:
        return
    for moment in sorted({day} | {item for item in days if item > day}):
        parents: dict[int, int | None] = dict(
            valid_versions(moment).filter(organisation_id__in=possible).values_list("organisation_id", "parent_id")
        )
        parents[organisation.pk] = None
        above: int | None = parent.pk
        while above is not None:
            if above == organisation.pk:
                raise UserError(
                    _("%(code)s lies below %(code2)s") % {"code": code, "code2": organisation.code},
                    todo=_("choose a parent outside its own subtree"),
                )
            above = parents.get(above)


def _possible_above(node: int, day: date) -> tuple[set[int], set[date]]:
    """Everything that is above a node on ``day`` or at any time after, and the days on which that changes."""
    later = models.Q(valid_to=None) | models.Q(valid_to__gt=day)
    found, days, ask = {node}, set(), {node}
    while ask:
        rows = OrganisationVersion.objects.filter(later, organisation_id__in=ask, superseded_at=None)
        pairs = list(rows.values_list("parent_id", "valid_from"))
        days |= {begin for _, begin in pairs}
        ask = {above for above, _ in pairs if above is not None} - found
        found |= ask
    return found, days
