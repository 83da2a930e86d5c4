"""A local regulation as an overlay pack, built from changes that people have chosen in forms: nobody writes YAML.

Each change carries the words of the provision that makes it; they become the overlay's own clauses, which the changed elements
cite beside the clauses of the document they change. What comes out is text, checked like any other pack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from sapa.errors import UserError
from sapa.packs.base import Code, Id, Model, Text
from sapa.packs.check import check_pack
from sapa.packs.findings import errors
from sapa.packs.loader import Pack
from sapa.packs.models_indicator import Direction
from sapa.packs.models_quality import Criterion, MonitoringLine

GONE = "0001"
"""Last period of an element that is taken out: it holds in none."""


class _Change(Model):
    provision: str = Field(min_length=3, description="The words of the regulation that make the change.")


class PutSign(_Change):
    """An indicator of a criterion added, or replaced where the criterion has one of this id."""

    kind: Literal["put-sign"] = "put-sign"
    criterion: Id
    sign: Id
    title: Text
    direction: Direction = "higher"
    key: bool = False
    figures: tuple[Id, ...] = ()
    methods: tuple[Code, ...] = ()


class DropSign(_Change):
    """An indicator taken out of a criterion."""

    kind: Literal["drop-sign"] = "drop-sign"
    criterion: Id
    sign: Id


class PutCriterion(_Change):
    """A criterion added, or renamed where there is one of this id."""

    kind: Literal["put-criterion"] = "put-criterion"
    criterion: Id
    title: Text


class DropCriterion(_Change):
    """A criterion taken out."""

    kind: Literal["drop-criterion"] = "drop-criterion"
    criterion: Id


class SetLevels(_Change):
    """The levels every criterion is rated on, the best first."""

    kind: Literal["set-levels"] = "set-levels"
    levels: tuple[str, ...] = Field(min_length=2, max_length=10)


class PutLine(_Change):
    """A line of the monitoring plan added, or replaced where the plan has one of this id."""

    kind: Literal["put-line"] = "put-line"
    line: Id
    title: Text
    form: Literal["continuous", "periodic"]
    periodicity: Literal["lesson", "week", "month", "quarter", "half-year", "year", "event"]
    level: Code
    responsible: tuple[Code, ...] = Field(min_length=1)
    criteria: tuple[Id, ...] = ()
    products: tuple[Id, ...] = Field(min_length=1)
    methods: tuple[Code, ...] = ()


class DropLine(_Change):
    """A line taken out of the plan."""

    kind: Literal["drop-line"] = "drop-line"
    line: Id


class Words(_Change):
    """A provision that changes nothing that is computed."""

    kind: Literal["words"] = "words"


Change = Annotated[
    PutSign | DropSign | PutCriterion | DropCriterion | SetLevels | PutLine | DropLine | Words, Field(discriminator="kind")
]
_CHANGES: TypeAdapter[tuple[Change, ...]] = TypeAdapter(tuple[Change, ...])


class Cover(Model):
    """What ``pack.yaml`` of the overlay says of itself."""

    id: Id
    version: str
    lang: str
    title: str
    issuer: str
    number: str = ""
    dated: date | None = None


def read_changes(data: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Changes from JSON; raises ``UserError`` that names the first thing wrong."""
    try:
        return _CHANGES.validate_python(list(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"change {where}: {first['msg']}", todo="fill the form in anew") from None


def overlay_files(base: Pack, changes: Sequence[Change], cover: Cover) -> dict[str, str]:
    """The files of the overlay pack, by name. Raises ``UserError`` where a change names what the base does not have."""
    parts = _Parts(base, cover)
    for place, change in enumerate(changes, start=1):
        parts.take(change, f"c{place}")
    meta = {
        "id": cover.id, "version": cover.version, "title": {cover.lang: cover.title}, "kind": "overlay",
        "languages": [cover.lang], "overlays": base.id, **({"country": base.meta.country} if base.meta.country else {}),
        "document": {
            "kind": "own-decision", "title": {cover.lang: cover.title}, "issuer": {cover.lang: cover.issuer},
            "number": cover.number, "language": cover.lang, **({"date": cover.dated.isoformat()} if cover.dated else {}),
        },
    }  # fmt: skip
    return {"pack.yaml": _yaml(meta)} | {f"{name}.yaml": _yaml({name: items}) for name, items in parts.sections().items()}


class _Parts:
    """Elements of the overlay as they come into being: each change works on what the changes before it have left."""

    def __init__(self, base: Pack, cover: Cover) -> None:
        self.base, self.lang = base, cover.lang
        self.clauses: list[dict[str, Any]] = []
        self.criteria: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, dict[str, Any]] = {}
        self.levels: dict[str, Any] | None = None

    def take(self, change: Change, path: str) -> None:
        self.clauses.append({"path": path, "kind": "duty", "text": {self.lang: change.provision}})
        match change:
            case PutSign():
                self._put_sign(change, path)
            case DropSign():
                found = self._criterion(change.criterion, path)
                kept = [sign for sign in found["signs"] if sign["id"] != change.sign]
                if len(kept) == len(found["signs"]):
                    raise UserError(f"criterion '{change.criterion}' has no indicator '{change.sign}'", todo="choose one it has")
                found["signs"] = kept
            case PutCriterion():
                found = self._criterion(change.criterion, path, new={"rank": "criterion", "ours": True, "signs": []})
                found["title"] = {**found.get("title", {}), **change.title}
            case DropCriterion():
                self._criterion(change.criterion, path)["valid_to"] = GONE
            case SetLevels():
                self._set_levels(change, path)
            case PutLine():
                keep = {"criteria", "products", "methods", "responsible", "form", "periodicity", "level", "title"}
                found = self._line(change.line, path, new={"ours": True})
                found.update({name: value for name, value in change.model_dump(mode="json").items() if name in keep})
            case DropLine():
                self._line(change.line, path)["valid_to"] = GONE
            case Words():
                pass

    def _put_sign(self, change: PutSign, path: str) -> None:
        found = self._criterion(change.criterion, path)
        sign = {
            "id": change.sign, "title": dict(change.title), "clause": [path], "direction": change.direction, "key": change.key,
            "figures": list(change.figures), "methods": list(change.methods), "ours": True,
        }  # fmt: skip
        places = [place for place, item in enumerate(found["signs"]) if item["id"] == change.sign]
        if places:
            found["signs"][places[0]] = sign
        else:
            found["signs"].append(sign)

    def _set_levels(self, change: SetLevels, path: str) -> None:
        items = [{"code": str(place), "title": {self.lang: name}} for place, name in enumerate(change.levels, start=1)]
        self.levels = {"id": "local-levels", "clause": [path], "title": {self.lang: change.provision}, "items": items}
        for criterion in [item.id for item in self.base.criteria if item.parent is None and item.holds(None)] + [*self.criteria]:
            if self.criteria.get(criterion, {}).get("valid_to") != GONE:
                self._criterion(criterion, path)["levels"] = "local-levels"

    def _criterion(self, name: str, path: str, new: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._element(self.criteria, self.base.criteria, "criterion", name, path, new)

    def _line(self, name: str, path: str, new: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._element(self.lines, self.base.monitoring, "line of the plan", name, path, new)

    @staticmethod
    def _element(
        mine: dict[str, dict[str, Any]], theirs: Sequence[Criterion | MonitoringLine], what: str, name: str, path: str,
        new: dict[str, Any] | None,
    ) -> dict[str, Any]:  # fmt: skip
        if name not in mine:
            old = next((item for item in theirs if item.id == name), None)
            if old is None and new is None:
                raise UserError(f"there is no {what} '{name}'", todo="choose one that is there, or add it first")
            fresh = {"id": name, "clause": [], **(new or {})}
            mine[name] = fresh if old is None else {**old.model_dump(mode="json", exclude_defaults=True), "overrides": True}
            mine[name].setdefault("signs", []) if what == "criterion" else None
        if path not in mine[name]["clause"]:
            mine[name]["clause"] = [*mine[name]["clause"], path]
        return mine[name]

    def sections(self) -> dict[str, list[dict[str, Any]]]:
        out = {
            "clauses": self.clauses, "criteria": [*self.criteria.values()], "monitoring": [*self.lines.values()],
            "codelists": [self.levels] if self.levels else [],
        }  # fmt: skip
        return {name: items for name, items in out.items() if items}


def _yaml(data: Any) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)


def write_overlay(files: Mapping[str, str], folder: Path) -> Pack:
    """Lay the files out in ``folder`` and read them with every check of a pack; raises ``UserError`` with what is wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    pack, found = check_pack(folder)
    wrong = errors(found)
    if pack is None or wrong:
        shown = "; ".join(item.as_text() for item in wrong[:3])
        raise UserError(f"the regulation does not hold together: {shown}", todo="mend the change that is named")
    return pack


__all__ = [
    "Change", "Cover", "DropCriterion", "DropLine", "DropSign", "PutCriterion", "PutLine", "PutSign", "SetLevels", "Words",
    "overlay_files", "read_changes", "write_overlay",
]  # fmt: skip
