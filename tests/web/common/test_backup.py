"""Backup and restore: whole, consistent while people work, refused when damaged, on both databases and with an object store."""

from __future__ import annotations

import os
import shutil
import signal
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sapa.errors import RefusedError
from sapa_web.common.domain.backup import inspect
from tests.web import site
from tests.web.site import Site

WORLD = """
from tests.web import cast
from sapa.signing.cades import sign_detached
from sapa_web.collection.domain import checking, signing, working
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.common import clock
from sapa_web.common.crypto import pseudonym_key
from sapa_web.orgs.models import User

def send(code, revision):
    kind, level = ("kindergarten", "preschool") if code == cast.KINDERGARTEN else ("secondary-school", "general")
    row = {k: str(v) for k, v in cast.attributes(f"School {revision}", kind, level, "R1-01").items()}
    head = User.objects.get(email="head@example.org")
    asked = cast.obligation("institutions", code)
    change = [{"op": "add", "row": "a", "values": row}] if revision == 1 else [
        {"op": "set", "row": "a", "field": "name", "was": f"School {revision - 1}", "value": f"School {revision}"}]
    working.apply(head, asked, change)
    checking.check_draft(asked)
    request = signing.prepare(head, asked)
    signer = demonstration_authority().person("Head", code, now=clock.now())
    return signing.accept(head, asked, sign_detached(bytes(request.manifest), signer, signing_time=clock.now()))
"""
BUILD = (
    WORLD
    + """
with clock.standing_at(cast.DAY):
    pseudonym_key()
    cast.build()
    cast.campaigns()
    print(send(cast.SCHOOL, 1).receipt)
"""
)
LOOK = (
    WORLD
    + """
from sapa_web.collection.models import Submission
from sapa_web.common.domain import ledger
with clock.standing_at(cast.DAY):
    known = Submission.objects.unscoped("test")
    name = working.rows_of(known.first().obligation)[1][0]["name"]
    print(len(known.all()), len(list(ledger.faults())), known.first().receipt, name)
    new = User.objects.create_user("new@example.org", cast.PASSWORD, name="New")  # numbers go on where they ended
    assert User.objects.filter(pk=new.pk).count() == 1
"""
)


pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("backup")]


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def new(name: str, **options: bool) -> Site:
        made.append(site.make(tmp_path / name, **options))
        return made[-1]

    yield new
    for each in made:
        each.drop()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site with one signed return, and its receipt; tests leave it as they found it, the last one excepted."""
    one = site.make(tmp_path_factory.mktemp("built") / "one")
    yield one, one.python(BUILD).strip()
    one.drop()


def test_a_site_comes_back_whole(built: tuple[Site, str], sites: Callable[..., Site], tmp_path: Path) -> None:
    one, receipt = built
    file = tmp_path / "site.tar"
    said = one.run("backup", str(file))
    assert "ledger entry" in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert "exists" in one.run("backup", str(file), code=2)
    two = sites("two", migrated=False)
    assert "whole" in two.run("restore", str(file), "--check")
    assert "restored and verified" in two.run("restore", str(file))
    assert "0 adopted, 0 lost" in two.run("reconcile")
    assert two.python(LOOK).split(maxsplit=3) == ["1", "0", receipt, "School 1\n"]
    for key in ("secret-key", "pseudonym-key"):
        assert (two.home / key).read_bytes() == (one.home / key).read_bytes()
    assert "not empty" in two.run("restore", str(file), code=2)


def test_from_one_kind_of_database_into_the_other(built: tuple[Site, str], sites: Callable[..., Site], tmp_path: Path) -> None:
    """On PostgreSQL: a laptop's site goes into service and back."""
    if not site.POSTGRES:
        pytest.skip("shown where the suite runs on PostgreSQL")
    one, receipt = built
    one.run("backup", str(tmp_path / "a.tar"))
    laptop = sites("laptop", postgres=False)
    laptop.run("restore", str(tmp_path / "a.tar"))
    laptop.run("backup", str(tmp_path / "b.tar"))
    service = sites("service", migrated=False)
    service.run("restore", str(tmp_path / "b.tar"))
    assert service.python(LOOK).split()[:3] == ["1", "0", receipt]


def test_keys_may_be_kept_apart(built: tuple[Site, str], sites: Callable[..., Site], tmp_path: Path) -> None:
    one, receipt = built
    file = tmp_path / "site.tar"
    said = one.run("backup", str(file), "--without-keys")
    assert "keep it elsewhere: secret-key" in said
    with tarfile.open(file) as tar:
        assert not [name for name in tar.getnames() if name.endswith("-key")]
    two = sites("two")
    assert "-key of this home is not the backup's" in two.run("restore", str(file), code=2)
    for key in ("secret-key", "pseudonym-key"):
        (two.home / key).write_bytes((one.home / key).read_bytes())
    two.run("restore", str(file))
    assert receipt in two.python(LOOK)


def test_a_damaged_backup_is_refused_whatever_is_damaged(
    built: tuple[Site, str], sites: Callable[..., Site], tmp_path: Path
) -> None:
    one, _receipt = built
    one.run("backup", str(tmp_path / "site.tar"))
    content = (tmp_path / "site.tar").read_bytes()
    with tarfile.open(tmp_path / "site.tar") as tar:
        places = [item.offset_data + item.size // 2 for item in tar if item.size]
        end = tar.getmembers()[-1].offset
    bad = tmp_path / "bad.tar"
    for place in places:
        bad.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with pytest.raises(RefusedError, match="damaged or not whole"):
            inspect(bad)
    for length in (0, 100, len(content) // 2, end, end + 700):
        bad.write_bytes(content[:length])
        with pytest.raises(RefusedError, match="damaged or not whole"):
            inspect(bad)
    two = sites("two")
    assert "damaged" in two.run("restore", str(bad), code=1)
    assert not (two.home / "archive").exists()
    assert "there is no" in two.run("restore", str(tmp_path / "none.tar"), code=2)


def test_a_restore_that_was_cut_off_is_repeated(built: tuple[Site, str], sites: Callable[..., Site], tmp_path: Path) -> None:
    one, receipt = built
    one.run("backup", str(tmp_path / "site.tar"))
    two = sites("two")
    name = next((one.home / "archive").rglob("*.json")).relative_to(one.home)
    (two.home / name).parent.mkdir(parents=True)
    (two.home / name).write_bytes((one.home / name).read_bytes())  # as far as it had come
    two.run("restore", str(tmp_path / "site.tar"))
    assert receipt in two.python(LOOK)
    three = sites("three")
    (three.home / name).parent.mkdir(parents=True)
    (three.home / name).write_bytes(b"somebody else's")
    assert "not of this backup" in three.run("restore", str(tmp_path / "site.tar"), code=2)


def test_a_missing_file_of_the_archive_is_named(built: tuple[Site, str], sites: Callable[..., Site], tmp_path: Path) -> None:
    one, _receipt = built
    lost = next((one.home / "archive").rglob("*.p7s"))
    hidden = lost.rename(tmp_path / lost.name)
    one.run("backup", str(tmp_path / "site.tar"))
    hidden.rename(lost)
    said = sites("two").run("restore", str(tmp_path / "site.tar"), code=1)
    assert f"{lost.name} is missing" in said


def test_a_killed_backup_leaves_nothing_that_looks_whole(
    built: tuple[Site, str], sites: Callable[..., Site], tmp_path: Path
) -> None:
    one, _receipt = built
    folder = tmp_path / "kept"
    folder.mkdir()
    ballast = one.home / "archive" / "demo" / "2023"
    ballast.mkdir(parents=True)
    for number in range(300):
        (ballast / f"x{number}").write_bytes(os.urandom(100_000))
    process = one.start("backup", str(folder / "site.tar"))
    while process.poll() is None and not (folder / "site.tar.partial").exists():
        time.sleep(0.005)
    process.kill()
    process.communicate()
    assert not (folder / "site.tar").exists()
    assert (folder / "site.tar.partial").exists(), "the backup was over before it was killed"
    (folder / "site.tar.partial").rename(folder / "taken.tar")
    assert "damaged or not whole" in sites("two").run("restore", str(folder / "taken.tar"), code=1)
    one.run("backup", str(folder / "site.tar"))
    assert sorted(path.name for path in folder.iterdir()) == ["site.tar", "taken.tar"]
    shutil.rmtree(ballast)


RECEIPTS = """
from sapa_web.collection.models import Submission
print(*Submission.objects.unscoped("test").values_list("receipt", flat=True))
"""
STREAM = (
    WORLD
    + """
import sys
with clock.standing_at(cast.DAY):
    for revision in range(2, 40):
        print(send(cast.SCHOOL, revision).receipt, flush=True)
"""
)


def test_a_backup_while_returns_come_in(built: tuple[Site, str], sites: Callable[..., Site], tmp_path: Path) -> None:
    one, first = built
    sender = one.start("shell", "--no-imports", "-c", STREAM)
    assert sender.stdout is not None
    shown = [first, *(sender.stdout.readline().strip() for _ in range(3))]  # receipts that people hold before the backup begins
    one.run("backup", str(tmp_path / "site.tar"))
    assert sender.poll() is None, "the sender had ended before the backup: nothing was shown"
    sender.send_signal(signal.SIGTERM)
    sender.communicate()
    two = sites("two")
    two.run("restore", str(tmp_path / "site.tar"))
    two.run("reconcile")
    held = two.python(RECEIPTS).split()
    assert set(shown) <= set(held)
    assert "the ledger holds" in two.run("verify_ledger")
