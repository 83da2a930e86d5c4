"""The working list of a return: cells as people type them, changed cell by cell by more than one person.

A change says what the cell held before (``was``). If another person has changed it meanwhile, the change is refused as a conflict
and nothing of the request is applied; changes of different cells come together by themselves. The same request sent twice
(a lost answer) changes nothing the second time, not even the version.

Beside its cells a row holds ``_id`` (names it in changes) and ``_on`` (the day it was last entered or changed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.packs.models_data import DataField
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.packs import dataset_of
from sapa_web.collection.domain.states import OBLIGATION
from sapa_web.collection.models import Draft, DraftChange, Obligation, Remark
from sapa_web.common.clock import now, today
from sapa_web.common.crypto import seal, unseal
from sapa_web.common.domain import ledger

Row = dict[str, str]
ID, ENTERED = "_id", "_on"
SIGNED = "signed"
MOST_ROWS = 50_000
MOST_TEXT = 32_767


@dataclass(frozen=True)
class Part:
    """The part of a working list one person may change: rows whose ``field`` holds one of ``values``, and there ``fields``."""

    field: str
    values: frozenset[str]
    fields: frozenset[str]

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether a row belongs to the part."""
        return str(row.get(self.field, "")) in self.values


@dataclass
class Conflict(Exception):
    """Somebody else has changed these cells: ``{row, field, yours, theirs, by, at}`` each."""

    version: int
    cells: list[dict[str, Any]]
    rows: list[Row] = field(default_factory=list)


def fields_of(obligation: Obligation) -> tuple[DataField, ...]:
    """The fields a person fills: the layout of the period without the unit, which is known."""
    campaign = obligation.campaign
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    return tuple(item for item in dataset.layout(campaign.period) if item.role != "unit")


def rows_of(obligation: Obligation) -> tuple[int, list[Row]]:
    """Version and rows of the working list; version 0 where nothing was entered."""
    draft = Draft.objects.filter(obligation=obligation).first()
    return (draft.version, unseal(draft.content)) if draft else (0, [])


def filled(rows: Sequence[Row]) -> list[Row]:
    """The rows that hold anything: an empty line of the grid is no row of the return."""
    return [row for row in rows if any(value and name[:1] != "_" for name, value in row.items())]


def written_by(user: Any, obligation: Obligation) -> set[str]:
    """The fields in which the person has set cells, as far as the last changes tell."""
    found = DraftChange.objects.filter(draft__obligation=obligation, user=user).order_by("-version")[:200]
    return {str(item["field"]) for change in found for item in unseal(change.content) if item.get("op") == "set"}


@transaction.atomic
def apply(
    user: Any, obligation: Obligation, changes: Sequence[Mapping[str, Any]], *, channel: str = "form", part: Part | None = None
) -> Draft:
    """Apply changes (see the grid protocol) to the working list, all or none. Raises ``Conflict`` or ``UserError``.

    ``part`` limits what may be touched; a change outside of it raises ``UserError``.
    """
    require_open(obligation.campaign)
    draft = _locked(obligation)
    rows: list[Row] = unseal(draft.content) if draft.version else []
    edit = _Edit(rows, {item.id for item in fields_of(obligation)}, part)
    for change in changes:
        edit.one(change)
    if edit.conflicts:
        raise Conflict(draft.version, _told(draft, edit.conflicts), [row for row in edit.rows if row[ID] in edit.touched])
    if edit.made:
        _save(user, draft, edit.rows, edit.made)
        _enter(user, obligation, channel)
    return draft


@transaction.atomic
def replace_all(user: Any, obligation: Obligation, records: Sequence[Mapping[str, Any]], *, channel: str) -> Draft:
    """Put these rows in the place of the whole list (an upload, a transfer, last period's rows)."""
    require_open(obligation.campaign)
    if len(records) > MOST_ROWS:
        text = _("%(count)d rows are more than the %(most)d a return may have") % {"count": len(records), "most": MOST_ROWS}
        raise UserError(text, todo=_("check the file"))
    draft = _locked(obligation)
    known = {item.id for item in fields_of(obligation)}
    begin, day = f"v{draft.version + 1}", today().isoformat()  # ids of rows that are gone are never given to others
    rows = [{ID: f"{begin}-{number}", ENTERED: day, **_clean(record, known)} for number, record in enumerate(records, start=1)]
    _save(user, draft, rows, [{"op": "replace", "rows": len(rows), "channel": channel}])
    _enter(user, obligation, channel)
    return draft


@transaction.atomic
def discard(user: Any, obligation: Obligation) -> None:
    """Throw away what was entered since the last signature: the list is again as it was signed, or empty where nothing was."""
    require_open(obligation.campaign)
    draft = _locked(obligation)
    before, rows = obligation.state, signed_list(obligation)
    if obligation.revision and rows is None:
        raise UserError(
            _("the list as it was signed is not kept here"),
            todo=_("correct the rows in the table, or hand in the file once more"),
        )
    state = OBLIGATION.to("revert" if obligation.revision else "discard", before)
    if obligation.revision and Remark.objects.filter(obligation=obligation, answered_at=None).exists():
        state = OBLIGATION.to("return", state)
    _save(user, draft, rows or [], [{"op": "replace", "rows": len(rows or []), "channel": "discard"}])
    Draft.objects.filter(pk=draft.pk).update(findings=None, checked_version=draft.version)
    obligation.state, obligation.rows = state, len(rows or [])
    obligation.blocks = obligation.explains = obligation.notes = 0
    obligation.changed_at = now()
    obligation.save()
    ledger.append(user, "draft.discarded", obj=obligation, unit=obligation.organisation.code, data={"from": before})


def remember_signed(user: Any, draft: Draft, at: datetime) -> None:
    """Keep the list as it was signed, names included, in the draft's history: the archive knows persons as pseudonyms only."""
    rows: list[Row] = unseal(draft.content)
    Draft.objects.filter(pk=draft.pk).update(version=draft.version + 1, checked_version=draft.version + 1)
    content = seal([{"op": SIGNED, "rows": rows}])
    DraftChange.objects.create(draft=draft, version=draft.version + 1, content=content, user=user, at=at)


def signed_list(obligation: Obligation) -> list[Row] | None:
    """The list as it was last signed in the page; ``None`` where it came another way."""
    if obligation.signed_at is None:
        return None
    found = DraftChange.objects.filter(draft__obligation=obligation, at=obligation.signed_at).order_by("-version")
    for change in found:
        first = unseal(change.content)[:1]
        if first and first[0].get("op") == SIGNED:
            rows: list[Row] = first[0]["rows"]
            return rows
    return None


def _locked(obligation: Obligation) -> Draft:
    draft = Draft.objects.select_for_update().filter(obligation=obligation).first()
    return draft or Draft.objects.create(obligation=obligation, content=b"", changed_at=now())


def _save(user: Any, draft: Draft, rows: list[Row], changes: list[Any]) -> None:
    draft.version += 1
    draft.content = seal(rows)
    draft.changed_by, draft.changed_at = user, now()
    draft.save()
    DraftChange.objects.create(draft=draft, version=draft.version, content=seal(changes), user=user, at=draft.changed_at)


def _enter(user: Any, obligation: Obligation, channel: str) -> None:
    """The return is a draft now; the ledger hears when it begins to be one, not of every key pressed."""
    before = obligation.state
    obligation.state = OBLIGATION.to("enter", before)
    obligation.changed_at = now()
    obligation.save(update_fields=["state", "changed_at"])
    if before in (Obligation.NOT_BEGUN, Obligation.SIGNED, Obligation.RETURNED) or channel != "form":
        ledger.append(
            user, "draft.entered", obj=obligation, unit=obligation.organisation.code,
            data={"channel": channel, "from": before},
        )  # fmt: skip


class _Edit:
    """Changes applied to rows, one after the other; ``made`` are those that changed anything."""

    def __init__(self, rows: list[Row], known: set[str], part: Part | None = None) -> None:
        self.rows, self.known, self.part = rows, known, part
        self.by_id = {row[ID]: row for row in rows}
        self.conflicts: list[dict[str, Any]] = []
        self.touched: set[str] = set()
        self.made: list[Mapping[str, Any]] = []
        self.day = today().isoformat()

    def one(self, change: Mapping[str, Any]) -> None:
        act = {"set": self._set, "add": self._add, "delete": self._delete}.get(str(change.get("op")))
        if act is None:
            raise UserError(_("unknown change '%s'") % str(change.get("op"))[:40], todo=_("send set, add or delete"))
        if act(change):
            self.made.append(change)

    def _set(self, change: Mapping[str, Any]) -> bool:
        name = str(change.get("field"))
        row = self.by_id.get(str(change.get("row"))[:40])
        if name not in self.known:
            raise UserError(_("no field '%s' in this return") % name[:60], todo=_("reload the page"))
        self._permit(row, name)
        value, was = _text(change.get("value")), _text(change.get("was"))
        theirs = row.get(name, "") if row is not None else None
        if theirs == value:
            return False
        if row is None or theirs != was:
            self.conflicts.append({"row": change.get("row"), "field": name, "yours": value, "theirs": theirs})
            self.touched.add(str(change.get("row")))
            return False
        row[name], row[ENTERED] = value, self.day
        return True

    def _add(self, change: Mapping[str, Any]) -> bool:
        name = str(change.get("row"))[:40]
        if name in self.by_id:
            return False  # sent again after a lost answer
        if len(self.rows) >= MOST_ROWS:
            raise UserError(_("a return may have %d rows at most") % MOST_ROWS, todo=_("check what was pasted"))
        row = {ID: name, ENTERED: self.day, **_clean(change.get("values") or {}, self.known)}
        self._permit(row)
        after = self.by_id.get(str(change.get("after")))
        self.rows.insert(self.rows.index(after) + 1 if after is not None else len(self.rows), row)
        self.by_id[name] = row
        return True

    def _delete(self, change: Mapping[str, Any]) -> bool:
        row = self.by_id.get(str(change.get("row"))[:40])
        if row is None:
            return False
        self._permit(row)
        del self.by_id[row[ID]]
        self.rows.remove(row)
        return True

    def _permit(self, row: Row | None, name: str = "") -> None:
        """Raises ``UserError`` where the change lies outside the person's part of the list."""
        if self.part is None or row is None:
            return
        if not self.part.holds(row) or not name or name not in self.part.fields:
            raise UserError(_("this row or field is not yours to change"), todo=_("ask the school's secretary"))


def _clean(values: Mapping[str, Any], known: set[str]) -> Row:
    return {name: _text(value) for name, value in values.items() if name in known and _text(value)}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:MOST_TEXT]


def _told(draft: Draft, conflicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conflicts with who made the other change and when, as far as the history tells."""
    last: dict[tuple[str, str], DraftChange] = {}
    for change in draft.changes.select_related("user").order_by("-version")[:50]:
        for item in unseal(change.content):
            last.setdefault((str(item.get("row")), str(item.get("field"))), change)
    for item in conflicts:
        made = last.get((str(item["row"]), str(item["field"])))
        item["by"] = str(made.user) if made and made.user else ""
        item["at"] = made.at.isoformat() if made else ""
    return conflicts
