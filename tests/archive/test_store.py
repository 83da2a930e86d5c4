"""A folder and an S3-compatible store behave alike; no name leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.archives import world

from sapa.archive.store import FolderStore, Store, checked, decode_part, open_store, safe_part
from sapa.archive.verify import verify_snapshot
from sapa.errors import RefusedError, UserError


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """An S3-compatible server on loopback."""
    server_module = pytest.importorskip("moto.server", reason="moto[server] is missing: the S3 store is not shown")
    import boto3

    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server._server.server_address[:2]
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys).create_bucket(Bucket="sapa")
    options = "access_key=test&secret_key=test&region=us-east-1&scheme=http"
    yield f"s3://sapa/run?endpoint_override={host}:{port}&{options}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path)
    url: str = request.getfixturevalue("s3_url")
    return open_store(url.replace("/run?", f"/{tmp_path.name}?"))


def test_what_is_written_is_read(store: Store) -> None:
    store.write("a/b/c.txt", b"one")
    store.write("a/b/c.txt", b"two")
    store.write("a/d.txt", b"")
    assert store.read("a/b/c.txt") == b"two"
    assert store.read("a/d.txt") == b""
    assert list(store.names("a")) == ["a/b/c.txt", "a/d.txt"]
    assert list(store.names("nothing")) == []
    assert store.exists("a/d.txt")
    store.remove("a/d.txt")
    store.remove("a/d.txt")
    assert not store.exists("a/d.txt")
    with pytest.raises(RefusedError, match="missing"):
        store.read("a/d.txt")


def test_a_finished_folder_takes_its_name(store: Store) -> None:
    for name in ("work/x/1", "work/2", "work/marker"):
        store.write(name, name.encode())
    store.promote("work", "final", "marker")
    assert list(store.names("final")) == ["final/2", "final/marker", "final/x/1"]
    assert list(store.names("work")) == []


def test_the_whole_archive_lives_in_an_object_store(tmp_path: Path, s3_url: str) -> None:
    local = world(tmp_path / "local")
    local.fill(4)
    remote = world(tmp_path / "remote", open_store(s3_url))
    remote.fill(4)
    assert remote.freeze().root == local.freeze().root
    report = verify_snapshot(remote.store, pack=remote.pack)
    assert report.problems == []
    assert report.rows_compared


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../b", "a//b", "", ".", "a/.hidden", "a\\b", "a\0b", "a/ b"])
def test_no_name_leaves_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError):
        checked(name)
    with pytest.raises(RefusedError):
        FolderStore(tmp_path / "inside").write(name, b"x")
    assert list(tmp_path.rglob("*")) == []


@given(st.text(min_size=1, max_size=25))
def test_any_text_makes_one_safe_reversible_part(text: str) -> None:
    try:
        part = safe_part(text)
    except (RefusedError, UnicodeEncodeError):
        return
    assert "/" not in part
    assert checked(part) == part
    assert decode_part(part) == text


def test_an_unknown_scheme_is_wrong_use() -> None:
    with pytest.raises(UserError, match="gopher"):
        open_store("gopher://x")
