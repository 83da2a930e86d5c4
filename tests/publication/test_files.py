"""A published file is whole under its final name, or not there: whatever ends the publication, and whenever."""

from __future__ import annotations

import dataclasses
import os
import random
import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.publication.conftest import Published

from sapa.publication import publish
from sapa.publication.files import write_whole

ROOT = Path(__file__).parents[2]
TURNS = 12


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a final name, with its bytes."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".partial")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def halfway(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The ``number``-th write of a file ends in the middle with Ctrl-C."""
    whole, calls = Path.write_bytes, iter(range(1, 1_000_000))

    def write_bytes(path: Path, data: bytes) -> int:
        if next(calls) != number:
            return whole(path, data)
        whole(path, data[: len(data) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_whole(tmp_path / "a.csv", "old\r\nfile\n")
    assert path.read_bytes() == b"old\r\nfile\n"
    halfway(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"a longer, newer file")
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"a.csv": b"old\r\nfile\n"}
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


def test_ctrl_c_in_the_middle_of_each_file(published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = contents(published.folder)
    parts = ("tables", "workbook")
    count = sum(name.startswith("tables/") for name in reference)
    assert count > 5
    for number in range(1, count + 1):
        folder = tmp_path / str(number)
        with monkeypatch.context() as patch:
            halfway(patch, number)
            with pytest.raises(KeyboardInterrupt):
                publish(published.pack, "yearbook", published.facts, folder, lang="en", meta=published.meta, only=parts)
        found = contents(folder)
        assert len(found) == number - 1
        assert found.items() <= reference.items()
        assert not list(folder.rglob("*.partial"))


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_ended_at_a_random_moment_every_file_is_the_old_or_the_new_one(
    published: Published, tmp_path: Path, ending: signal.Signals
) -> None:
    earlier = dataclasses.replace(published.meta, root="0" * 64, document_date=published.meta.document_date - timedelta(30))
    publish(published.pack, "yearbook", published.facts, tmp_path / "old", lang="en", meta=earlier)
    old, new = contents(tmp_path / "old"), contents(published.folder)
    assert old.keys() == new.keys()
    differ = {name for name in new if old[name] != new[name]}
    assert {"yearbook.en.pdf", "tables/tables.en.xlsx"} <= differ
    command = [sys.executable, "-m", "tests.publication.interrupted", str(published.facts)]
    pipe = subprocess.PIPE
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    replaced, left = [], 0
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"

        def published_into(name: str, seconds: float = 0, number: int = 0) -> float:
            shutil.copytree(tmp_path / "old", tmp_path / name)
            server.stdin.write(f"{tmp_path / name}\t{seconds}\t{number}\n")
            server.stdin.flush()
            return float(server.stdout.readline())

        span = published_into("undisturbed")
        assert contents(tmp_path / "undisturbed") == new
        chance = random.Random(20260115)
        for turn in range(TURNS):
            published_into(str(turn), span * (turn + chance.random()) / TURNS, ending)  # each part of it is hit
            found = contents(tmp_path / str(turn))
            assert found.keys() == old.keys()
            assert [name for name in found if found[name] not in (old[name], new[name])] == []
            replaced.append(sum(found[name] == new[name] for name in differ))
            left += len(list((tmp_path / str(turn)).rglob("*.partial")))
        server.stdin.close()
    assert len({count for count in replaced if 0 < count < len(differ)}) >= 3, f"hardly any was ended in the middle: {replaced}"
    assert ending == signal.SIGKILL or left == 0, "Ctrl-C left something behind"
