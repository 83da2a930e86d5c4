"""A register file: read by the pack's layout, compared with the tree of a day, shown, then applied in one transaction.

Institutions come from the rows, the offices above them from the pack's hierarchical list of territories. An institution that
stands where the file can't say (at a regional node though it lies in a district) stays there until its territory changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.archive.manifest import canonical_json
from sapa.datasets import ROW, Limits, read, verify
from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain import tree
from sapa_web.orgs.domain.registers import CLOSED, FOUNDER, LEVEL, SUCCESSOR, TERRITORY, TYPE, Register, register_of
from sapa_web.orgs.domain.tree import Entry, Facts
from sapa_web.orgs.models import Organisation, OrganisationVersion, RegisterImport, User

MOST_SHOWN = 100


@dataclass(frozen=True)
class Step:
    """One thing an import would do: ``act`` is opened, reopened, changed, moved, merged or closed."""

    act: str
    code: str
    name: str
    day: date
    changes: Mapping[str, Any] = field(default_factory=dict)
    told: tuple[tuple[str, str, str], ...] = ()
    """What changes, for people: title, before, after."""
    entry: Entry | None = None
    successor: str | None = None


@dataclass(frozen=True)
class Plan:
    """What would be done, what stands already, and what forbids it (row or identifier, reason)."""

    steps: tuple[Step, ...]
    same: int
    problems: tuple[tuple[str, str], ...]

    @property
    def counts(self) -> dict[str, int]:
        """Steps by act."""
        return dict(Counter(step.act for step in self.steps))

    @property
    def digest(self) -> str:
        """Names this plan: applied is what was shown, or nothing."""
        lines = [[step.act, step.code, step.day.isoformat(), sorted(map(str, step.changes.items()))] for step in self.steps]
        return sha256(canonical_json({"steps": lines})).hexdigest()


def _limits() -> Limits:
    """What one register file may be: some ten thousand institutions with all that is known of them."""
    return Limits(
        file_bytes=settings.SAPA_UPLOAD_LIMIT, unpacked_bytes=4 * settings.SAPA_UPLOAD_LIMIT, tags=20_000_000, cells=5_000_000,
        rows=200_000, columns=1000,
    )  # fmt: skip


def take_in(
    actor: User, pack: str, name: str, content: bytes, *, as_of: date, basis: str, complete: bool = False, lang: str = "en"
) -> RegisterImport:
    """Read an uploaded register file and keep its rows. Raises ``UserError`` where nothing can be read."""
    period = str(as_of.year)
    register = register_of(pack, period)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"register{Path(name).suffix.lower()[:10]}"
        path.write_bytes(content)
        reading = read(path, register.dataset, period, pack=register.pack, limits=_limits())
    found = verify(reading.table, register.dataset, register.pack, period, columns=reading.columns)
    both = reading.findings + found
    blocks = sum(both.counts().get("blocks", {}).values())
    lines = (line for line in both.messages(lang) if line["severity"] == "blocks")
    told = [{"row": line["row"], "field": line["field"], "message": line["message"]} for line in islice(lines, MOST_SHOWN)]
    rows = [{key: _written(value) for key, value in row.items() if key != ROW} for row in reading.table.to_pylist()]
    with transaction.atomic():
        made = RegisterImport.objects.create(
            pack=pack, dataset=register.dataset.id, period=period, as_of=as_of, basis=basis, complete=complete,
            file_name=Path(name).name[:200], digest=sha256(content).hexdigest(), rows=rows, findings=told,
            counts={"rows": len(rows), "blocks": blocks}, uploaded_by=actor, uploaded_at=now(),
        )  # fmt: skip
        ledger.append(actor, "register.uploaded", obj=made, data={"rows": len(rows), "digest": made.digest, "blocks": blocks})
    return made


def plan(taken: RegisterImport, scope: Scope) -> Plan:
    """What the file would change in the tree of its day."""
    return _Planner(taken, scope).plan()


@transaction.atomic
def apply(actor: User, taken: RegisterImport, scope: Scope, shown: str) -> dict[str, int]:
    """Do what was shown, all or nothing; ``shown`` is that plan's digest. Raises ``UserError`` where the tree has changed."""
    taken = RegisterImport.objects.select_for_update().get(pk=taken.pk)
    if taken.applied_at is not None:
        raise UserError(_("this file has been applied already"), todo=_("upload a newer one"))
    found = plan(taken, scope)
    if found.problems or taken.counts.get("blocks"):
        raise UserError(_("the file has faults"), todo=_("mend them and upload it again"))
    if found.digest != shown:
        raise UserError(_("the tree has changed since this was shown"), todo=_("look at the changes again"))
    with tree.together():
        _carry_out(actor, taken, found)
    taken.applied_at = now()
    taken.counts = {**taken.counts, **found.counts, "same": found.same}
    taken.save(update_fields=["applied_at", "counts"])
    ledger.append(
        actor, "register.applied", obj=taken, data={"as_of": taken.as_of.isoformat(), "basis": taken.basis, **found.counts}
    )
    return found.counts


def _carry_out(actor: User, taken: RegisterImport, found: Plan) -> None:
    new = [step.entry for step in found.steps if step.entry is not None]
    if new:
        tree.open_many(actor, new, taken.as_of, basis=taken.basis, event="imported")
    units = _by_code([step.code for step in found.steps] + [step.successor for step in found.steps if step.successor])
    for step in found.steps:
        unit = units[step.code]
        if step.act == "reopened":
            tree.reopen(actor, unit, step.day, basis=taken.basis, **step.changes)
        elif step.act in ("changed", "moved"):
            tree.change(actor, unit, step.day, step.act, basis=taken.basis, **step.changes)
        elif step.act in ("closed", "merged"):
            tree.close(actor, unit, step.day, basis=taken.basis, successor=units.get(step.successor or ""))


class _Planner:
    """Compares the rows with the tree of the day."""

    def __init__(self, taken: RegisterImport, scope: Scope) -> None:
        self.taken, self.day = taken, taken.as_of
        self.register = register_of(taken.pack, taken.period)
        everything = Organisation.objects.unscoped("an identifier is taken, whoever may see it")
        self.known = dict(everything.values_list("code", "is_institution"))
        self.mine = set(Organisation.objects.for_scope(scope).values_list("code", flat=True))
        self.whole = not self.known or Organisation.objects.for_scope(scope).filter(parent=None).exists()
        versions = tree.valid_versions(self.day).select_related("organisation", "parent", "founder")
        self.standing = {item.organisation.code: item for item in versions}
        self.steps: list[Step] = []
        self.problems: list[tuple[str, str]] = []
        self.same = 0
        self.opening: set[str] = set()

    def plan(self) -> Plan:
        """Offices first, then the rows, then what the file does not name."""
        self._offices()
        rows = [_Row(row, self.register) for row in self.taken.rows]
        for row in rows:
            self._row(row)
        if self.taken.complete:
            self._absent({row.code for row in rows})
        return Plan(tuple(self.steps), self.same, tuple(self.problems[:MOST_SHOWN]))

    def _offices(self) -> None:
        for item in self.register.territories(self.day):
            if item.code in self.known:
                continue
            if not (self.whole if item.parent is None else item.parent in self.mine | self.opening):
                continue
            names = dict(item.title)
            name = self.register.pack.text(names, "en")
            entry = Entry(item.code, Facts(name, item.parent, names=names), is_institution=False)
            self.opening.add(item.code)
            self.steps.append(Step("opened", item.code, name, self.day, entry=entry))

    def _row(self, row: _Row) -> None:
        ended = row.closed is not None and row.closed <= self.day
        standing = self.standing.get(row.code)
        if row.code in self.known and row.code not in self.mine:
            self.problems.append((row.code, "outside"))
        elif row.code in self.known and not self.known[row.code]:
            self.problems.append((row.code, "office"))
        elif standing is None and ended:
            self.same += 1
        elif not ended and row.territory not in self.mine | self.opening:
            self.problems.append((row.code, "territory"))
        elif standing is None:
            self._begin(row)
        elif ended:
            self._end(row, standing)
        else:
            self._compare(row, standing)

    def _begin(self, row: _Row) -> None:
        if row.code in self.known:
            changes = {"name": row.name, "parent": row.territory, "kind": row.kind, "levels": row.levels}
            self.steps.append(Step("reopened", row.code, row.name, self.day, {**changes, "attributes": row.attributes}))
            return
        facts = Facts(row.name, row.territory, row.kind, row.levels, attributes=row.attributes, founder=row.founder)
        self.steps.append(Step("opened", row.code, row.name, self.day, entry=Entry(row.code, facts)))

    def _end(self, row: _Row, standing: OrganisationVersion) -> None:
        closed = row.closed or self.day
        day = closed if closed > standing.valid_from else self.day
        into = row.successor if row.successor in self.standing and row.successor != row.code else None
        told = (("", "", into),) if into else ()
        self.steps.append(Step("merged" if into else "closed", row.code, standing.name, day, told=told, successor=into))

    def _compare(self, row: _Row, standing: OrganisationVersion) -> None:
        was = tree.facts_of(standing)
        merged = {**was.attributes, **row.attributes}
        asked: dict[str, Any] = {"name": row.name, "kind": row.kind, "levels": row.levels, "attributes": merged}
        territory = self.register.field_of(TERRITORY)
        if territory is not None and was.attributes.get(territory.id) not in (None, row.territory):
            asked["parent"] = row.territory
        if row.founder:
            asked["founder"] = row.founder
        changes = {name: value for name, value in asked.items() if value != getattr(was, name)}
        if not changes:
            self.same += 1
            return
        act = "moved" if "parent" in changes else "changed"
        self.steps.append(Step(act, row.code, row.name, self.day, changes, tuple(_told(was, changes))))

    def _absent(self, there: set[str]) -> None:
        for code, standing in self.standing.items():
            if self.known[code] and code in self.mine and code not in there:
                self.steps.append(Step("closed", code, standing.name, self.day))


class _Row:
    """One unit as the file has it."""

    def __init__(self, row: Mapping[str, str], register: Register) -> None:
        def of(concept: str) -> str:
            item = register.field_of(concept)
            return (row.get(item.id) or "") if item else ""

        self.code = row.get(register.dataset.unit) or ""
        self.name = (row.get(register.dataset.unit_title or "") or self.code)[:300]
        self.kind, self.territory = of(TYPE), of(TERRITORY)
        level = of(LEVEL)
        self.levels = (register.topmost(LEVEL, level),) if level else ()
        self.founder = of(FOUNDER) or None
        self.successor = of(SUCCESSOR) or None
        self.closed = date.fromisoformat(of(CLOSED)) if of(CLOSED) else None
        self.attributes = {item.id: row[item.id] for item in register.fields if row.get(item.id)}


def _told(was: Facts, changes: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    out = []
    for name, value in changes.items():
        before = getattr(was, name)
        if isinstance(value, Mapping):
            out += [(key, str(before.get(key) or "–"), str(value[key] or "–")) for key in value if before.get(key) != value[key]]
        else:
            out.append((name, _line(before), _line(value)))
    return out


def _line(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple | list) else str(value or "–")


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _by_code(codes: Sequence[str]) -> dict[str, Organisation]:
    out: dict[str, Organisation] = {}
    for start in range(0, len(codes), 500):
        part = Organisation.objects.unscoped("named in the plan").filter(code__in=codes[start : start + 500])
        out |= {item.code: item for item in part}
    return out
