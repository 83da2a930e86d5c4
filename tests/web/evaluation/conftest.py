"""The kindergarten's people."""

from __future__ import annotations

import pytest

from sapa_web.orgs.models import User
from tests.web import cast
from tests.web.evaluation.world import person


@pytest.fixture
def head(people: cast.Cast) -> User:
    return person("olena_koval", "head")


@pytest.fixture
def methodologist(people: cast.Cast) -> User:
    return person("iryna_bondar", "teacher")
