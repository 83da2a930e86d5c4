"""What every step of the chain shares: the pack, the regime it runs under, the archive, the moment."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import pyarrow.dataset as pad

from sapa.archive.freeze import FINAL, MARKER, WORK
from sapa.archive.store import FolderStore, Store, safe_part
from sapa.calendar import FreezePlan
from sapa.chain.days import freeze_plan, working_days
from sapa.errors import UserError
from sapa.packs.loader import Pack, load_pack
from sapa.packs.models_law import Regime

Report = Callable[[str, int, int], object]


def silent(step: str, done: int, of: int) -> None:
    """A progress report that nobody hears."""


def counted(number: int, thing: str) -> str:
    """``1 return``, ``2 returns``."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


@dataclass(frozen=True)
class RegimeUse:
    """The data regime a run names: its own pack's, or one it borrows."""

    pack: Pack
    regime: Regime
    owner: Pack

    @property
    def borrowed(self) -> bool:
        """Whether the regime is the law of another pack than the data's (or what that overlays)."""
        return self.pack.id not in {item.id for item in self.owner.packs()}

    @cached_property
    def notice(self) -> Mapping[str, str]:
        """What the run says about a borrowed regime, by language; empty where it is its own."""
        if not self.borrowed:
            return {}
        titles = self.owner.meta.title
        texts = self.regime.borrowed.items()
        return {lang: text.replace("{owner}", titles.get(lang) or titles.get("en", self.owner.id)) for lang, text in texts}

    def plan(self, as_of: date, lang: str = "en") -> FreezePlan:
        """The freeze as of a date on the working days of the country whose data they are."""
        country = self.owner.meta.country or self.pack.meta.country
        return freeze_plan(self.pack, self.regime.freeze, as_of, working_days(self.pack, lang, country))

    def default_as_of(self, period: str) -> date:
        """The first working day of the month the law names, in the year of the period."""
        country = self.owner.meta.country or self.pack.meta.country
        wd = working_days(self.pack, "en", country)
        month = next(entry.rule.month for entry in self.pack.calendar if entry.id == self.regime.freeze)  # type: ignore[union-attr]
        return wd.on_or_after(date(int(period[:4]), month, 1))


def regime_of(name: str, owner: Pack) -> RegimeUse:
    """The regime of a pack; raises ``UserError`` where it has none."""
    pack = load_pack(name)
    if not pack.regimes:
        raise UserError(f"pack {name} defines no data regime", todo="name a pack that has one, e.g. --regime with its id")
    return RegimeUse(pack, pack.regimes[0], owner)


@dataclass(frozen=True)
class Run:
    """One run of the chain: one pack, one period, one archive."""

    pack: Pack
    period: str
    store: Store
    now: datetime
    as_of: date
    regime: RegimeUse | None = None
    authority_seed: str = "demonstration"
    processes: int = 1
    report: Report = silent

    @property
    def folder(self) -> Path:
        """The folder of the run; raises ``UserError`` where the archive is not a folder of this machine."""
        if isinstance(self.store, FolderStore):
            return self.store.folder
        raise UserError("documents are written to a folder", todo="give --out a folder; the archive itself may be in a store")


def frozen_as_of(store: Store) -> str:
    """The date this archive is frozen as of, or is being frozen as of where a freeze was cut off; empty while it collects."""
    for name in (f"{FINAL}/{MARKER}", f"{WORK}/{MARKER}", f"{WORK}/plan.json"):
        if store.exists(name):
            return str(json.loads(store.read(name))["as_of"])
    return ""


def refuse_late(run: Run, units: Sequence[str]) -> None:
    """Raise ``UserError`` where these units' returns come after the freeze: what changes after it belongs to the next state.

    A revision stored beside a snapshot would be in no published figure, and nobody would be told.
    """
    as_of = frozen_as_of(run.store)
    if as_of and units:
        named = ", ".join(units[:3]) + ("" if len(units) <= 3 else f" and {len(units) - 3} more")
        raise UserError(
            f"the archive in {run.store.url} is frozen as of {as_of}: what comes later from {named} is not taken into it",
            todo="late facts go to the next state: collect them into another folder (--out); the frozen one stays as it was",
        )


@contextmanager
def workplace(store: Store) -> Iterator[Path]:
    """A folder to write the files of a run to: the archive's own, or one whose files are put into the object store afterwards."""
    if isinstance(store, FolderStore):
        store.folder.mkdir(parents=True, exist_ok=True)
        yield store.folder
        return
    with tempfile.TemporaryDirectory(prefix="sapa-") as name:
        yield Path(name)
        for path in sorted(path for path in Path(name).rglob("*") if path.is_file()):
            store.write("/".join(safe_part(part) for part in path.relative_to(name).parts), path.read_bytes())


def checked_parquet() -> pad.ParquetFileFormat:
    """Parquet read with the checksums of its pages: without them a flipped bit becomes another value without a word."""
    options = pad.ParquetFragmentScanOptions(page_checksum_verification=True)
    return pad.ParquetFileFormat(default_fragment_scan_options=options)


def snapshot_statement(store: Store) -> dict[str, object]:
    """``snapshot.json``; raises ``UserError`` where the archive is not frozen."""
    if not store.exists(f"{FINAL}/{MARKER}"):
        raise UserError(f"there is no snapshot in {store.url}", todo="freeze first: sapa freeze")
    statement: dict[str, object] = json.loads(store.read(f"{FINAL}/{MARKER}"))
    return statement


def snapshot_pack(store: Store) -> Pack:
    """The pack as it was when the snapshot was made: from the copy that lies in the snapshot."""
    statement = snapshot_statement(store)
    if isinstance(store, FolderStore):
        folder = store.folder / FINAL / "packs"
    else:
        folder = Path(tempfile.mkdtemp(prefix="sapa-packs-"))
        for name in store.names(f"{FINAL}/packs"):
            target = folder / name.removeprefix(f"{FINAL}/packs/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(store.read(name))
    return load_pack(str(folder / str(statement["pack"])), [folder])
