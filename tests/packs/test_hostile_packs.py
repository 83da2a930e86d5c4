"""A pack broken anywhere is findings that point into its files, never an exception."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sapa.packs.check import check_pack
from sapa.packs.loader import Sections
from sapa.packs.source import read_yaml

SOUND = Path(__file__).parent / "sound_packs"
FILES = {
    name: read_yaml((SOUND / "complete" / name).read_bytes(), name).data
    for name in ("pack.yaml", "law.yaml", "return.yaml", "quality.yaml")
}
LEFT = [None, True, -1, 10**17, 2.5, "", "x", "a:b", "é" * 300, [], ["x", 3], {}, {"en": None}, [[[]]], {"kind": "count"}]


def places(value, path=()):
    """Every path in the data, inner ones too."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


PLACES = [(name, path) for name, data in FILES.items() for path in places(data) if path]


def test_the_complete_pack_holds_every_section():
    assert set().union(*(data for name, data in FILES.items() if name != "pack.yaml")) == set(Sections.model_fields)


def changed(data, path, value, action):
    data = json.loads(json.dumps(data))
    here = data
    for step in path[:-1]:
        here = here[step]
    if action == "replace":
        here[path[-1]] = value
    elif action == "remove":
        del here[path[-1]]
    elif isinstance(here, dict):
        here[str(value)] = here.pop(path[-1])
    else:
        here.insert(path[-1], value)
    return data


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PLACES), st.sampled_from(LEFT), st.sampled_from(["replace", "remove", "rename"]))
def test_any_leaf_may_be_anything(tmp_path, place, value, action):
    broken, path = place
    for name, data in FILES.items():
        new = changed(data, path, value, action) if name == broken else data
        (tmp_path / name).write_text(yaml.safe_dump(new, allow_unicode=True, sort_keys=False, width=1000), encoding="utf-8")
    _, found = check_pack(tmp_path, search=[SOUND])
    for item in found:
        assert item.message
        assert item.todo
        lines = (tmp_path / item.file).read_text(encoding="utf-8").split("\n")
        assert 0 <= item.line <= len(lines)
        assert item.line == 0 or 1 <= item.column <= len(lines[item.line - 1]) + 1


def test_a_thousand_mistakes_are_told_in_bounded_time(tmp_path):
    (tmp_path / "pack.yaml").write_bytes((SOUND / "base" / "pack.yaml").read_bytes())
    lines = [f"  - {{path: p{number}, kind: duty, text: {{en: Text}}, horizn: 1}}" for number in range(1000)]
    (tmp_path / "law.yaml").write_text("\n".join(["clauses:", *lines]))
    began = time.monotonic()
    _, found = check_pack(tmp_path, search=[])
    assert len(found) == 1000
    assert time.monotonic() - began < 10


def test_a_folder_named_like_a_file_is_passed_over(tmp_path):
    (tmp_path / "pack.yaml").write_bytes((SOUND / "base" / "pack.yaml").read_bytes())
    (tmp_path / "law.yaml").mkdir()
    assert check_pack(tmp_path, search=[])[1] == []


@pytest.mark.parametrize("name", ["../complete", "no-such-pack", "/etc"])
def test_a_name_that_leads_nowhere_is_a_finding(tmp_path, name):
    meta = (SOUND / "base" / "pack.yaml").read_text() + f'imports: ["{name}"]\n'
    (tmp_path / "pack.yaml").write_text(meta)
    _, found = check_pack(tmp_path, search=[SOUND])
    assert len(found) == 1
    assert found[0].code in {"dangling-import", "wrong-value"}
