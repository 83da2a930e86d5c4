"""Health of every pack that ships: no findings, no skips; the counts of the documents; every line accounted for.

Their cases are executed by ``tests/test_cases.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from sapa.packs.check import check_pack
from sapa.packs.coverage import coverage, line_coverage
from sapa.packs.loader import load_pack

PACKS = Path(__file__).resolve().parents[2] / "packs"
FOLDERS = sorted(path.parent for path in PACKS.glob("*/pack.yaml"))
DOCUMENTS = ["by-329", "kz-374", "kz-521", "ru-soko", "ua-71"]


@cache
def pack_of(name):
    return load_pack(str(PACKS / name))


def paths(name, pattern):
    return [
        item.element.path
        for item in pack_of(name).placed
        if item.section == "clauses" and re.fullmatch(pattern, item.element.path)
    ]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_pack_that_ships_has_no_findings(folder):
    pack, found = check_pack(folder)
    assert [item.as_text() for item in found] == []
    assert pack is not None
    assert pack.id == folder.name


def test_every_folder_of_packs_is_a_pack():
    assert [folder.name for folder in PACKS.iterdir() if folder.is_dir() and not (folder / "pack.yaml").is_file()] == []
    assert set(DOCUMENTS) <= {folder.name for folder in FOLDERS}


@pytest.mark.parametrize("name", ["kz-521", "by-329", "ua-71", "ru-soko"])
def test_packs_with_a_calendar_prove_every_item_of_it(name):
    pack = pack_of(name)
    proved = {proof for case in pack.cases for proof in case.proves}
    assert {f"deadline:{item.element.id}" for item in pack.placed if item.section == "calendar"} <= proved


@pytest.mark.realdata
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_line_of_a_document_is_a_provision_or_left_out_with_a_reason(name, shared):
    pack = pack_of(name)
    document = (shared / "seeds" / pack.meta.document.file).read_bytes()
    result = line_coverage(pack, document)
    assert result.complete, result.as_text()


@pytest.mark.parametrize(
    ("name", "pattern", "count"),
    [
        ("by-329", r"annex1\.n\d+\.l\d+", 32),
        ("by-329", r"annex2\.g\d\.n\d+", 44),
        ("ru-soko", r"s4\.6\.g\d\.i\d", 33),
        ("kz-521", r"p7\.\d+", 12),
        ("kz-374", r"p6\.\d+", 11),
    ],
)
def test_counts_of_the_documents(name, pattern, count):
    assert len(paths(name, pattern)) == count


def test_the_school_has_its_indicators_in_seven_groups():
    groups = Counter(path.split(".")[2] for path in paths("ru-soko", r"s4\.6\.g\d\.i\d"))
    assert [groups[f"g{number}"] for number in range(1, 8)] == [7, 7, 3, 3, 1, 7, 5]


def test_the_measures_and_targets_of_by_329_are_numbered_without_gaps():
    assert sorted({int(path.split(".n")[1].split(".")[0]) for path in paths("by-329", r"annex1\.n\d+\.l\d+")}) == list(
        range(1, 16)
    )
    assert [int(path.split(".n")[1]) for path in paths("by-329", r"annex2\.g\d\.n\d+")] == list(range(1, 45))
    assert {path.split(".")[1] for path in paths("by-329", r"annex2\.g\d\.n\d+")} == {f"g{number}" for number in range(1, 10)}


def test_the_order_of_the_preschool_commands_nothing():
    kinds = {item.element.kind for item in pack_of("ua-71").placed if item.section == "clauses"}
    assert kinds == {"recommendation", "definition"}


class TestDataRegime:
    """kz-521: the parts of the regime, as the rules list them."""

    pack = property(lambda self: pack_of("kz-521"))

    def codes(self, name):
        return [item.code for item in self.pack.codelist(name).items]

    def test_closed_lists(self):
        assert self.codes("subjects") == ["institution", "district-office", "regional-directorate"]
        assert self.codes("coverage") == ["district", "region", "republic", "international"]
        assert self.codes("forms") == ["remote", "direct"]
        assert len(self.codes("kinds")) == 4
        assert len(self.codes("levels")) == 6

    @pytest.mark.parametrize("duty", ["enter", "update", "control", "sign"])
    def test_every_subject_enters_updates_controls_and_signs(self, duty):
        assert list(self.pack.find("duties", duty).who) == self.codes("subjects")

    def test_channels_and_checks(self):
        assert set(self.pack.find("duties", "enter").channels) == {"form", "spreadsheet", "api", "integrated-system"}
        assert set(self.pack.find("duties", "control").checks) == {"completeness", "correctness", "timeliness"}

    def test_the_regime_names_every_duty(self):
        assert set(self.pack.regimes[0].duties) == {item.element.id for item in self.pack.placed if item.section == "duties"}

    def test_twelve_sources_each_feed_a_chapter_and_cite_their_own_item(self):
        sources = [item.element for item in self.pack.placed if item.section == "sources"]
        assert [source.clause for source in sources] == [(f"kz-521:p7.{number}",) for number in range(1, 13)]
        assert all(source.feeds for source in sources)

    def test_the_compendium_is_fed_by_administrative_data_only(self):
        feeding = [
            s.element.id for s in self.pack.elements("sources") if any("statistical-compendium" in f for f in s.element.feeds)
        ]
        assert feeding == ["administrative-data"]

    def test_open_points_are_read_and_say_so(self):
        read = {item.id: len(item.readings) for item in self.pack.calendar}
        assert read["update-of-data"] == 3
        assert read["october-fixing"] == 4
        assert read["national-report"] == read["statistical-compendium"] == 2

    def test_a_run_that_borrows_it_says_whose_law_it_is(self):
        borrowed = self.pack.regimes[0].borrowed
        assert set(borrowed) == {"kk", "en", "ru", "uk", "be"}, "whoever borrows it reads it in the language of the run"
        assert not set(borrowed) <= set(self.pack.meta.languages)
        for text in borrowed.values():
            assert "{owner}" in text
            assert "521" in text

    def test_every_provision_on_data_is_implemented_and_every_term_proved(self):
        rows = {row.clause.path: row for row in coverage(self.pack).clauses}
        wanted = [path for path in rows if re.fullmatch(r"p(3|5|6|7|8|9|10|11|12)(\..+)?", path)]
        assert [path for path in wanted if rows[path].state == "not implemented"] == []
        deadlines = [path for path in rows if rows[path].clause.kind == "deadline"]
        assert [path for path in deadlines if rows[path].state != "proved"] == []
