"""Which archive's word on a fact is the published one, where several hold it; and how a lineage reads."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.chain.test_frozen import CLASSES, SCHOOLS
from tests.support.archives import tiny_pack

from sapa.archive.store import FolderStore
from sapa.chain.context import Run
from sapa.chain.lineage import trace_fact
from sapa.chain.run import Outcome, collect_files, compute_run, freeze_run
from sapa.cli.output import Clock


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Archives of 2019 to 2021, each with its facts."""
    folder = tmp_path_factory.mktemp("country")
    pack = tiny_pack(folder / "packs")
    (folder / "schools.csv").write_text(SCHOOLS)
    (folder / "classes.csv").write_text(CLASSES)
    for year in (2019, 2020, 2021):
        run = Run(pack, str(year), FolderStore(folder / str(year)), datetime(year, 10, 6, tzinfo=UTC), date(year, 10, 5))
        collect_files(run, [folder / "schools.csv", folder / "classes.csv"], Clock(), Outcome())
        freeze_run(run, Clock(), Outcome())
        compute_run(run, Clock(), Outcome())
    for year in (2020, 2021):  # each restates the year before, as cohort rates are
        facts = pq.read_table(folder / f"{year}/facts/classes.parquet")
        restated = facts.set_column(1, "period", pa.array([str(year - 1)] * facts.num_rows))
        place = facts.schema.get_field_index("value")
        restated = restated.set_column(place, "value", pc.add(facts["value"], float(year)))
        pq.write_table(pa.concat_tables([facts, restated]), folder / f"{year}/facts/classes.parquet")
    return folder


@pytest.mark.parametrize(
    ("asked", "period", "published"),
    [
        (2021, "2021", 29.0),
        (2021, "2020", 29.0 + 2021),  # its own word on the year before
        (2021, "2019", 29.0 + 2020),  # the later word of the two archives before it, as its yearbook prints it
        (2020, "2020", 29.0),  # what it published itself, whatever was restated since
        (2019, "2021", 29.0),  # it has none: the archive of that year has
    ],
)
def test_the_published_value_is_that_of_the_archive_asked(country: Path, asked: int, period: str, published: float) -> None:
    others = [FolderStore(country / str(year)) for year in (2019, 2020, 2021) if year != asked]
    found = trace_fact(FolderStore(country / str(asked)), f"pupils@{period}", others=others)
    assert found.published == published
    assert found.recomputed == 29.0
