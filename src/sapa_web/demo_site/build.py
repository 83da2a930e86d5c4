"""The demonstration country as a site: three frozen years, and a year under way in which people have work to do."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from sapa.archive.store import FolderStore
from sapa.chain.collect import read_and_verify, sign_and_store
from sapa.chain.context import Run, snapshot_statement
from sapa.chain.demo import PACK, PERIODS
from sapa.demo import Country, generate, write_returns
from sapa.packs.loader import Pack, load_pack
from sapa_web.collection.domain import adopting, campaigns, checking, working
from sapa_web.collection.domain.deadlines import freeze_plan, regime_for
from sapa_web.collection.models import Campaign, Freeze, Obligation
from sapa_web.common import clock
from sapa_web.common.files import archive
from sapa_web.demo_site import releases
from sapa_web.demo_site.people import Places, settle
from sapa_web.demo_site.places import plant

CURRENT = "2024"
TODAY = datetime(2024, 9, 23, 8, 30, tzinfo=UTC)
OPENED = date(2024, 9, 2)
SYSTEM = "system:demonstration"
SIGNED, DRAFTED = 0.6, 0.15
"""Shares of the institutions whose returns of the current year are signed already, and begun but not signed."""

Say = Callable[[str], object]


@dataclass(frozen=True)
class Made:
    """What a demonstration offers: accounts (address, password, what), the school, files to upload."""

    accounts: list[tuple[str, str, str]]
    school: str
    returns: Path


def build(source: Path, say: Say = lambda text: None, seed: int = 1) -> Made:
    """Fill an empty site from the folders that ``sapa demo`` left in ``source``. The clock is set to a day in September."""
    clock.set_moment(TODAY)
    home = Path(settings.SAPA_HOME)
    key = hashlib.sha256(f"demonstration key {seed}".encode()).hexdigest()
    (home / "pseudonym-key").write_text(key)
    pack = load_pack(PACK)
    country = generate("small", seed=seed, periods=(*PERIODS, CURRENT))
    say("institutions and offices, with their history")
    units = plant(pack, country)
    school = _school(country)
    district = str(country.rows("institutions", CURRENT, school)["district"][0].as_py())
    classes = sorted(set(country.rows("learners", CURRENT, school)["class_id"].to_pylist()))
    accounts = settle(Places(school, district, district.partition("-")[0], "REP"), classes[:2])
    for period in PERIODS:
        say(f"{period}: signed submissions and the frozen state")
        _earlier(pack, source / period, period)
    say(f"{PERIODS[-1]}: the yearbook is protected, attacked, drawn in every language, published (a minute or two)")
    releases.publish(pack.id, PERIODS[-1])
    say(f"{CURRENT}: what is asked, what has come")
    asked = _open_current()
    returns = home / "returns"
    _under_way(pack, country, asked, returns, [unit for unit in units if unit != school])
    return Made(accounts, school, returns)


def _earlier(pack: Pack, folder: Path, period: str) -> None:
    """A year that is over: the archive as it was left, and what the site knows of it."""
    target = Path(str(settings.SAPA_ARCHIVE_URL)) / pack.id / period
    for name in ("submissions", "snapshot", "facts"):
        shutil.copytree(folder / name, target / name, copy_function=_linked, dirs_exist_ok=True)
    statement: dict[str, Any] = dict(snapshot_statement(archive(pack.id, period)))
    plan = freeze_plan(pack.id, period)
    for dataset in sorted(item.id for item in pack.datasets):
        opened, due = date(int(period), 9, 1), date.fromisoformat(str(statement["as_of"]))
        campaign = campaigns.open_campaign(SYSTEM, pack.id, dataset, period, opens_on=opened, due_on=due)
        Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.FROZEN)
        adopting.adopt(SYSTEM, campaign)
    frozen_at = datetime.strptime(str(statement["at"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    Freeze.objects.create(
        pack=pack.id,
        period=period,
        regime=regime_for(pack.id).pack.id,
        as_of=date.fromisoformat(str(statement["as_of"])),
        announce_by=plan.notice_by,
        suspend_from=plan.suspend_from,
        resume_on=plan.resume_on,
        state=Freeze.RESUMED,
        frozen_at=frozen_at,
        resumed_at=frozen_at,
        root=str(statement["root"]),
        size=int(statement["size"]),
        report={"rows": statement["rows"]},
    )


def _linked(source: str, target: str) -> str:
    """Archives never change, so a link will do; where the file system has none, a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _school(country: Country) -> str:
    """The school whose people the demonstration introduces: a middling one in the first district."""
    register = country.tables["institutions", CURRENT]
    sizes: dict[str, int] = {}
    for row in register.to_pylist():
        if row["district"].endswith("-01") and row["type"] == "secondary-school" and row["status"] == "active":
            sizes[row["institution"]] = country.rows("learners", CURRENT, row["institution"]).num_rows
    return min(sizes, key=lambda unit: abs(sizes[unit] - 250))


def _open_current() -> dict[str, Campaign]:
    names = sorted(item.id for item in load_pack(PACK).datasets)
    return {name: campaigns.open_campaign(SYSTEM, PACK, name, CURRENT, opens_on=OPENED) for name in names}


def _under_way(pack: Pack, country: Country, asked: dict[str, Campaign], folder: Path, units: Sequence[str]) -> None:
    """Returns as files for everybody; some of them signed already, some begun."""
    signed = [unit for place, unit in enumerate(units) if _share(place) < SIGNED]
    begun = [unit for place, unit in enumerate(units) if SIGNED <= _share(place) < SIGNED + DRAFTED]
    for name, campaign in sorted(asked.items(), key=lambda item: not item[1].register):
        owing = set(_owing(campaign))
        write_returns(
            country, folder, dataset=name, period=CURRENT, formats=("xlsx",), units=sorted(owing & _with_rows(country, name))
        )
        _sign(pack, campaign, [folder / f"{name}-{CURRENT}-{unit}.xlsx" for unit in signed if unit in owing])
        adopting.adopt(SYSTEM, campaign)
        for place, unit in enumerate(unit for unit in begun[:8] if unit in owing):
            _begin(country, campaign, unit, mistaken=place % 2 == 0)


def _share(place: int) -> float:
    """Where a unit stands between 0 and 1, spread evenly over the list."""
    return (place * 0.6180339887) % 1


def _owing(campaign: Campaign) -> list[str]:
    found = Obligation.objects.unscoped("the demonstration fills everybody's returns").filter(campaign=campaign)
    return list(found.values_list("organisation__code", flat=True))


def _with_rows(country: Country, dataset: str) -> set[str]:
    return set(country.tables[dataset, CURRENT]["institution"].to_pylist())


def _sign(pack: Pack, campaign: Campaign, files: list[Path]) -> None:
    """What these schools have sent and their heads have signed, by the engine as ``sapa collect`` does it."""
    store = archive(pack.id, campaign.period)
    use = regime_for(pack.id)
    run = Run(pack, campaign.period, store, TODAY, campaign.due_on, use, processes=settings.SAPA_PROCESSES)
    dataset = pack.dataset(campaign.dataset, campaign.period)
    before = _before(pack, campaign)
    key = (Path(settings.SAPA_HOME) / "pseudonym-key").read_bytes()
    existing = [path for path in files if path.exists()]
    found = read_and_verify(run, dataset, existing, previous=before, pseudonym_key=key)
    sign_and_store(run, found)


def _before(pack: Pack, campaign: Campaign) -> pa.Table | None:
    import pyarrow.parquet as pq

    store = archive(pack.id, PERIODS[-1])
    if not isinstance(store, FolderStore):
        return None
    return pq.read_table(store.folder / "snapshot/rows" / f"{campaign.dataset}.parquet")


def _begin(country: Country, campaign: Campaign, unit: str, *, mistaken: bool) -> None:
    """A draft that somebody has begun; where ``mistaken``, with a cell left empty that must be filled."""
    found = Obligation.objects.unscoped("the demonstration fills everybody's returns").select_related("campaign", "organisation")
    obligation = found.get(campaign=campaign, organisation__code=unit)
    records = [
        {name: "" if value is None else str(value) for name, value in row.items() if name != "institution"}
        for row in country.rows(campaign.dataset, CURRENT, unit).to_pylist()
    ]
    if mistaken:
        needed = [item.id for item in working.fields_of(obligation) if item.required and item.role == "value"]
        records[0][needed[0]] = ""
    working.replace_all(None, obligation, records, channel="upload")
    checking.check_draft(obligation)
