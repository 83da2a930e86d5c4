"""JSON Schema of the files of a pack, generated from the models that read them, so that editors complete and check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sapa.packs.loader import Sections
from sapa.packs.models_law import PackMeta

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILES: dict[str, tuple[type[BaseModel], str]] = {
    "pack.schema.json": (PackMeta, "pack.yaml"),
    "sections.schema.json": (Sections, "every other YAML file of a pack"),
}


def schemas() -> dict[str, str]:
    """File name → text of the schema (sorted keys, two spaces, a final line break)."""
    return {name: _text(model, title) for name, (model, title) in FILES.items()}


def _text(model: type[BaseModel], title: str) -> str:
    schema: dict[str, Any] = {"$schema": _DIALECT, **model.model_json_schema(), "title": title}
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas into ``folder`` (made when missing); returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    out = []
    for name, text in schemas().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        out.append(path)
    return out
