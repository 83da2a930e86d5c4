"""A local regulation built from changes: it reads as a pack, and what it changes is what its reader finds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sapa.errors import UserError
from sapa.packs.loader import Pack, load_pack
from sapa.packs.overlay import Cover, overlay_files, read_changes, write_overlay

COVER = Cover(
    id="ru-soko-local-1", version="1.0.0", lang="ru", title="Положение школы", issuer="Школа № 1", number="7",
    dated=date(2024, 1, 9),
)  # fmt: skip


@pytest.fixture(scope="module")
def base() -> Pack:
    return load_pack("ru-soko")


def made(base: Pack, tmp_path: Path, *changes: dict[str, object]) -> Pack:
    data = [{"provision": "Так решил педагогический совет.", **change} for change in changes]
    return write_overlay(overlay_files(base, read_changes(data), COVER), tmp_path / "local")


def test_an_indicator_is_added_replaced_taken_out(base: Pack, tmp_path: Path) -> None:
    health = {"criterion": "learners-health"}
    pack = made(
        base, tmp_path,
        {"kind": "put-sign", **health, "sign": "walks", "title": {"ru": "Доля гуляющих"}, "key": True},
        {"kind": "put-sign", **health, "sign": "sport-share", "title": {"ru": "Спорт"}, "direction": "lower"},
        {"kind": "drop-sign", **health, "sign": "deviation-ratio"},
    )  # fmt: skip
    found = pack.find("criteria", "learners-health")
    assert [(sign.id, sign.key, sign.direction) for sign in found.signs] == [
        ("sport-share", False, "lower"), ("sport-section-share", False, "higher"), ("walks", True, "higher"),
    ]  # fmt: skip
    assert "ru-soko:s4.6.g3" in found.clause
    assert "ru-soko-local-1:c1" in found.clause
    assert pack.clause("ru-soko-local-1:c1").text["ru"] == "Так решил педагогический совет."
    assert len(pack.criteria) == len(base.criteria)


def test_a_criterion_goes_and_another_comes(base: Pack, tmp_path: Path) -> None:
    pack = made(
        base, tmp_path,
        {"kind": "drop-criterion", "criterion": "parents-readiness"},
        {"kind": "put-criterion", "criterion": "ecology", "title": {"ru": "Экология"}},
        {"kind": "put-sign", "criterion": "ecology", "sign": "garden", "title": {"ru": "Сад"}, "key": True},
    )  # fmt: skip
    now = {item.id for item in pack.criteria if item.holds("2024")}
    assert now == {item.id for item in base.criteria} - {"parents-readiness"} | {"ecology"}


def test_levels_and_periodicity(base: Pack, tmp_path: Path) -> None:
    line = {"title": {"ru": "Здоровье"}, "form": "periodic", "level": "administration", "responsible": ["head"]}
    pack = made(
        base, tmp_path,
        {"kind": "set-levels", "levels": ["Хорошо", "Терпимо", "Плохо"]},
        {"kind": "put-line", "line": "health", "periodicity": "month", "products": ["note"], **line},
        {"kind": "drop-line", "line": "talent"},
    )  # fmt: skip
    assert {item.levels for item in pack.criteria} == {"local-levels"}
    assert [item.title["ru"] for item in pack.codelist("local-levels").items] == ["Хорошо", "Терпимо", "Плохо"]
    assert pack.find("monitoring", "health").periodicity == "month"
    held = [item.id for item in pack.monitoring if item.holds("2024")]
    assert "talent" not in held
    assert len(held) == len(base.monitoring) - 1


def test_what_is_not_there_cannot_be_changed(base: Pack, tmp_path: Path) -> None:
    for wrong in (
        {"kind": "drop-criterion", "criterion": "nothing"},
        {"kind": "drop-sign", "criterion": "learners-health", "sign": "nothing"},
        {"kind": "drop-line", "line": "nothing"},
        {"kind": "put-sign", "criterion": "learners-health", "sign": "x", "title": {"ru": "x"}, "figures": ["nothing"]},
        {"kind": "put-line", "line": "x", "title": {"ru": "x"}, "form": "periodic", "periodicity": "year",
         "level": "nowhere", "responsible": ["head"], "products": ["note"]},
        {"kind": "nothing"},
    ):  # fmt: skip
        with pytest.raises(UserError):
            made(base, tmp_path, wrong)
