"""YAML with positions: strict, bounded, and never an exception on content."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sapa.packs import source as module
from sapa.packs.source import MAX_BYTES, MAX_DEPTH, read_yaml, scalar


def codes(text):
    return [item.code for item in read_yaml(text, "f.yaml").findings]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xff")
@example(b"a: " + b"9" * 5000)
@example(b"a: 1.5e999")
@example(b"? [a]\n: b\n")
@example(b"%YAML 9.9\n---\na\n")
@example(b"!!python/object/apply:os.getcwd []")
def test_random_bytes_never_raise(content):
    read = read_yaml(content, "f.yaml")
    lines = content.count(b"\n") + content.count(b"\r") + 2
    for item in read.findings:
        assert item.message
        assert 0 <= item.line <= lines + content.count("\x85".encode()) + 2 * content.count(b"\xe2\x80")


yamlish = st.text(alphabet=st.sampled_from("ab: -[]{}&*!|>'\"#%@,?\n\t~0123.eé"), max_size=60)


@settings(max_examples=500, deadline=None)
@given(yamlish)
def test_random_yaml_never_raises_and_every_key_stands_where_it_is_said_to(text):
    read = read_yaml(text.encode(), "f.yaml")
    assert all(item.code in {"yaml-syntax", "yaml-refused", "duplicate-key"} for item in read.findings)
    lines = text.split("\n")
    for path, (line, column) in read.keys.items():
        here = lines[line - 1][column - 1 :]
        assert here[:1] in "'\"|>" or here.startswith(str(path[-1])[:1])


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=4))
def test_what_the_reference_library_writes_comes_back(data):
    """Dumped by PyYAML with every text quoted, so that only the tree and the positions are in question."""
    text = yaml.safe_dump(data, default_style='"', allow_unicode=True)
    read = read_yaml(_untagged(text).encode(), "f.yaml")
    assert read.findings == []
    assert _as_text(read.data or {}) == _as_text(data)


def _untagged(text):
    """PyYAML marks quoted numbers, booleans and nulls by a tag, which we refuse: the text alone is compared."""
    for tag in ("!!int ", "!!bool ", "!!null ", "!!float "):
        text = text.replace(tag, "")
    return text


def _as_text(value):
    if isinstance(value, dict):
        return {str(key): _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    if value is None or isinstance(value, bool):  # 0 and False are equal: by identity, not by look-up
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), unique=True), st.integers(0, 3))
def test_positions_are_where_the_keys_stand(keys, blank):
    lines = []
    for key in keys:
        lines += [""] * blank + [f"{key}:", f"  inner: {len(key)}"]
    read = read_yaml("\n".join(lines).encode(), "f.yaml")
    for key in keys:
        line, column = read.position((key,))
        assert lines[line - 1].startswith(f"{key}:")
        assert column == 1
        line, column = read.position((key, "inner"))
        assert (lines[line - 1][column - 1 :]) == f"inner: {len(key)}"
        assert read.position((key, "inner", "absent", 3)) == (line, column)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("off", "off"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("012", "012"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("1.50", 1.5),
        ("1e3", "1e3"),
        (".5", ".5"),
        ("2020-10-01", "2020-10-01"),
        ("9" * 19, "9" * 19),
        ("1.0e999", "1.0e999"),
    ],
)
def test_only_what_is_meant_becomes_a_number_or_an_answer(text, value):
    got = scalar(text, plain=True)
    assert got == value
    assert type(got) is type(value)
    assert scalar(text, plain=False) == text


@pytest.mark.parametrize("loader", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)])
def test_both_readers_type_plain_scalars_alike(loader, monkeypatch):
    """libyaml names the plain style "" and the pure reader None: numbers were once text with the one and not the other."""
    monkeypatch.setattr(module, "_Loader", loader)
    assert read_yaml(b"a: 1\nb: '1'\nc: null\nd: [true, 2.5]\n", "f").data == {"a": 1, "b": "1", "c": None, "d": [True, 2.5]}
    found = read_yaml("é: \x07\n".encode(), "f").findings
    assert [(item.line, item.column) for item in found] == [(1, 4)]


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor():
    rows = ["a: &a [x, x]"] + [f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    assert codes("\n".join(rows).encode()) == ["yaml-refused"]


def test_depth_and_size_are_bounded():
    assert codes(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) == []
    assert codes(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)) == ["yaml-refused"]
    assert codes(b"[" * 200_000) == ["yaml-refused"]
    assert codes(b" " * (MAX_BYTES + 1)) == ["file-too-large"]


def test_a_key_given_twice_keeps_the_first_value_and_names_both_lines():
    read = read_yaml(b"a: 1\nb: 2\na: 3\n", "f.yaml")
    assert read.data == {"a": 1, "b": 2}
    assert [(item.code, item.line) for item in read.findings] == [("duplicate-key", 3)]
    assert "line 1" in read.findings[0].message
