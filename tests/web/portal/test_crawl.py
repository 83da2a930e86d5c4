"""Every published cell resolves and verifies, and whatever is touched is found."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from sapa_web.common import clock
from sapa_web.portal.domain.crawl import crawl
from sapa_web.portal.domain.queries import published as gate
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion
from tests.web.portal.world import hiding, second_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def test_every_cell_of_every_version_resolves_and_verifies(published: Any) -> None:
    second_version(hiding("institutions@2023[region=R1]"))
    versions = list(gate.versions(clock.now()))
    said = StringIO()
    call_command("crawl_published", "--bundles", "15", stdout=said)
    found = crawl(clock.now(), bundles=0)
    assert len(versions) == 2
    assert found.cells == sum(version.facts for version in versions)
    assert f"{found.cells} cells of 2 versions" in said.getvalue()
    assert "0 faults" in said.getvalue()


def test_a_changed_file_a_changed_tree_and_a_changed_log_are_found(published: Any) -> None:
    version: DataVersion = published.data
    store = published_store()
    name = f"{version.folder}/facts.tree"
    kept = store.read(name)
    place = 32 * 40
    store.write(name, kept[:place] + bytes(32) + kept[place + 32 :])
    broken = crawl(clock.now(), bundles=0)
    assert 0 < broken.wrong < version.facts  # the neighbours of the changed leaf, and only they
    store.write(name, kept)
    assert crawl(clock.now(), bundles=0).wrong == 0
    store.write(f"{version.folder}/facts.parquet", store.read(f"{version.folder}/facts.parquet") + b" ")
    assert "not the registered one" in crawl(clock.now(), bundles=0).faults[0]
    with pytest.raises(CommandError) as caught:
        call_command("crawl_published", "--bundles", "0")
    assert caught.value.returncode == 1


def test_where_nothing_is_public_nothing_is_wrong(db: None) -> None:
    assert crawl(clock.now()) == crawl(clock.now(), pack="nothing")
