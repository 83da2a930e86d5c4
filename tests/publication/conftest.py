"""A published report of a pack with nasty names, made once for the tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.publication.generate import facts_for, meta_for, write_facts

from sapa.packs.loader import Pack, load_pack
from sapa.publication import PublicationMeta, PublishReport, publish

PERIODS = ["2023", "2024", "2025"]


@dataclass(frozen=True)
class Published:
    pack: Pack
    meta: PublicationMeta
    facts: Path
    folder: Path
    report: PublishReport


@pytest.fixture(scope="session")
def nasty() -> Pack:
    return load_pack(str(Path(__file__).parent / "pack"))


@pytest.fixture(scope="session")
def facts(nasty: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_facts(facts_for(nasty, "yearbook", PERIODS), tmp_path_factory.mktemp("facts"))


@pytest.fixture(scope="session")
def published(nasty: Pack, facts: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    meta = meta_for(nasty, "2025")
    report = publish(nasty, "yearbook", facts, folder, lang="en", meta=meta)
    return Published(nasty, meta, facts, folder, report)
