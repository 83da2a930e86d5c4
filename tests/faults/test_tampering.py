"""1,000 random changes to a frozen archive: every one is found, and the first bad submission is named."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sapa.archive.verify import VerifyReport, verify_snapshot
from tests.support.archives import class_rows, world

CHANGES = int(os.environ.get("SAPA_CHANGES", "1000"))


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of six schools, two of them with a second revision, frozen."""
    folder = tmp_path_factory.mktemp("frozen")
    here = world(folder)
    here.fill(6)
    here.take_in("classes", here.submissions("classes", class_rows(2, extra=1), revision=2))
    here.freeze()
    return folder


def files(folder: Path, pattern: str = "*") -> list[Path]:
    return sorted(path for path in (folder / "archive").rglob(pattern) if path.is_file() and path.name != "trust.json")


def frozen_files(folder: Path) -> list[Path]:
    """Files a snapshot vouches for: its own, and those of the revisions it froze."""
    second = {path.parent for path in files(folder, "r0002.*")}
    old = {path for path in files(folder, "r0001.*") if path.parent in second}
    return [path for path in files(folder) if path not in old]


def flip_a_byte(folder: Path, chance: random.Random) -> str:
    path = chance.choice([path for path in frozen_files(folder) if path.stat().st_size])
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    return str(path)


def cut_or_grow(folder: Path, chance: random.Random) -> str:
    path = chance.choice([path for path in frozen_files(folder) if path.stat().st_size])
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content))] if chance.random() < 0.5 else content + b"\n")
    return str(path)


def change_rows(folder: Path, chance: random.Random) -> str:
    path = chance.choice([path for path in frozen_files(folder) if path.suffix == ".csv"])
    header, *rows = path.read_text().splitlines()
    if len(rows) > 1 and chance.random() < 0.4:
        rows[0], rows[1] = rows[1], rows[0]
    elif chance.random() < 0.5:
        rows.pop(chance.randrange(len(rows)))
    else:
        rows.append(rows[-1])
    path.write_text("\n".join([header, *rows, ""]))
    return str(path)


def delete(folder: Path, chance: random.Random) -> str:
    path = chance.choice(frozen_files(folder))
    path.unlink()
    return str(path)


def put_back_an_old_copy(folder: Path, chance: random.Random) -> str:
    newer = chance.choice(files(folder, "r0002.*"))
    if chance.random() < 0.5:
        shutil.copy(newer.with_name(newer.name.replace("r0002", "r0001")), newer)
    else:
        for suffix in (".csv", ".json", ".p7s"):
            shutil.copy(newer.with_name("r0001" + suffix), newer.with_name("r0002" + suffix))
    return str(newer)


def swap_two_submissions(folder: Path, chance: random.Random) -> str:
    first, second = chance.sample([path for path in frozen_files(folder) if path.suffix == ".csv"], 2)
    for suffix in (".csv", ".json", ".p7s"):
        one, other = first.with_suffix(suffix), second.with_suffix(suffix)
        content = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(content)
    return str(first)


def add_a_file(folder: Path, chance: random.Random) -> str:
    path = folder / "archive/snapshot" / chance.choice(["extra.json", "rows/more.parquet", "packs/tiny/more.yaml"])
    path.write_bytes(b"{}")
    return str(path)


KINDS: list[Callable[[Path, random.Random], str]] = [
    flip_a_byte,
    flip_a_byte,
    cut_or_grow,
    change_rows,
    delete,
    put_back_an_old_copy,
    swap_two_submissions,
    add_a_file,
]


def check(folder: Path, root: str) -> VerifyReport:
    here = world(folder)
    return verify_snapshot(here.store, pack=here.pack, expected_root=root)


@pytest.mark.slow
def test_every_change_is_found(frozen: Path, tmp_path: Path) -> None:
    untouched = check(frozen, "")
    assert untouched.ok
    chance = random.Random(521)
    missed: list[str] = []
    unnamed: list[str] = []
    for number in range(CHANGES):
        folder = tmp_path / "copy"
        shutil.copytree(frozen, folder)
        kind = chance.choice(KINDS)
        where = kind(folder, chance)
        what = f"{number}: {kind.__name__} {where}"
        report = check(folder, untouched.root)
        if report.ok:
            missed.append(what)
        elif "/submissions/" in where:
            name = Path(where).relative_to(folder / "archive").with_suffix("").as_posix()
            named = [problem.where for problem in report.problems if problem.where.startswith("submissions/")]
            if not named or (kind is not swap_two_submissions and named[0] != name):
                unnamed.append(what)
        shutil.rmtree(folder)
    assert missed == []
    assert unnamed == []


def test_an_older_snapshot_put_back_whole_is_found_by_the_published_root(tmp_path: Path) -> None:
    first = world(tmp_path / "first")
    first.fill(3)
    old = first.freeze()
    second = world(tmp_path / "second")
    second.fill(3)
    second.take_in("classes", second.submissions("classes", class_rows(1, extra=5), revision=2))
    published = second.freeze().root
    shutil.rmtree(tmp_path / "second/archive/snapshot")
    shutil.copytree(tmp_path / "first/archive/snapshot", tmp_path / "second/archive/snapshot")
    assert check(tmp_path / "second", old.root).ok
    report = check(tmp_path / "second", published)
    assert [problem.code for problem in report.problems] == ["other_root"]
