"""Public profiles of institutions: published cells only, and no more of the register than the figures bear."""

from __future__ import annotations

import html

import pyarrow as pa
import pytest
from django.test import Client

from sapa.disclosure.register import found_out, tellable
from sapa_web.common.clock import now
from sapa_web.common.packs import pack_named
from sapa_web.indicators.domain.queries.facts import official
from sapa_web.indicators.domain.queries.sources import frozen_periods
from sapa_web.indicators.domain.units import official_traits
from sapa_web.portal.domain.queries import published as gate
from tests.web import cast
from tests.web.portal.world import release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen", "people")]
CODE = "0000401"


def page(path: str, status: int = 200) -> str:
    answer = Client().get("/statistics/" + path)
    assert answer.status_code == status, path
    return html.unescape(answer.content.decode())


def test_an_institution_is_found_and_shows_published_cells_of_its_groups() -> None:
    release()
    assert f"/statistics/institutions/demo/{CODE}/" in page("institutions/")
    assert f"/statistics/institutions/demo/{CODE}/" in page(f"institutions/?q={CODE}")
    assert f"/statistics/institutions/demo/{CODE}/" not in page("institutions/?place=R3")
    assert "No institution fits" in page("institutions/?q=zebra")
    assert f"/statistics/institutions/demo/{CODE}/" in page(f"search/?q={CODE}")
    assert "/statistics/institutions/?pack=demo&place=R1" in page("places/R1/")
    text = page(f"institutions/demo/{CODE}/")
    assert 'data-label="Valda district"><a href="/statistics/figure/demo/1.0.0/places@2023' in text
    assert ">240</a>" in text  # the district's places
    assert ">110<" not in text  # its own places: 100, and ten more in the second year
    page("institutions/demo/9999999/", 404)


def test_a_version_without_a_register_says_so() -> None:
    made = release()
    assert made.data is not None
    gate._register.cache_clear()
    type(made.data).objects.filter(pk=made.data.pk).update(digest="0" * 64, folder="demo/elsewhere")
    assert gate.register(type(made.data).objects.get(pk=made.data.pk)) == ((), "", [])


def test_what_the_register_would_give_away_is_left_out() -> None:
    release()
    pack, found = pack_named(cast.PACK), official(cast.PACK)
    assert found is not None
    version = gate.newest(now(), cast.PACK)
    assert version is not None
    traits = {item.period: official_traits(item) for item in frozen_periods(cast.PACK)}
    facts = found.table
    rows = facts.to_pylist()
    # One district's learners hidden alone: the other figures give them back to who knows which institution lies where.
    single = [row for row in rows if row["indicator"] == "learners" and row["period"] == "2023" and _cut(row) == ["district"]]
    chosen = next(row for row in single if 0 < row["value"] < 10)
    there = chosen["district"]
    hidden = [_emptied(row) if row["indicator"] == "learners" and row["district"] == there else row for row in rows]
    told = pa.Table.from_pylist(hidden, schema=facts.schema)
    assert f"learners@2023[district={there}]" in found_out(told, facts, pack, traits, ["region", "district"])
    assert tellable(told, facts, pack, traits, ["region", "district"], ["settlement"]) == ()
    assert found_out(facts, facts, pack, traits, ["region", "district", "settlement"]) == []


def _cut(row: dict[str, object]) -> list[str]:
    names = ("indicator", "period", "snapshot", "numerator", "denominator", "value", "count", "flag", "error")
    return [name for name, value in row.items() if name not in names and value is not None]


def _emptied(row: dict[str, object]) -> dict[str, object]:
    return {**row, "numerator": None, "denominator": None, "value": None, "count": None, "flag": "C"}
