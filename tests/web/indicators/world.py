"""Returns of the standing cast signed by their heads, for figures; and a frozen archive made from a few institutions."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from sapa.archive.store import FolderStore
from sapa.chain.context import Run, regime_of
from sapa.chain.run import whole_chain
from sapa.packs.loader import load_pack
from sapa.signing.cades import sign_detached
from sapa_web.collection.domain import checking, signing, working
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.collection.models import Submission
from sapa_web.common import clock
from tests.web import cast

INSTITUTIONS = {
    cast.SCHOOL: ("Noram school No 1", "secondary-school", "general", "R1-01", "400"),
    cast.SIBLING: ("Noram school No 2", "secondary-school", "general", "R1-01", "300"),
    cast.KINDERGARTEN: ("Noram kindergarten", "kindergarten", "preschool", "R1-01", "90"),
    cast.ELSEWHERE: ("Southern school", "secondary-school", "general", "R2-01", "250"),
}


def register_row(code: str, **changes: str) -> dict[str, str]:
    """What an institution says of itself."""
    name, kind, level, district, capacity = INSTITUTIONS[code]
    row = {key: str(value) for key, value in cast.attributes(name, kind, level, district).items()}
    return {**row, "capacity": capacity, **changes}


def submit(user: Any, dataset: str, code: str, rows: list[dict[str, str]]) -> Submission:
    """Enter, check and sign a return."""
    asked = cast.obligation(dataset, code)
    working.replace_all(user, asked, rows, channel="upload")
    found = checking.check_draft(asked)
    assert not found.counts.get("blocks"), found.findings.table.to_pylist()
    asked = cast.obligation(dataset, code)
    request = signing.prepare(user, asked)
    signer = demonstration_authority().person("Head", code, now=clock.now())
    return signing.accept(user, asked, sign_detached(bytes(request.manifest), signer, signing_time=clock.now()))


PERIODS = ("2022", "2023")
SCHOOLS = {
    cast.SCHOOL: ("R1-01", "urban", 400), cast.SIBLING: ("R1-01", "urban", 300), cast.ELSEWHERE: ("R2-01", "rural", 250),
    "0000401": ("R1-02", "rural", 100), "0000402": ("R1-02", "urban", 120), "0000403": ("R2-01", "urban", 140),
    "0000404": ("R3-01", "rural", 160),
}  # fmt: skip
LEARNERS = {cast.SCHOOL: 6, cast.SIBLING: 4, cast.ELSEWHERE: 5}


class _Steps:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def step(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()


def build_archive(folder: Path) -> Path:
    """Two years of a register and a learner census through collect → sign → freeze → compute; ``folder/PERIOD`` each."""
    pack = load_pack(cast.PACK)
    use = regime_of(pack.meta.regime or "", pack)
    earlier: list[Path] = []
    for number, period in enumerate(PERIODS):
        home = folder / period
        (home / "returns").mkdir(parents=True)
        files = _returns(home / "returns", period, number)
        as_of = use.default_as_of(period)
        run = Run(pack, period, FolderStore(home), datetime.combine(as_of, time(16), UTC), as_of, use)
        outcome = whole_chain(run, files, _Steps(), langs=(), earlier=earlier, pseudonym_key=b"0" * 64)
        assert not outcome.as_json({})["rows_refused"], outcome.as_json({})["findings"]
        earlier += sorted((home / "facts").glob("*.parquet"))
    return folder


def _returns(folder: Path, period: str, number: int) -> list[Path]:
    day = f"{int(period) - 1}-09-01"
    files = []
    for code, (district, settlement, capacity) in SCHOOLS.items():
        row = {
            "institution": code, "name": f"School {code}", "as_of": day, "type": "secondary-school", "main_level": "general",
            "district": district, "settlement": settlement, "ownership": "communal", "subordination": "district",
            "status": "active", "opened": "2001-09-01", "capacity": capacity + 10 * number,
        }  # fmt: skip
        files.append(_written(folder / f"institutions-{period}-{code}.json", [row]))
        if code in LEARNERS:
            rows = [_learner(code, place, day, period) for place in range(LEARNERS[code] + number)]
            files.append(_written(folder / f"learners-{period}-{code}.json", rows))
    return files


def _learner(code: str, place: int, day: str, period: str) -> dict[str, Any]:
    return {
        "institution": code, "person": f"P{code}{place}", "surname": f"Surname{place}", "first_name": "Name", "as_of": day,
        "birth_date": f"{int(period) - 8}-05-05", "sex": "FM"[place % 2], "programme_level": "primary", "grade": "1",
        "class_id": f"{code}-1.1", "language": "ru", "mode": "full-time", "special_needs": "none", "repeater": False,
        "entry": "new", "preschool_attended": True, "exit": "continues",
    }  # fmt: skip


def _written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps(rows))
    return path
