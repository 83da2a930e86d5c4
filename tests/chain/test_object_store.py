"""The chain over an archive in an object store: same facts, and a bit that flipped there is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.chain.test_frozen import CLASSES, NOW, SCHOOLS
from tests.support.archives import tiny_pack

from sapa.archive.store import FolderStore, Store, open_store
from sapa.chain.context import Run
from sapa.chain.lineage import trace_fact
from sapa.chain.run import Outcome, collect_files, compute_run, freeze_run
from sapa.cli.output import Clock
from sapa.errors import UserError

ROWS = "snapshot/rows/classes.parquet"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3-compatible server on loopback; yields the URL's query."""
    module = pytest.importorskip("moto.server", reason="moto[server] is missing: the S3 store is not shown")
    import boto3

    server = module.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server._server.server_address[:2]
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys).create_bucket(Bucket="sapa")
    yield f"endpoint_override={host}:{port}&access_key=test&secret_key=test&region=us-east-1&scheme=http"
    server.stop()


def frozen(folder: Path, store: Store) -> Run:
    run = Run(tiny_pack(folder / "packs"), "2020", store, NOW, date(2020, 10, 5))
    for name, text in (("schools", SCHOOLS), ("classes", CLASSES)):
        (folder / f"{name}.csv").write_text(text)
    outcome = Outcome()
    collect_files(run, [folder / "schools.csv", folder / "classes.csv"], Clock(), outcome)
    assert store.exists("findings.xlsx")
    freeze_run(run, Clock(), outcome)
    return run


@pytest.fixture
def remote(server: str, tmp_path: Path) -> Run:
    return frozen(tmp_path, open_store(f"s3://sapa/{tmp_path.name}?{server}"))


def test_the_facts_are_those_of_a_folder_and_trace_to_rows(remote: Run, tmp_path: Path) -> None:
    compute_run(remote, Clock(), Outcome())
    filesystem, path = remote.store.filesystem("facts/classes.parquet")
    local = frozen(tmp_path, FolderStore(tmp_path / "archive"))
    compute_run(local, Clock(), Outcome())
    assert pq.read_table(path, filesystem=filesystem).equals(pq.read_table(tmp_path / "archive/facts/classes.parquet"))
    lineage = trace_fact(remote.store, "pupils@2020[region=R1]")
    assert (lineage.published, lineage.recomputed, lineage.agrees) == (20.0, 20.0, True)


def test_a_flipped_bit_of_a_page_is_refused(remote: Run) -> None:
    compute_run(remote, Clock(), Outcome())
    filesystem, path = remote.store.filesystem(ROWS)
    group = pq.read_metadata(path, filesystem=filesystem).row_group(0)
    column = next(group.column(number) for number in range(5) if group.column(number).path_in_schema == "pupils")
    first = column.dictionary_page_offset or column.data_page_offset
    before = remote.store.read(ROWS)
    for place in (first, first + column.total_compressed_size - 1):  # in the header of a page, in its last value
        damaged = bytearray(before)
        damaged[place] ^= 1
        remote.store.write(ROWS, bytes(damaged))
        with pytest.raises(UserError, match="can't be read as they were frozen") as caught:
            compute_run(remote, Clock(), Outcome())
        assert "sapa verify" in caught.value.todo
        with pytest.raises(UserError, match="can't be read as they were frozen"):
            trace_fact(remote.store, "pupils@2020[region=R1]")
