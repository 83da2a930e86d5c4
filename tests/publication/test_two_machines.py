"""The same compendium on every machine: its files in all languages have the bytes that were written down once, elsewhere.

Where a template or its words change on purpose, write the digests anew: ``SAPA_DIGESTS=write pytest`` this file.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from tests.publication.regional_facts import facts, meta

from sapa.packs.loader import load_pack
from sapa.publication import publish
from sapa.publication.api import PARTS
from sapa.publication.language import LANGUAGES

WRITTEN = Path(__file__).parent / "compendium.sha256"


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_compendium_has_the_bytes_another_machine_has_written(tmp_path: Path) -> None:
    pack, regime = load_pack(str(Path(__file__).parent / "regional")), load_pack("kz-521")
    for lang in LANGUAGES:
        publish(
            pack, "statistical-compendium", facts(), tmp_path / lang, lang=lang, meta=meta(pack), regime=regime, only=PARTS,
        )  # fmt: skip
    made = digests(tmp_path)
    assert {Path(name).suffix for name in made} >= {".pdf", ".docx", ".html", ".xlsx"}
    if os.environ.get("SAPA_DIGESTS") == "write":
        WRITTEN.write_text("".join(f"{digest}  {name}\n" for name, digest in made.items()))
        pytest.skip("the digests are written anew")
    known = dict(reversed(line.split("  ")) for line in WRITTEN.read_text().splitlines())
    assert sorted(made) == sorted(known)
    assert [name for name in made if made[name] != known[name]] == []
