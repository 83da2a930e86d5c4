"""A small data set with one field of every type, for tests that need no pack on disk."""

from __future__ import annotations

from typing import Any

import pytest

from sapa.packs.models_data import Dataset
from sapa.packs.models_law import CodeList


class Lists:
    """Stands for a pack: only code lists are asked of it."""

    def __init__(self, *lists: CodeList) -> None:
        self.lists = {item.id: item for item in lists}

    def codelist(self, element_id: str, period: str | None = None) -> CodeList:
        return self.lists[element_id]


def make_dataset(fields: list[dict[str, Any]], **more: Any) -> Dataset:
    """A data set from short field definitions: title and concept follow from the id."""
    full = [{"title": {"en": item["id"].replace("_", " ").capitalize()}, "concept": item["id"], **item} for item in fields]
    base = {"id": "trial", "clause": "p1", "title": {"en": "Trial"}, "grain": "institution", "unit": fields[0]["id"]}
    return Dataset.model_validate({**base, "fields": full, **more})


LEVELS = CodeList.model_validate(
    {
        "id": "levels",
        "clause": "p1",
        "title": {"en": "Levels"},
        "items": [
            {"code": "I", "title": {"en": "Primary"}},
            {"code": "I-III", "title": {"en": "Whole school"}, "aliases": ["1-3"]},
        ],
    }
)


@pytest.fixture
def lists() -> Lists:
    return Lists(LEVELS)


@pytest.fixture
def dataset() -> Dataset:
    return make_dataset(
        [
            {"id": "school", "type": "string", "role": "unit", "required": True, "normalise": ["trim"]},
            {"id": "level", "type": "code", "code_list": "levels", "normalise": ["roman", "alias"]},
            {"id": "pupils", "type": "integer", "minimum": 0, "nulls": ["n/a"]},
            {"id": "spending", "type": "decimal", "scale": 2, "normalise": ["number-text"]},
            {"id": "share", "type": "number"},
            {"id": "boarding", "type": "boolean", "normalise": ["boolean-text"]},
            {"id": "opened", "type": "date"},
            {"id": "reg_no", "type": "string", "width": 8, "normalise": ["leading-zeros"]},
        ]
    )
