"""The site's log of roots: a version's roots are logged before it can be public, once, and a witness finds a rewritten log."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from sapa.archive.rootlog import Head, Log, extends, includes
from sapa_web.portal.domain.rootlog import log_roots, standing
from sapa_web.portal.models import RootEntry
from tests.web import cast
from tests.web.portal.world import release


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen")
def test_a_versions_roots_are_logged_with_it_and_only_once() -> None:
    version = release().data
    assert version is not None
    log = standing()
    logged = RootEntry.objects.filter(kind=RootEntry.ARCHIVE)
    assert dict(logged.values_list("period", "root")) == version.roots
    assert RootEntry.objects.get(kind=RootEntry.FIGURES).root == version.tree.root
    assert all(includes(log.head(), leaf, index, log.inclusion(index)) for index, leaf in enumerate(log.leaves))
    assert log_roots("system:test", cast.PACK) == 0
    assert standing().head() == log.head()


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen")
def test_a_witness_finds_a_log_that_was_changed(tmp_path: Path) -> None:
    kept = tmp_path / "head.json"
    call_command("root_log", "--add", "--export", str(kept))
    call_command("root_log", "--witness", str(kept))
    entry = RootEntry.objects.get(seq=0)
    entry.leaf = bytes(entry.leaf).replace(b'"size":', b'"size":1')
    entry.save()
    with pytest.raises(CommandError) as caught:
        call_command("root_log", "--witness", str(kept))
    assert caught.value.returncode == 1
    kept.write_text("{}")
    with pytest.raises(CommandError) as caught:
        call_command("root_log", "--witness", str(kept))
    assert caught.value.returncode == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen")
def test_anybody_reads_the_log_and_proves_that_it_grew() -> None:
    log_roots("system:test", cast.PACK)
    reader = Client()
    page = reader.get("/statistics/roots/").content.decode()
    told = reader.get("/statistics/roots/log.json").json()
    log = Log([line.encode() for line in told["lines"]])
    assert (told["size"], told["root"]) == (2, log.head().root)
    assert told["root"] in page
    assert all(entry.root in page for entry in RootEntry.objects.all())
    proof = reader.get("/statistics/roots/consistency.json?first=1").json()
    old, new = Head(**proof["first"]), Head(**proof["second"])
    assert (old, new) == (log.head(1), log.head())
    assert extends(old, new, proof["proof"])
    for wrong in ("", "?first=0", "?first=3", "?first=2&second=1", "?first=x"):
        assert reader.get(f"/statistics/roots/consistency.json{wrong}").status_code == 400


@pytest.mark.django_db
def test_an_empty_log_says_so() -> None:
    assert "No root is logged yet" in Client().get("/statistics/roots/").content.decode()
