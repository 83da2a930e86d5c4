"""Provisional figures: right at once after every signature, and the same as a full computation."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from sapa_web.indicators.domain import live
from sapa_web.indicators.domain.queries import facts
from tests.web import cast
from tests.web.indicators.world import register_row, submit


def value(name: str, **cut: str) -> float | None:
    figures = facts.provisional(cast.PACK)
    assert figures is not None
    found = figures.fact(name, cast.PERIOD, cut)
    return found.value if found else None


def test_a_signature_moves_the_republic_at_once(people: cast.Cast) -> None:
    cast.campaigns()
    assert facts.provisional(cast.PACK) is None

    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL)])
    assert (value("institutions"), value("places")) == (1, 400)

    submit(people.sibling_head, "institutions", cast.SIBLING, [register_row(cast.SIBLING)])
    submit(people.elsewhere, "institutions", cast.ELSEWHERE, [register_row(cast.ELSEWHERE)])
    assert (value("institutions"), value("places")) == (3, 950)
    assert value("places", region="R1") == 700
    assert value("places", region="R2") == 250

    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL, capacity="410")])
    assert (value("institutions"), value("places", district="R1-01")) == (3, 710)
    assert value("capacity-mean") == pytest.approx(960 / 3)


def test_units_have_figures_of_their_own_and_the_aggregates_name_none(people: cast.Cast) -> None:
    cast.campaigns()
    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL)])
    submit(people.elsewhere, "institutions", cast.ELSEWHERE, [register_row(cast.ELSEWHERE)])
    figures = facts.provisional(cast.PACK)
    assert figures is not None
    assert figures.provisional
    rows = [row for row in figures.units(cast.PERIOD).to_pylist() if row["indicator"] == "places"]
    assert {row["unit"]: row["value"] for row in rows} == {cast.SCHOOL: 400, cast.ELSEWHERE: 250}
    assert {row["flag"] for row in rows} == {"P"}
    assert not any("unit" in name for name in figures.table.column_names)


def test_the_command_makes_figures_ready(people: cast.Cast, frozen: Path) -> None:
    said = StringIO()
    call_command("figures", stdout=said)
    assert "demo 2023: official" in said.getvalue()
    kept = Path(settings.SAPA_HOME) / "figures/demo/2023"
    assert len(list(kept.glob("*.parquet"))) == 1


def test_a_killed_refresh_is_made_good(people: cast.Cast) -> None:
    cast.campaigns()
    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL)])
    assert value("places") == 400
    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL, capacity="450")])
    folder = live.folder_of(cast.PACK, cast.PERIOD)
    before = (folder / "state.json").read_text(), (folder / "marker.json").read_text()
    assert value("places") == 450
    # the cells were moved on, and the process died before it could write that down
    (folder / "state.json").write_text(before[0])
    (folder / "marker.json").write_text(before[1])
    live._stores.clear()
    assert value("places") == 450
    for path in sorted(folder.rglob("*.json")):
        path.write_text("{")
    live._stores.clear()
    assert value("places") == 450
