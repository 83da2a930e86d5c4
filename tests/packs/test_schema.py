"""The JSON Schema that editors use is the one generated from the models."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from sapa.packs.loader import Sections
from sapa.packs.schema import FILES, schemas, write_schemas


@pytest.mark.parametrize("name", list(FILES))
def test_the_committed_schema_is_up_to_date(name, root):
    committed = (root / "docs" / "reference" / "schema" / name).read_text(encoding="utf-8")
    assert committed == schemas()[name], "the models changed: run sapa.packs.schema.write_schemas(docs/reference/schema)"


def test_the_schema_has_every_section_and_refuses_others():
    schema = json.loads(schemas()["sections.schema.json"])
    assert set(schema["properties"]) == set(Sections.model_fields)
    assert schema["additionalProperties"] is False


def test_every_object_of_the_schema_is_closed():
    """An editor must mark an unknown key wherever the reader refuses one."""
    for text in schemas().values():
        schema = json.loads(text)
        for name, part in schema["$defs"].items():
            assert part.get("type") != "object" or part["additionalProperties"] is False, name


def test_writing_makes_the_folder(tmp_path):
    paths = write_schemas(tmp_path / "new" / "schema")
    assert sorted(path.name for path in paths) == sorted(FILES)
    assert all(issubclass(model, BaseModel) for model, _ in FILES.values())
