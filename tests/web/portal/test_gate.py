"""Nothing is public before its minute, and everything from that minute on, worker or not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from sapa_web.common import clock
from sapa_web.portal.domain.queries import published as gate
from tests.web import cast
from tests.web.portal.world import release

SECOND = timedelta(seconds=1)


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen")
def test_a_release_and_its_figures_are_public_from_their_second_on() -> None:
    at = cast.DAY + timedelta(hours=1)
    made = release(at=at)
    for moment, public in ((at - SECOND, False), (at, True), (at + SECOND, True)):
        assert (made in gate.releases(moment)) is public
        assert (made.data in gate.versions(moment)) is public
        assert gate.packs(moment) == ([cast.PACK] if public else [])
        assert (made in gate.announced(moment)) is not public
        with clock.standing_at(moment):
            page = Client().get("/statistics/")
        assert page.status_code == 200


@pytest.mark.django_db
def test_published_figures_are_those_of_the_version(frozen: Path, published: object) -> None:
    version = gate.newest(clock.now(), cast.PACK)
    assert version is not None
    figures = gate.figures(version)
    assert figures.periods == ("2022", "2023")
    assert figures.fact("learners", "2023") is not None
    assert gate.Everybody(cast.PACK).units(["any"]) == frozenset()
