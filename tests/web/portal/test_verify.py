"""The bundle of a published cell: checked by the stand-alone verifier, by the page, and refused where a byte differs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sapa.archive import standalone_bundle
from sapa.publication.facts import MEASURES
from sapa.publication.language import LANGUAGES
from sapa_web.common import clock
from sapa_web.portal.domain.queries import lineage
from sapa_web.portal.domain.queries import published as gate
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion, FiguresTree
from tests.web import cast
from tests.web.portal.world import hiding, release, second_version

SECOND = timedelta(seconds=1)
CELL, GROWTH = "institutions@2023[region=R1]", "learners-growth@2023"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def version() -> DataVersion:
    found = gate.newest(clock.now(), cast.PACK)
    assert found is not None
    return found


def bundle(name: str = CELL, lang: str = "en") -> bytes:
    answer = Client(headers={"Accept-Language": lang}).get(lineage.address(version(), name, "figure_bundle"))
    assert answer.status_code == 200, name
    return answer.content


def changed(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The bundle with some of its files changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        files = {name: box.read(name) for name in box.namelist()}
    change(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        for name, content in files.items():
            box.writestr(name, content)
    return out.getvalue()


def document(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, bytes]], None]:
    def inner(files: dict[str, bytes]) -> None:
        found = json.loads(files["bundle.json"])
        change(found)
        files["bundle.json"] = json.dumps(found).encode()

    return inner


def failed(data: bytes) -> set[str]:
    return {step.code for step in standalone_bundle.check(data) if step.state == "failed"}


def said(answer: Any) -> str:
    """What the page says; the words its script may say stand after that."""
    return str(answer.content.decode().partition('id="verify-words"')[0])


def sent(data: bytes) -> Any:
    return Client().post("/statistics/verify/", {"bundle": SimpleUploadedFile("bundle.zip", data)})


@pytest.mark.parametrize("name", [CELL, GROWTH, "capacity-mean@2023", "learners@2023"])
def test_a_bundle_holds_for_anybody_with_python(published: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "bundle.zip").write_bytes(bundle(name))
    (tmp_path / "facts.parquet").write_bytes(published_store().read(f"{version().folder}/facts.parquet"))
    (tmp_path / "log.json").write_bytes(Client().get("/statistics/roots/log.json").content)
    tool = tmp_path / "verifier.py"
    tool.write_bytes(Client().get("/statistics/verify/standalone_bundle.py").content)
    command = [sys.executable, "-I", "-S", str(tool), "bundle.zip", "--facts", "facts.parquet", "--log", "log.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ALL IS WELL" in done.stdout
    assert name in done.stdout


def test_a_bundle_holds_no_row_and_nothing_that_names_one(published: Any, small_archive: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle("learners@2023"))) as box:
        inside = b"".join(box.read(name) for name in box.namelist())
    manifests = list((small_archive / "2023" / "submissions").rglob("*.json"))
    assert manifests
    for path in manifests:
        about = json.loads(path.read_bytes())
        if isinstance(about, dict) and "digest" in about:
            assert about["digest"].encode() not in inside
            assert about["unit"].encode() not in inside
    for word in (b"Surname", b"0000101"):
        assert word not in inside


def test_a_hidden_cell_is_proved_to_be_hidden(published: Any) -> None:
    second_version(hiding(CELL))
    data = bundle()
    assert not failed(data)
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        leaf = json.loads(json.loads(box.read("bundle.json"))["fact"]["leaf"])
    assert (leaf["flag"], leaf["value"], leaf["count"]) == ("C", None, None)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_readme_and_the_page_speak_each_language(published: Any, lang: str) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle(lang=lang))) as box:
        text = box.read("README.md").decode()
    assert "standalone_bundle.py" in text
    assert "leaves.txt" in text
    page = Client(headers={"Accept-Language": lang}).get("/statistics/verify/")
    assert f'lang="{lang}"' in page.content.decode()


def test_the_page_checks_a_bundle_and_leads_to_the_figure(published: Any) -> None:
    answer = sent(bundle())
    page = said(answer)
    assert answer.status_code == 200
    assert "Every step holds" in page
    assert lineage.address(version(), CELL) in page
    assert "does not hold" not in page


def test_the_page_hands_the_browser_what_its_own_check_needs(published: Any) -> None:
    page = Client().get("/statistics/verify/").content.decode()
    assert 'data-log="/statistics/roots/log.json"' in page
    assert 'data-figure="/statistics/figure/"' in page
    for code in ("figure", "statement", "figures_logged", "snapshot", "description", "log", "witness", "signature"):
        assert f'"{code}": [' in page, code
    # What only the script can use is not offered without it.
    assert page.count("data-browser hidden") == 3


TAMPERED: dict[str, tuple[Callable[[dict[str, bytes]], None], set[str]]] = {
    "another value": (
        document(lambda d: d["fact"].update(leaf=d["fact"]["leaf"].replace('"value":4', '"value":5'))),
        {"figure", "description", "statement"},
    ),
    "another place": (document(lambda d: d["fact"].update(index=d["fact"]["index"] + 1)), {"figure"}),
    "a key twice": (document(lambda d: d["fact"].update(leaf='{"value":5,' + d["fact"]["leaf"][1:])), {"figure"}),
    "another version": (
        document(lambda d: d["version"].update(leaf=d["version"]["leaf"].replace("1.0.0", "1.0.1"))), {"statement", "snapshot"},
    ),
    "the statement as the figure": (document(lambda d: d.update(fact=dict(d["version"]))), {"figure"}),
    "another description": (document(lambda d: d["about"].update(value=5)), {"description"}),
    "another root of the log": (document(lambda d: d["log"].update(root="0" * 64)), {"figures_logged", "snapshot"}),
    "no lines": (document(lambda d: d["log"].update(lines=[])), {"figures_logged", "snapshot"}),
    "no states": (document(lambda d: d.update(snapshots=[])), {"statement", "snapshot"}),
    "a return left out": (
        lambda files: files.update({"snapshots/2023/leaves.txt": files["snapshots/2023/leaves.txt"].split(b"\n", 1)[1]}),
        {"snapshot"},
    ),
    "no leaves": (lambda files: files.pop("snapshots/2023/leaves.txt") and None, {"snapshot"}),
    "a number that is none": (document(lambda d: d["figures"].update(size=True)), {"figure", "statement"}),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_a_changed_bundle_is_found_out(published: Any, what: str) -> None:
    change, expected = TAMPERED[what]
    data = changed(bundle(), change)
    assert failed(data) & expected, what
    assert "Something does not hold" in said(sent(data))


def shown_totals(row: dict[str, Any]) -> dict[str, Any]:
    """A version in which the totals are not hidden, as in a country of a usual size."""
    rows = {"2022": 15.0, "2023": 18.0}[row["period"]]
    whole = row["indicator"] == "learners" and not any(row[name] for name in row if name not in (*MEASURES,))
    return {**row, "value": rows, "numerator": rows, "count": int(rows), "flag": ""} if whole else row


def names(data: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        return set(box.namelist())


def test_the_signed_statement_is_given_only_where_it_tells_no_hidden_total(published: Any) -> None:
    """It names how many learners there are; in a country as small as this the version hides that."""
    assert published.data.suppressed
    assert "snapshots/2023/root.json" not in names(bundle())
    assert "not shown by this bundle" in said(sent(bundle()))
    second_version(shown_totals)
    assert {"snapshots/2023/root.json", "snapshots/2023/root.p7s"} <= names(bundle())
    page = said(sent(bundle()))
    assert "Every step holds" in page
    assert "not shown by this bundle" not in page


def test_a_statement_that_says_something_else_is_found_out(published: Any) -> None:
    second_version(shown_totals)

    def other(files: dict[str, bytes]) -> None:
        files["snapshots/2023/root.json"] = files["snapshots/2023/root.json"].replace(b'"as_of":"2023', b'"as_of":"2022')

    assert failed(changed(bundle(), other)) == {"snapshot"}


def test_a_signature_by_somebody_else_is_found_out_by_the_page(published: Any) -> None:
    second_version(shown_totals)

    def swap(files: dict[str, bytes]) -> None:
        files["snapshots/2023/root.p7s"] = files["snapshots/2023/root.p7s"][:-3] + b"\x00\x01\x02"

    data = changed(bundle(), swap)
    assert not failed(data)  # the standard library checks no signatures, and says so
    assert "Something does not hold" in said(sent(data))


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04broken", b"{}"])
def test_what_is_no_bundle_is_refused_kindly(data: bytes) -> None:
    answer = sent(data)
    assert answer.status_code == 400
    assert "no bundle" in answer.content.decode() or "Choose a bundle" in answer.content.decode()
    assert Client().post("/statistics/verify/").status_code == 400


def test_a_witness_finds_a_log_that_was_rewritten(published: Any, tmp_path: Path) -> None:
    log = Client().get("/statistics/roots/log.json").json()
    head = json.dumps({"log": log["log"], "size": log["size"], "root": log["root"], "at": "2024-01-01T00:00:00Z"}).encode()
    told = json.dumps(log).encode()
    further = {"log": told, "witness": head}
    assert not [step for step in standalone_bundle.check(bundle(), **further) if step.state == "failed"]
    other = json.dumps({**log, "lines": log["lines"][::-1]}).encode()
    assert {"log", "witness"} == {
        step.code for step in standalone_bundle.check(bundle(), log=other, witness=head) if step.state == "failed"
    }


def test_no_bundle_before_its_second_and_nothing_in_the_log_that_tells() -> None:
    at = cast.DAY + timedelta(hours=1)
    made = release(at=at).data
    assert made is not None
    address = lineage.address(made, CELL, "figure_bundle")
    for moment, status in ((at - SECOND, 404), (at, 200), (at + SECOND, 200)):
        with clock.standing_at(moment):
            assert Client().get(address).status_code == status
            page = Client().get("/statistics/roots/").content.decode()
            assert ("version 1.0.0" in page) is (status == 200)
    line = bytes(FiguresTree.objects.get(data=made).entry.leaf)
    assert set(json.loads(line)) == {"at", "figures"}


def test_the_logged_root_tells_nothing_to_who_guesses_the_figures(published: Any) -> None:
    """Two versions with the very same figures have different roots: without the salt no guess can be tried."""
    first = version()
    second_version(lambda row: {**row})
    again = version()
    assert again.digest == first.digest or again.facts == first.facts
    assert again.tree.root != first.tree.root
