"""The real yearly returns through the whole chain, by the command a person would type; figures counted by an outside reader.

The totals stand in SOURCES.md beside the data: pupils 3,962,979 in 14,175 returns of 2019; 3,980,638 in 13,458 of 2020, urban
2,832,637 in 4,717 schools, rural 1,148,001 in 8,741; class fill undefined in 188 and 167 rows (pupils and no classes).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.cli.test_commands import sapa

pytestmark = [pytest.mark.realdata, pytest.mark.slow, pytest.mark.xdist_group("real-returns")]

# Of 2019 SOURCES.md counts 236 short identifiers; one of them stands in the workbook as text, with its zero.
KNOWN = {
    "2019": {"returns": 14_175, "pupils": 3_962_979, "without_classes": 188, "short_ids": 235, "repeated": 47},
    "2020": {"returns": 13_458, "pupils": 3_980_638, "without_classes": 167, "short_ids": 237, "repeated": 73},
}
NOT_AS_PUBLISHED: dict[str, dict[str, int]] = {"2019": {"cost_per_pupil": 67, "cost_per_class": 67}, "2020": {}}
"""Rows whose published cell is not what the workbook's own formula row gives for their inputs; each is a finding."""

URBAN_RURAL_2020 = {"urban": (2_832_637, 4_717), "rural": (1_148_001, 8_741)}


@pytest.fixture(scope="module", params=["2019", "2020"])
def done(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, dict[str, Any]]:
    """One year's workbook, run from file to facts."""
    year: str = request.param
    out = tmp_path_factory.mktemp(f"returns-{year}")
    workbook = shared / f"data/ua-schools/ZZSO-{year}.xlsx"
    result = sapa(
        "run", "ua-school-return", "--period", year, "--in", workbook, "--out", out, "--langs", "none", "--json", timeout=900
    )
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    print(year, {key: said[key] for key in ("units", "rows_read", "rows_accepted", "rows_refused", "facts", "seconds")})
    return year, out, said


def value(out: Path, indicator: str, **cut: str) -> dict[str, Any]:
    table = pq.read_table(out / "facts/school-return.parquet")
    table = table.filter(pc.equal(table["indicator"], indicator))
    for name in ("region", "settlement", "level", "ownership", "hub", "size"):
        table = table.filter(pc.equal(table[name], cut[name]) if name in cut else pc.is_null(table[name]))
    [row] = table.to_pylist()
    return row


def test_every_return_is_accounted_for(done: tuple[str, Path, dict[str, Any]]) -> None:
    year, _, said = done
    returns = KNOWN[year]["returns"]
    assert (said["units"], said["rows_read"], said["rows_accepted"], said["rows_refused"]) == (returns, returns, returns, 0)


def test_totals_are_those_an_outside_reader_counted(done: tuple[str, Path, dict[str, Any]]) -> None:
    year, out, _ = done
    assert value(out, "pupils")["value"] == KNOWN[year]["pupils"]
    assert value(out, "schools")["value"] == KNOWN[year]["returns"]
    assert value(out, "without-classes")["value"] == KNOWN[year]["without_classes"]
    if year == "2020":
        for settlement, (pupils, schools) in URBAN_RURAL_2020.items():
            assert value(out, "pupils", settlement=settlement)["value"] == pupils
            assert value(out, "schools", settlement=settlement)["value"] == schools


def test_known_defects_come_out_as_findings(done: tuple[str, Path, dict[str, Any]]) -> None:
    year, _, said = done
    counts = {rule: count for rules in said["findings"].values() for rule, count in rules.items()}
    assert counts["pupils-without-classes"] == KNOWN[year]["without_classes"]
    assert counts["edrpou.leading-zeros"] == KNOWN[year]["short_ids"]
    assert counts["edrpou-repeated"] == KNOWN[year]["repeated"]
    assert said["findings"]["blocks"] == {}
    differing = sum(NOT_AS_PUBLISHED[year].values())
    assert sum(count for rule, count in counts.items() if rule.endswith("-agrees")) == differing


def test_published_ratios_equal_their_inputs_on_every_row(done: tuple[str, Path, dict[str, Any]]) -> None:
    """An independent computation over the frozen rows: plain Python arithmetic, no engine of ours."""
    year, out, _ = done
    rows = pq.read_table(out / "snapshot/rows/school-return.parquet").to_pylist()
    ratios: dict[str, tuple[str, str]] = {
        "share_pension": ("posts_pension", "posts_teaching"),
        "class_fill": ("pupils", "classes"),
        "pupils_per_teacher": ("pupils", "posts_teaching"),
        "cost_per_pupil": ("spending", "pupils" if year == "2020" else "pupils_preschool"),  # row 1 of the workbooks: R/N and S/O
        "cost_per_class": ("spending", "classes"),
    }
    compared = dict.fromkeys([*ratios, "share_other"], 0)
    differing = dict.fromkeys(compared, 0)
    for row in rows:
        staff = (row["posts_teaching"] or 0) + (row["posts_other"] or 0)
        pairs = {name: (row[a], row[b]) for name, (a, b) in ratios.items()} | {"share_other": (row["posts_other"], staff)}
        for name, (a, b) in pairs.items():
            if row[name] is not None and a is not None and b:
                expected = float(a) / float(b)
                compared[name] += 1
                differing[name] += abs(row[name] - expected) > 1e-9 * max(1.0, abs(expected))
    without = KNOWN[year]["without_classes"]
    assert compared["class_fill"] == len(rows) - without
    assert min(compared.values()) >= len(rows) - without
    print(year, "ratios compared", compared, "differing", differing)
    assert {name: count for name, count in differing.items() if count} == NOT_AS_PUBLISHED[year]


def test_the_archive_verifies_and_five_facts_trace_to_signed_rows(done: tuple[str, Path, dict[str, Any]]) -> None:
    year, out, said = done
    verified = sapa("verify", out, "--root", said["root"], "--json", timeout=600)
    assert verified.returncode == 0, verified.stdout
    assert json.loads(verified.stdout)["submissions"] == KNOWN[year]["returns"]
    facts = [
        f"pupils@{year}",
        f"pupils@{year}[settlement=urban]",
        f"class-fill@{year}[settlement=rural]",
        f"cost-per-pupil@{year}[ownership=communal]",
        f"pupils-per-teacher@{year}[region=UA-05]",
    ]
    for fact in facts:
        traced = sapa("trace", out, fact, "--json")
        assert traced.returncode == 0, fact + traced.stderr + traced.stdout
        lineage = json.loads(traced.stdout)
        assert lineage["agrees"]
        assert lineage["submissions"][0]["signer"]
        assert lineage["rows"]


def test_the_run_says_whose_law_it_borrows(done: tuple[str, Path, dict[str, Any]]) -> None:
    _, _, said = done
    assert said["calendar"]["regime"] == "kz-521"
    assert "borrows" in said["calendar"]["borrowed"]["en"]
