"""Files that attack: bombs, links outside, entities, names that climb, content that is not what its name says; lists at rest."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.urls import reverse

from sapa.errors import UserError
from sapa_web.collection.domain import checking, explanations, uploads, working
from sapa_web.collection.models import Draft, Upload
from sapa_web.common.crypto import seal, unseal
from sapa_web.orgs.models import RegisterImport
from tests.web import cast
from tests.web.security.conftest import signed_in

MEGA = 1024 * 1024


def workbook(*rows: list[str]) -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


def with_parts(content: bytes, **parts: bytes) -> bytes:
    """A workbook with these parts put in or replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            if item not in parts:
                new.writestr(item, old.read(item))
        for name, data in parts.items():
            new.writestr(name, data)
    return target.getvalue()


def hand_in(people: cast.Cast, content: bytes, name: str, dataset: str = "institutions") -> HttpResponse:
    if not cast.Campaign.objects.exists():
        cast.campaigns()
    address = reverse("collection:upload", args=[cast.obligation(dataset, cast.SCHOOL).pk])
    browser = signed_in(people.secretary)
    answer = browser.post(address, {"file": SimpleUploadedFile(name, content)}, follow=True)
    assert answer.status_code == 200
    return answer


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<?xml version="1.0"?>%s<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"


def bomb(size: int = 12) -> bytes:
    """A sheet of 12 MB of blanks in 12 kB."""
    return with_parts(workbook(["name"]), **{SHEET: HEAD % b"" + b" " * (size * MEGA) + TAIL})


def far_corner() -> bytes:
    """One cell in the farthest corner asks for the whole rectangle."""
    cell = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    return with_parts(workbook(["name"]), **{SHEET: HEAD % b"" + cell + TAIL})


def entities() -> bytes:
    """Entities that multiply, and one that asks for a file of ours."""
    lines = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">'
    lines += b'<!ENTITY f SYSTEM "file:///etc/passwd">]>'  # allow-host: an attack
    cell = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&f;&b;</t></is></c></row>'
    return with_parts(workbook(["name"]), **{SHEET: HEAD % lines + cell + TAIL})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.xlsx", bomb), ("corner.xlsx", far_corner), ("entities.xlsx", entities),
        ("page.xlsx", lambda: b"<html><script>x</script>"),
        ("program.csv", lambda: b"MZ\x90\x00\x03" + b"\x00" * 500), ("page.html", lambda: b"<script>alert(1)</script>"),
        ("nothing.xlsx", lambda: b""), ("zip.xlsx", lambda: b"PK\x05\x06" + b"\x00" * 18), ("deep.json", lambda: b"[" * 100_000),
        ("x.parquet", lambda: b"PAR1" + b"\xff" * 64 + b"PAR1"), ("x.svg", lambda: b"<svg onload=alert(1)>"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_return_is_refused_and_leaves_nothing(
    people: cast.Cast, name: str, content: object, settings: Any
) -> None:
    settings.SAPA_UPLOAD_LIMIT = 2 * MEGA
    answer = hand_in(people, content(), name)  # type: ignore[operator]
    text = answer.content.decode()
    assert 'role="alert"' in text or "notice error" in text
    assert "root:" not in text
    assert not Upload.objects.exists()
    assert not Draft.objects.exclude(version=0).exists()


def test_links_outside_are_not_followed_and_not_kept(people: cast.Cast) -> None:
    """Links to other workbooks and pages are data of the file, never asked for; the rows come through as they were typed."""
    links = (
        b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath" '
        b'Target="http://169.254.169.254/latest" TargetMode="External"/></Relationships>'
    )
    content = with_parts(
        workbook(["name", "capacity"], ["=[1]Sheet1!A1", "5"]), **{"xl/externalLinks/_rels/externalLink1.xml.rels": links}
    )
    hand_in(people, content, "links.xlsx")
    assert "169.254" not in str([unseal(item.content)["rows"] for item in Upload.objects.all()])


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/x.csv",
        "..\\..\\x.csv",
        "/etc/passwd.csv",
        "x\x00.csv",
        "a" * 300 + ".csv",
        "<img src=x>.csv",
        "x\r\nSet-Cookie: a=b.csv",
    ],
)
def test_a_name_is_only_a_name(people: cast.Cast, name: str) -> None:
    content = b"name,capacity\nSchool,400\n"
    hand_in(people, content, name)
    for item in Upload.objects.all():
        assert "/" not in item.name
        assert len(item.name) <= 200
        address = reverse("collection:upload-marked", args=[item.obligation_id, item.pk])
        answer = signed_in(people.secretary).get(address)
        assert re.fullmatch(r'attachment; filename="[\w.-]+\.xlsx"', answer["Content-Disposition"])
        assert "Set-Cookie: a" not in str(answer.headers)


def test_a_file_larger_than_the_site_takes_is_not_read(people: cast.Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SAPA_UPLOAD_LIMIT = MEGA
    monkeypatch.setattr(uploads, "hand_in", lambda *_: pytest.fail("it was read"))
    cast.campaigns()
    address = reverse("collection:upload", args=[cast.obligation("institutions", cast.SCHOOL).pk])
    content = SimpleUploadedFile("x.csv", b"x" * (3 * MEGA))
    assert signed_in(people.secretary).post(address, {"file": content}).status_code in (302, 400, 413)


@pytest.mark.parametrize("make", [bomb, far_corner, entities])
def test_a_register_file_is_looked_at_as_carefully(people: cast.Cast, make: object, settings: Any) -> None:
    settings.SAPA_UPLOAD_LIMIT = 2 * MEGA
    given = {
        "file": SimpleUploadedFile("r.xlsx", make()), "pack": "demo", "day": "2024-09-16", "basis": "x",  # type: ignore[operator]
    }  # fmt: skip
    answer = signed_in(people.administrator).post(reverse("orgs:import_new"), given)
    assert answer.status_code == 200
    assert "root:" not in answer.content.decode()
    assert not RegisterImport.objects.exists()


def test_a_register_files_long_ending_breaks_nothing(people: cast.Cast) -> None:
    given = {"file": SimpleUploadedFile("r." + "x" * 250, b"x"), "pack": "demo", "day": "2024-09-16", "basis": "x"}
    assert signed_in(people.administrator).post(reverse("orgs:import_new"), given).status_code == 200


def test_certificates_are_certificates(people: cast.Cast) -> None:
    address = reverse("orgs:certificate_add", args=[cast.SCHOOL])
    browser = signed_in(people.administrator)
    for content in (
        b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",  # allow-host: no key
        b"<script>",
        b"\x30" * 70_000,
        b"",
    ):  # allow-host: no key
        answer = browser.post(address, {"file": SimpleUploadedFile("x.pem", content)})
        assert answer.status_code == 200
    assert not cast.organisation(cast.SCHOOL).certificates.exists()


# --- at rest


NAMES = ("Nurzhamal", "Zhaksylykova", "870101400123")


def test_names_are_nowhere_in_the_database_as_they_are(people: cast.Cast, tmp_path: Path) -> None:
    """A working list, its history, its findings, what was explained, an upload: all of it lies encrypted."""
    cast.campaigns()
    learners = cast.obligation("learners", cast.SCHOOL)
    row = {item.id: "?" for item in working.fields_of(learners)} | {
        "person": NAMES[2],
        "surname": NAMES[1],
        "first_name": NAMES[0],
    }
    working.apply(people.secretary, learners, [{"op": "add", "row": "a", "values": row}])
    working.apply(
        people.secretary, learners, [{"op": "set", "row": "a", "field": "surname", "was": NAMES[1], "value": NAMES[1] + "a"}]
    )
    found = checking.check_draft(learners)
    for rule in set(found.findings.table["rule"].to_pylist()):
        with suppress(UserError):
            explanations.explain(people.secretary, learners, rule, "it is right as it stands, really")
    hand_in(people, f"{','.join(row)}\n{','.join(row.values())}\n".encode(), "learners.csv", "learners")
    assert Upload.objects.exists()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            for line in cursor.fetchall():
                kept = b" ".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in line)
                assert not [name for name in NAMES if name.encode() in kept], table


def test_a_changed_or_foreign_list_is_not_read(settings: Any) -> None:
    sealed = seal([{"surname": NAMES[1]}])
    assert unseal(sealed) == [{"surname": NAMES[1]}]
    with pytest.raises(Exception, match="key"):
        unseal(sealed[:-8] + b"AAAAAAA=")
    settings.SECRET_KEY = "another"
    with pytest.raises(Exception, match="key"):
        unseal(sealed)
    assert seal([1]) != seal([1]), "two equal lists don't look equal"
