"""The browser's check of a bundle and the stand-alone verifier say the same, line by line, of good and of tampered bundles."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client

from sapa.archive import standalone_bundle
from sapa.archive.rootlog import FORMAT
from sapa.signing.authority import DemonstrationAuthority
from sapa_web.collection.domain.trust import trust_now
from sapa_web.portal.files import published_store
from tests.web.portal.test_verify import CELL, GROWTH, TAMPERED, bundle, changed, document, shown_totals, version
from tests.web.portal.world import hiding, second_version

SCRIPT = Path(__file__).with_name("verify_bundle.mjs")
PKI = Path(__file__).resolve().parents[3] / "frontend" / "node_modules" / "pkijs"
STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "0" * 64,
    "AB" * 32,
    [],
    {},
    ["x"],
    {"a": "b"},
    "\ud800",
    1e-7,
)
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("frozen"),
    pytest.mark.skipif(
        NODE is None, reason="node, which builds the pages' scripts, is not here: the browser's check is not tested"
    ),
]
Case = tuple[str, bytes, dict[str, bytes]]


def by_python(data: bytes, further: dict[str, bytes]) -> Any:
    try:
        return [[step.code, step.state, step.words] for step in standalone_bundle.check(data, **further)]
    except standalone_bundle.NotABundleError:
        return "no bundle"


def by_browser(cases: list[Case], folder: Path) -> list[Any]:
    lines = []
    for number, (_name, data, further) in enumerate(cases):
        asked = {}
        for kind, content in {"bundle": data, **further}.items():
            path = folder / f"{number}-{kind}"
            path.write_bytes(content)
            asked[kind] = str(path)
        lines.append(json.dumps(asked))
    command = [str(NODE), str(SCRIPT)]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return [item if isinstance(item, str) else [[s["code"], s["state"], s["words"]] for s in item] for item in told]


def held_together(cases: list[Case], folder: Path) -> list[Any]:
    expected = [by_python(data, further) for _name, data, further in cases]
    for (name, _data, _further), one, other in zip(cases, expected, by_browser(cases, folder), strict=True):
        assert other == one, name
    return expected


def signatures(data: bytes, authorities: bytes, folder: Path) -> list[tuple[str, str]]:
    """State and words of the browser's check of the keeper's signatures."""
    (folder / "signed.zip").write_bytes(data)
    (folder / "authorities.pem").write_bytes(authorities)
    asked = {"bundle": str(folder / "signed.zip"), "signatures": True}
    asked |= {"authorities": str(folder / "authorities.pem")} if authorities else {}
    done = subprocess.run([str(NODE), str(SCRIPT)], input=json.dumps(asked) + "\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return [(step["state"], step["words"]) for step in json.loads(done.stdout)]


def log() -> bytes:
    return Client().get("/statistics/roots/log.json").content


def head(size: int, root: str) -> bytes:
    return json.dumps({"log": FORMAT, "size": size, "root": root, "at": "2024-01-01T00:00:00Z"}).encode()


def test_good_and_tampered_bundles(published: Any, tmp_path: Path) -> None:
    good = {name: bundle(name) for name in (CELL, GROWTH, "capacity-mean@2023", "learners@2023")}
    tampered: list[Case] = [(what, changed(bundle(), change), {}) for what, (change, _steps) in TAMPERED.items()]
    second_version(hiding(CELL))
    good["a hidden cell"] = bundle()
    second_version(shown_totals)
    good["with the signed statement"] = bundle()
    cases = [*((name, data, {"log": log()}) for name, data in good.items()), *tampered]
    told = held_together(cases, tmp_path)
    for (name, _data, _further), steps in zip(cases, told, strict=True):
        assert any(state == "failed" for _code, state, _words in steps) is (name in TAMPERED), name


def test_logs_witnesses_and_the_file_of_figures(published: Any, tmp_path: Path) -> None:
    facts = published_store().read(f"{version().folder}/facts.parquet")
    whole, data = json.loads(log()), bundle()
    other = json.dumps({**whole, "lines": whole["lines"][::-1]}).encode()
    witness = head(whole["size"], whole["root"])
    further: dict[str, dict[str, bytes]] = {
        "all": {"log": log(), "witness": witness, "facts": facts},
        "another file": {"facts": facts + b"x"},
        "a rewritten log": {"log": other, "witness": witness},
        "a shorter log": {"log": json.dumps({**whole, "lines": whole["lines"][:1]}).encode()},
        "no log": {"witness": witness},
        "no JSON": {"log": b"{", "witness": b"\xff"},
        "another head": {"log": log(), "witness": head(whole["size"], "0" * 64)},
        "a head of tomorrow": {"log": log(), "witness": head(whole["size"] + 1, whole["root"])},
        "UTF-16": {"log": log().decode().encode("utf-16")},
        "a byte order mark": {"log": b"\xef\xbb\xbf" + log()},
    }
    told = held_together([(name, data, files) for name, files in further.items()], tmp_path)
    assert [any(state == "failed" for _code, state, _words in steps) for steps in told] == [name != "all" for name in further]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    if new is Ellipsis:
        del value[path[-1]]
    else:
        value[path[-1]] = new


def test_every_place_of_the_document_taken_away_or_filled_with_something_strange(published: Any, tmp_path: Path) -> None:
    data = bundle(GROWTH)
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        about = json.loads(box.read("bundle.json"))
    cases: list[Case] = []
    for number, path in enumerate(places(about)):
        # Each place is taken away, and filled with three strange things, other ones at each.
        for new in (Ellipsis, *(STRANGE[(number * 3 + step) % len(STRANGE)] for step in range(3))):
            cases.append((f"{path} → {new!r}", changed(data, document(lambda d, path=path, new=new: put(d, path, new))), {}))
    told = held_together(cases, tmp_path)
    assert len(cases) > 200
    assert sum(any(state == "failed" for _code, state, _words in steps) for steps in told if steps != "no bundle") > 150


def instead(content: dict[str, bytes], kept: dict[str, bytes]) -> None:
    kept.clear()
    kept.update(content)


def archives(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        files = {name: box.read(name) for name in box.namelist()}
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED), ("bzip2", zipfile.ZIP_BZIP2)):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as box:
            for entry, content in files.items():
                box.writestr(entry, content)
        yield name, out.getvalue()
    out = io.BytesIO(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(out, "a") as box:
            box.writestr("bundle.json", files["bundle.json"])
    yield "a file twice", out.getvalue()
    yield "something before", b"#!/bin/sh\n" + data
    yield "half of it", data[: len(data) // 2]
    yield "nothing", b""
    yield "no zip", b"no zip" * 100
    end = data.rindex(b"PK\x05\x06")
    yield "a longer comment", data[: end + 20] + b"\x05\x00hello"
    central = data.index(b"PK\x01\x02")
    yield "encrypted", data[: central + 8] + b"\x01" + data[central + 9 :]
    yield "another sum", data[: central + 16] + bytes([data[central + 16] ^ 1]) + data[central + 17 :]
    yield "another size", data[: central + 24] + bytes([data[central + 24] ^ 1]) + data[central + 25 :]
    yield "another name inside", data[:30] + b"x" + data[31:]
    written = {
        "no document": {name: content for name, content in files.items() if name != "bundle.json"},
        "another format": {**files, "bundle.json": files["bundle.json"].replace(b"sapa-bundle/1", b"sapa-bundle/9")},
        "no object": {**files, "bundle.json": b"[]"},
        "a key twice": {**files, "bundle.json": b'{"format":"sapa-bundle/1",' + files["bundle.json"].lstrip()[1:]},
        "not a number": {**files, "bundle.json": files["bundle.json"].replace(b'"size":', b'"nan":NaN,"size":', 1)},
        "no UTF-8": {**files, "bundle.json": files["bundle.json"] + b"\xff"},
        "leaves in other lines": {
            **files, "snapshots/2023/leaves.txt": files["snapshots/2023/leaves.txt"].replace(b"\n", b"\r\n\t ")
        },
        "leaves in another script": {**files, "snapshots/2023/leaves.txt": b"\xc2\xa0" + files["snapshots/2023/leaves.txt"]},
    }  # fmt: skip
    for name, content in written.items():
        yield name, changed(data, partial(instead, content))


def test_archives_of_all_kinds(published: Any, tmp_path: Path) -> None:
    cases: list[Case] = [(name, data, {}) for name, data in archives(bundle())]
    told = dict(zip((name for name, _data, _further in cases), held_together(cases, tmp_path), strict=True))
    for name in ("stored", "deflated", "something before", "a longer comment", "leaves in other lines"):
        assert told[name] != "no bundle", name
        assert not any(state == "failed" for _code, state, _words in told[name]), name
    for name in ("bzip2", "a file twice", "encrypted", "another sum", "another size", "another name inside", "a key twice"):
        assert told[name] == "no bundle", name


@pytest.mark.skipif(
    not PKI.exists(), reason="PKI.js is not installed (npm ci in frontend/): the browser's check of signatures is not tested"
)
def test_the_keepers_signature(published: Any, tmp_path: Path) -> None:
    assert {state for state, _words in signatures(bundle(), b"", tmp_path)} == {"note"}  # the statement is not in the bundle
    second_version(shown_totals)
    data = bundle()
    roots = b"".join(x509.load_der_x509_certificate(item).public_bytes(Encoding.PEM) for item in trust_now().roots)
    foreign = (
        DemonstrationAuthority("foreign", founded=datetime(2020, 1, 1, tzinfo=UTC))
        .trust(now=datetime(2024, 1, 1, tzinfo=UTC))
        .roots[0]
    )

    def state(data: bytes, authorities: bytes) -> str:
        ((found, words),) = signatures(data, authorities, tmp_path)
        assert words.startswith("2023: ")
        return found

    def statement(files: dict[str, bytes]) -> None:
        files["snapshots/2023/root.json"] = files["snapshots/2023/root.json"].replace(b'"as_of":"2023', b'"as_of":"2022')

    def value(files: dict[str, bytes]) -> None:
        files["snapshots/2023/root.p7s"] = files["snapshots/2023/root.p7s"][:-3] + b"\x00\x01\x02"

    def nothing(files: dict[str, bytes]) -> None:
        files["snapshots/2023/root.p7s"] = b"nothing"

    assert state(data, roots) == "ok"
    assert state(data, b"") == "note"
    assert state(data, foreign) == "failed"
    for change in (statement, value, nothing):
        assert state(changed(data, change), roots) == "failed"
