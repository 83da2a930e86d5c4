"""The working list of a return: cells as people type them, changed cell by cell by more than one person.

A change says what the cell held before (``was``). If another person has changed it meanwhile, the change is refused as a conflict
and nothing of the request is applied; changes of different cells come together by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from sapa.errors import UserError
from sapa.packs.models_data import DataField
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.packs import dataset_of
from sapa_web.collection.domain.states import OBLIGATION
from sapa_web.collection.models import Draft, DraftChange, Obligation
from sapa_web.common.clock import now
from sapa_web.common.crypto import seal, unseal
from sapa_web.common.domain import ledger

Row = dict[str, str]
ID = "_id"
MOST_ROWS = 50_000
MOST_TEXT = 32_767


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


@transaction.atomic
def apply(user: Any, obligation: Obligation, changes: Sequence[Mapping[str, Any]], *, channel: str = "form") -> Draft:
    """Apply changes (see the grid protocol) to the working list, all or none. Raises ``Conflict`` or ``UserError``."""
    require_open(obligation.campaign)
    draft = _locked(obligation)
    rows: list[Row] = unseal(draft.content) if draft.version else []
    edit = _Edit(rows, {item.id for item in fields_of(obligation)})
    for change in changes:
        edit.one(change)
    if edit.conflicts:
        raise Conflict(draft.version, _told(draft, edit.conflicts), [row for row in edit.rows if row[ID] in edit.touched])
    _save(user, draft, edit.rows, list(changes))
    _enter(user, obligation, channel)
    return draft


@transaction.atomic
def replace_all(user: Any, obligation: Obligation, records: Sequence[Mapping[str, Any]], *, channel: str) -> Draft:
    """Put these rows in the place of the whole list (an upload, a transfer, last period's rows)."""
    require_open(obligation.campaign)
    if len(records) > MOST_ROWS:
        raise UserError(f"{len(records)} rows are more than the {MOST_ROWS} a return may have", todo="check the file")
    draft = _locked(obligation)
    known = {item.id for item in fields_of(obligation)}
    rows = [{ID: f"r{number}", **_clean(record, known)} for number, record in enumerate(records, start=1)]
    _save(user, draft, rows, [{"op": "replace", "rows": len(rows), "channel": channel}])
    _enter(user, obligation, channel)
    return draft


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
    """Changes applied to rows, one after the other."""

    def __init__(self, rows: list[Row], known: set[str]) -> None:
        self.rows, self.known = rows, known
        self.by_id = {row[ID]: row for row in rows}
        self.conflicts: list[dict[str, Any]] = []
        self.touched: set[str] = set()

    def one(self, change: Mapping[str, Any]) -> None:
        act = {"set": self._set, "add": self._add, "delete": self._delete}.get(str(change.get("op")))
        if act is None:
            raise UserError(f"unknown change '{change.get('op')}'", todo="send set, add or delete")
        act(change)

    def _set(self, change: Mapping[str, Any]) -> None:
        row, name = self.by_id.get(str(change.get("row"))), str(change.get("field"))
        if name not in self.known:
            raise UserError(f"no field '{name}' in this return", todo="reload the page")
        value, was = _text(change.get("value")), _text(change.get("was"))
        theirs = row.get(name, "") if row is not None else None
        if row is None or (theirs != was and theirs != value):
            self.conflicts.append({"row": change.get("row"), "field": name, "yours": value, "theirs": theirs})
            self.touched.add(str(change.get("row")))
            return
        row[name] = value

    def _add(self, change: Mapping[str, Any]) -> None:
        name = str(change.get("row"))
        if name in self.by_id:
            return  # sent again after a lost answer
        if len(self.rows) >= MOST_ROWS:
            raise UserError(f"a return may have {MOST_ROWS} rows at most", todo="check what was pasted")
        row = {ID: name[:40], **_clean(change.get("values") or {}, self.known)}
        after = self.by_id.get(str(change.get("after")))
        self.rows.insert(self.rows.index(after) + 1 if after is not None else len(self.rows), row)
        self.by_id[row[ID]] = row

    def _delete(self, change: Mapping[str, Any]) -> None:
        row = self.by_id.pop(str(change.get("row")), None)
        if row is not None:
            self.rows.remove(row)


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
