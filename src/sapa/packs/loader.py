"""From a folder of YAML files to one frozen pack, with what it imports and overlays."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, StrictBool, TypeAdapter, ValidationError

from sapa.calendar import CalendarItem, DayOverrides
from sapa.errors import UserError
from sapa.packs.base import Model
from sapa.packs.findings import Finding, errors
from sapa.packs.models_data import Dataset
from sapa.packs.models_disclosure import Disclosure
from sapa.packs.models_indicator import Case, Indicator, Theme
from sapa.packs.models_law import (
    Clause,
    CodeList,
    Concept,
    Duty,
    EvidenceSource,
    External,
    LeftOut,
    PackMeta,
    Reading,
    Regime,
)
from sapa.packs.models_quality import Criterion, Instrument, MonitoringLine, Policy, Procedure, Product
from sapa.packs.models_report import Report, Target
from sapa.packs.source import MAX_BYTES, Source, read_yaml
from sapa.packs.validation import explain


class CalendarEntry(CalendarItem):
    """A calendar item of a pack, with how the pack reads what the clause leaves open."""

    readings: tuple[Reading, ...] = ()
    overrides: StrictBool = False


class Sections(Model):
    """What the YAML files of a pack may hold, merged over all its files: the lists below, and nothing else."""

    clauses: tuple[Clause, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    codelists: tuple[CodeList, ...] = ()
    concepts: tuple[Concept, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    themes: tuple[Theme, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    reports: tuple[Report, ...] = ()
    targets: tuple[Target, ...] = ()
    cases: tuple[Case, ...] = ()
    calendar: tuple[CalendarEntry, ...] = ()
    working_days: tuple[DayOverrides, ...] = ()
    regimes: tuple[Regime, ...] = ()
    duties: tuple[Duty, ...] = ()
    sources: tuple[EvidenceSource, ...] = ()
    externals: tuple[External, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    products: tuple[Product, ...] = ()
    monitoring: tuple[MonitoringLine, ...] = ()
    policies: tuple[Policy, ...] = ()
    disclosure: tuple[Disclosure, ...] = ()


ELEMENT_SECTIONS = (
    "codelists",
    "concepts",
    "datasets",
    "themes",
    "indicators",
    "reports",
    "targets",
    "calendar",
    "regimes",
    "duties",
    "sources",
    "externals",
    "criteria",
    "procedures",
    "instruments",
    "products",
    "monitoring",
    "policies",
    "disclosure",
)
"""Sections whose members have an id, a clause and titles, and can be shown, overridden and covered."""

KINDS = {
    "codelists": "codelist",
    "concepts": "concept",
    "datasets": "dataset",
    "themes": "theme",
    "indicators": "indicator",
    "reports": "report",
    "targets": "target",
    "calendar": "deadline",
    "regimes": "regime",
    "duties": "duty",
    "sources": "source",
    "externals": "external",
    "criteria": "criterion",
    "procedures": "procedure",
    "instruments": "instrument",
    "products": "product",
    "monitoring": "monitoring-line",
    "policies": "policy",
    "disclosure": "disclosure",
    "clauses": "clause",
    "cases": "case",
}
"""What an element of a section is called: ``deadline:ID``, ``duty:ID`` …"""


def called(section: str) -> str:
    """What one element of a section is called in a message."""
    return "calendar item" if section == "calendar" else KINDS.get(section, section)


_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(info.annotation.__args__[0])  # type: ignore[union-attr]
    for name, info in Sections.model_fields.items()
}


@dataclass(frozen=True)
class Placed:
    """An element and where it stands: pack, section, source file and path inside it."""

    pack: str
    section: str
    element: Any
    source: Source
    path: tuple[str | int, ...]


@dataclass
class RawPack:
    """One folder read and validated on its own, before imports: what stands where, and what is wrong."""

    folder: Path
    meta: PackMeta | None = None
    sources: list[Source] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    digest: str = ""

    def section(self, name: str) -> list[Placed]:
        """Elements of one section, in file order."""
        return [item for item in self.placed if item.section == name]


@dataclass(frozen=True)
class Pack:
    """A pack ready for use: its own elements and those of the packs it imports, clause references made absolute."""

    meta: PackMeta
    digest: str
    folder: Path
    placed: tuple[Placed, ...]
    imports: tuple[Pack, ...] = ()
    source: Source | None = None

    def position(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Line and column of a key of ``pack.yaml``."""
        return self.source.position(path) if self.source else (0, 0)

    @property
    def id(self) -> str:
        return self.meta.id

    @property
    def version(self) -> str:
        return self.meta.version

    @cached_property
    def clauses(self) -> dict[str, Clause]:
        """Every clause in reach, by ``pack:path``."""
        out: dict[str, Clause] = {}
        for pack in self.imports:
            out.update(pack.clauses)
        out.update({f"{item.pack}:{item.element.path}": item.element for item in self.placed if item.section == "clauses"})
        return out

    @cached_property
    def _own(self) -> dict[str, list[Placed]]:
        out: dict[str, list[Placed]] = {}
        for item in self.placed:
            out.setdefault(item.section, []).append(item)
        return out

    def elements(self, section: str) -> list[Placed]:
        """Elements of a section: own ones first, then imported ones that no own element of the same id replaces."""
        own = list(self._own.get(section, ()))
        taken = {getattr(item.element, "id", None) for item in own}
        for pack in self.imports:
            fresh = [item for item in pack.elements(section) if getattr(item.element, "id", None) not in taken]
            own.extend(fresh)
            taken.update(getattr(item.element, "id", None) for item in fresh)
        return own

    def find(self, section: str, element_id: str, period: str | None = None) -> Any:
        """The version of an element that holds in ``period`` (default: the newest); raises ``UserError``."""
        versions = [item.element for item in self.elements(section) if item.element.id == element_id]
        matching = [item for item in versions if period is None or not hasattr(item, "holds") or item.holds(period)]
        if matching:
            return max(matching, key=lambda item: getattr(item, "valid_from", None) or "")
        known = ", ".join(sorted({item.element.id for item in self.elements(section)})[:30])
        when = f" in {period}" if versions else ""
        raise UserError(
            f"pack {self.id} has no {called(section)} '{element_id}'{when}", todo=f"use one of: {known or 'none defined'}"
        )

    def dataset(self, element_id: str, period: str | None = None) -> Dataset:
        found: Dataset = self.find("datasets", element_id, period)
        return found

    def indicator(self, element_id: str, period: str | None = None) -> Any:
        return self.find("indicators", element_id, period)

    def codelist(self, element_id: str, period: str | None = None) -> CodeList:
        found: CodeList = self.find("codelists", element_id, period)
        return found

    def _all(self, section: str) -> tuple[Any, ...]:
        return tuple(item.element for item in self.elements(section))

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        return self._all("datasets")

    @property
    def indicators(self) -> tuple[Any, ...]:
        return self._all("indicators")

    @property
    def codelists(self) -> tuple[CodeList, ...]:
        return self._all("codelists")

    @property
    def concepts(self) -> tuple[Concept, ...]:
        return self._all("concepts")

    @property
    def themes(self) -> tuple[Theme, ...]:
        return self._all("themes")

    @property
    def reports(self) -> tuple[Report, ...]:
        return self._all("reports")

    @property
    def targets(self) -> tuple[Target, ...]:
        return self._all("targets")

    @property
    def calendar(self) -> tuple[CalendarEntry, ...]:
        return self._all("calendar")

    @property
    def working_days(self) -> tuple[DayOverrides, ...]:
        return self._all("working_days")

    @property
    def regimes(self) -> tuple[Regime, ...]:
        return self._all("regimes")

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        return self._all("criteria")

    @property
    def procedures(self) -> tuple[Procedure, ...]:
        return self._all("procedures")

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        return self._all("instruments")

    @property
    def products(self) -> tuple[Product, ...]:
        return self._all("products")

    @property
    def monitoring(self) -> tuple[MonitoringLine, ...]:
        return self._all("monitoring")

    @property
    def policies(self) -> tuple[Policy, ...]:
        return self._all("policies")

    @property
    def disclosure(self) -> tuple[Disclosure, ...]:
        return self._all("disclosure")

    @property
    def cases(self) -> tuple[Case, ...]:
        """Own cases only: an imported pack runs its own."""
        return tuple(item.element for item in self._own.get("cases", ()))

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        return tuple(item.element for item in self._own.get("left_out", ()))

    def clause(self, reference: str) -> Clause:
        """The clause at ``pack:path`` (or a path of this pack); raises ``UserError``."""
        full = reference if ":" in reference else f"{self.id}:{reference}"
        if full not in self.clauses:
            raise UserError(f"no clause {full}", todo="see `sapa packs show " + self.id + "` for the clauses of the pack")
        return self.clauses[full]

    def text(self, texts: dict[str, str], lang: str) -> str:
        """The text in ``lang``, else in English, else in the first language it has."""
        return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")

    def packs(self) -> list[Pack]:
        """This pack and every pack in its reach, each once, itself first."""
        out, seen = [self], {self.id}
        for imported in self.imports:
            for pack in imported.packs():
                if pack.id not in seen:
                    seen.add(pack.id)
                    out.append(pack)
        return out


def search_path() -> list[Path]:
    """Folders that hold packs: ``SAPA_PACKS`` (separated like PATH), the checkout's ``packs``, those in the wheel."""
    named = [Path(part) for part in os.environ.get("SAPA_PACKS", "").split(os.pathsep) if part]
    here = Path(__file__).resolve()
    return [folder for folder in (*named, here.parents[3] / "packs", here.parents[1] / "_packs") if folder.is_dir()]


def locate(name: str, search: list[Path] | None = None) -> Path:
    """The folder of a pack given by id or by path; raises ``UserError``."""
    direct = Path(name)
    if (direct / "pack.yaml").is_file():
        return direct
    folders = search if search is not None else search_path()
    for folder in folders:
        if "/" not in name and (folder / name / "pack.yaml").is_file():
            return folder / name
    known = sorted({path.parent.name for folder in folders for path in folder.glob("*/pack.yaml")})
    raise UserError(f"no pack '{name}'", todo=f"give a folder with a pack.yaml or one of: {', '.join(known) or '(none found)'}")


def read_raw(folder: Path) -> RawPack:
    """Read every YAML file of a folder and validate each element by itself; what is wrong is in ``findings``."""
    raw = RawPack(folder)
    hashed = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*.yaml") if path.is_file()):
        relative = path.relative_to(folder).as_posix()
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)  # what is larger is refused, and need not be held
        hashed.update(f"{relative}\0{len(content)}\0".encode() + content)
        source = read_yaml(content, relative)
        raw.sources.append(source)
        if relative == "pack.yaml":
            _read_meta(raw, source)
        elif isinstance(source.data, dict):
            _read_sections(raw, source)
        elif source.data is not None:
            source.report(
                "not-a-mapping", "the file holds no section", allowed=_section_names(), todo="start with a section name"
            )
    for path in sorted(folder.rglob("*.yml")):
        text = f"{path.name} is not read: files of a pack end in .yaml"
        raw.findings.append(Finding(path.relative_to(folder).as_posix(), 0, 0, "not-read", text, todo="rename it to .yaml"))
    raw.digest = hashed.hexdigest()
    if raw.meta is None and not any(source.file == "pack.yaml" for source in raw.sources):
        raw.findings.append(Finding("pack.yaml", 0, 0, "no-pack-yaml", "the folder has no pack.yaml", todo="write one"))
    pack_id = raw.meta.id if raw.meta else folder.name
    raw.placed = [Placed(pack_id, item.section, _absolute(item.element, pack_id), item.source, item.path) for item in raw.placed]
    raw.findings += [finding for source in raw.sources for finding in source.findings]
    return raw


def _section_names() -> str:
    return ", ".join(Sections.model_fields)


def _read_meta(raw: RawPack, source: Source) -> None:
    try:
        raw.meta = PackMeta.model_validate(source.data if source.data is not None else {})
    except ValidationError as error:
        explain(error, source, (), PackMeta)


def _read_sections(raw: RawPack, source: Source) -> None:
    for name, items in source.data.items():
        if name not in Sections.model_fields:
            source.report(
                "unknown-key", f"unknown section '{name}'", (name,), allowed=_section_names(), todo="rename or remove it"
            )
            continue
        if not isinstance(items, list):
            source.report("not-a-list", f"'{name}' must be a list", (name,), todo="begin each element with a dash")
            continue
        for index, item in enumerate(items):
            try:
                element = _ADAPTERS[name].validate_python(item)
            except ValidationError as error:
                explain(error, source, (name, index), _ADAPTERS[name])
                continue
            raw.placed.append(Placed("", name, element, source, (name, index)))


def _absolute(element: Any, pack_id: str) -> Any:
    """Clause references of an element, and of what is inside it, made absolute: ``p9`` → ``pack:p9``.

    The acts that declare single days working or off are named by number and date: they are no clauses of a pack.
    """
    if isinstance(element, DayOverrides):
        return element
    if isinstance(element, BaseModel):
        changes: dict[str, Any] = {}
        for name in type(element).model_fields:
            value = getattr(element, name)
            if name in ("clause", "proves"):
                changes[name] = _qualified(value, pack_id)
            elif isinstance(value, BaseModel) or (isinstance(value, tuple) and value and isinstance(value[0], BaseModel)):
                changes[name] = _absolute(value, pack_id)
        changed = {name: value for name, value in changes.items() if value is not getattr(element, name)}
        return element.model_copy(update=changed) if changed else element
    if isinstance(element, tuple):
        return tuple(_absolute(item, pack_id) for item in element)
    return element


def _qualified(value: Any, pack_id: str) -> Any:
    if isinstance(value, str):
        return value if ":" in value else f"{pack_id}:{value}"
    if isinstance(value, tuple):
        return tuple(_qualified(item, pack_id) for item in value)
    return value


def assemble(folder: Path, search: list[Path] | None = None, _trail: tuple[str, ...] = ()) -> tuple[Pack | None, list[Finding]]:
    """Read a pack with its imports. The pack is ``None`` where ``pack.yaml`` itself could not be understood."""
    raw = read_raw(folder)
    found = [_in_pack(item, raw.meta.id if raw.meta else folder.name) for item in raw.findings]
    if raw.meta is None:
        return None, found
    meta_source = next(source for source in raw.sources if source.file == "pack.yaml")
    imports: list[Pack] = []
    folders = [*(search if search is not None else search_path()), folder.parent]
    for name in dict.fromkeys([*([raw.meta.overlays] if raw.meta.overlays else []), *raw.meta.imports]):
        problem = _import(name, folders, (*_trail, raw.meta.id), imports, found)
        if problem:
            line, column = meta_source.position(("imports",))
            todo = "mend the list of imports"
            found.append(Finding("pack.yaml", line, column, *problem, "imports", todo=todo, pack=raw.meta.id))
    digest = hashlib.sha256("\n".join([raw.digest, *(pack.digest for pack in imports)]).encode()).hexdigest()
    return Pack(raw.meta, digest, folder, tuple(raw.placed), tuple(imports), meta_source), found


def _import(
    name: str, folders: list[Path], trail: tuple[str, ...], imports: list[Pack], found: list[Finding]
) -> tuple[str, str] | None:
    if name in trail:
        return "cyclic-import", f"imports itself through '{name}'"
    try:
        folder = locate(name, folders)
    except UserError:
        return "dangling-import", f"imports '{name}', which does not exist"
    pack, deeper = assemble(folder, folders, trail)
    found += deeper
    imports += [pack] if pack else []
    return None


def _in_pack(finding: Finding, pack_id: str) -> Finding:
    return Finding(**{**finding.as_json(), "pack": finding.pack or pack_id})


def load_pack(name: str, search: list[Path] | None = None) -> Pack:
    """A pack ready for use. Raises ``UserError`` that lists the first mistakes when it has any."""
    folder = locate(name, search)
    pack, found = assemble(folder, search)
    wrong = errors(found)
    if pack is None or wrong:
        shown = "\n".join(item.as_text() for item in wrong[:5])
        raise UserError(
            f"pack {name} has {len(wrong)} mistake{'s' if len(wrong) != 1 else ''}:\n{shown}",
            todo=f"run `sapa packs check {name}` and mend them",
        )
    return pack
