"""Hostile and broken files: a clear word about what to do, in bounded time and memory; never a crash, never a guess."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from tests.datasets.conftest import Lists

from sapa.datasets import Limits, read
from sapa.errors import UserError
from sapa.packs.models_data import Dataset

HEAD = ["School", "Level", "Pupils"]


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in [HEAD, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(path: Path, dataset: Dataset, lists: Lists, limits: Limits | None = None, **more: str) -> UserError:
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        read(path, dataset, "2020", pack=lists, limits=limits, **more)
    assert time.monotonic() - start < 5
    assert caught.value.todo
    return caught.value


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_truncated_workbook(tmp_path: Path, dataset: Dataset, lists: Lists, share: float) -> None:
    whole = workbook(*[[f"S{i}", "I", i] for i in range(200)])
    error = refused(put(tmp_path / "r.xlsx", whole[: int(len(whole) * share)]), dataset, lists)
    assert "damaged or cut off" in error.message


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"hello", b"<html></html>", bytes(range(256)) * 40])
def test_no_workbook_at_all(tmp_path: Path, dataset: Dataset, lists: Lists, content: bytes) -> None:
    for suffix in ("xlsx", "xls", "parquet"):
        refused(put(tmp_path / f"r.{suffix}", content), dataset, lists)


def test_a_protected_workbook(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    error = refused(put(tmp_path / "r.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)), dataset, lists)
    assert "password" in error.message


def bomb(content: bytes, name: str, payload: bytes, times: int, claimed: int | None = None) -> bytes:
    """The workbook with one more part that unpacks to ``times`` payloads; ``claimed``: the size its directory states."""
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as part:
        for _ in range(times):
            part.write(payload)
    made = bytearray(out.getvalue())
    if claimed is not None:
        place = made.rfind(b"PK\x01\x02")
        made[place + 24 : place + 28] = struct.pack("<I", claimed)
    return bytes(made)


@pytest.mark.parametrize("claimed", [None, 10])
def test_a_zip_bomb_even_one_that_lies_about_its_size(
    tmp_path: Path, dataset: Dataset, lists: Lists, claimed: int | None
) -> None:
    packed = bomb(workbook(["A", "I", 1]), "xl/extra.xml", bytes(1 << 20), 64, claimed)
    assert len(packed) < 1 << 20
    error = refused(put(tmp_path / "r.xlsx", packed), dataset, lists, Limits(unpacked_bytes=16 << 20))
    assert "unpacks to more than 16.0 MiB" in error.message


def test_a_cell_in_the_farthest_corner_does_not_ask_for_all_memory(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEAD)
    book.active.cell(1_048_576, 16_384).value = "far"
    book.save(tmp_path / "r.xlsx")
    assert "1048576 rows × 16384 columns" in refused(tmp_path / "r.xlsx", dataset, lists).message


def test_the_wrong_sheet_and_a_sheet_that_is_not_there(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["nothing", "here"])
    book.create_sheet("Schools").append(HEAD)
    book["Schools"].append(["A", "I", 1])
    path = tmp_path / "r.xlsx"
    book.save(path)
    assert read(path, dataset, "2020", pack=lists).sheet == "Schools"
    assert "no header row" in refused(path, dataset, lists, sheet="Notes").message
    error = refused(path, dataset, lists, sheet="../../etc/passwd")
    assert "Notes, Schools" in error.todo


def test_a_csv_in_another_encoding_is_named_and_not_guessed(tmp_path: Path, lists: Lists, dataset: Dataset) -> None:
    text = "School;Level;Pupils\nШкола;I;5\n"
    path = put(tmp_path / "r.csv", text.encode("cp1251"))
    error = refused(path, dataset, lists)
    assert "not in UTF-8" in error.message
    assert "cp1251" in str(error)
    assert read(path, dataset, "2020", pack=lists, encoding="cp1251").table["school"].to_pylist() == ["Школа"]


def test_wrong_bytes_far_inside_a_csv(tmp_path: Path, lists: Lists, dataset: Dataset) -> None:
    body = b"School,Level,Pupils\n" + b"A,I,5\n" * 800_000
    path = put(tmp_path / "r.csv", body + "Школа,I,5\n".encode("cp1251"))
    assert "UTF-8" in refused(path, dataset, lists).message


def test_nul_bytes_and_utf_16(tmp_path: Path, lists: Lists, dataset: Dataset) -> None:
    assert "NUL" in refused(put(tmp_path / "a.csv", b"School,Pupils\nA\0,1\n"), dataset, lists).message
    assert "UTF-16" in refused(put(tmp_path / "b.csv", "School,Pupils\nA,1\n".encode("utf-16")), dataset, lists).message


def test_a_quote_that_never_closes(tmp_path: Path, lists: Lists, dataset: Dataset) -> None:
    path = put(tmp_path / "r.csv", b'School,Pupils\nA,1\n"B,2\n' + b"C,3\n" * 9_000_000)
    refused(path, dataset, lists)


def test_a_file_beyond_the_limit_is_not_opened(tmp_path: Path, lists: Lists, dataset: Dataset) -> None:
    path = tmp_path / "r.csv"
    with path.open("wb") as file:
        file.write(b"School,Pupils\n")
        file.truncate(2 << 30)
    error = refused(path, dataset, lists)
    assert "2.0 GiB" in error.message
    assert "file_bytes" in error.todo


def test_more_rows_than_allowed(tmp_path: Path, lists: Lists, dataset: Dataset) -> None:
    path = put(tmp_path / "r.csv", b"School,Pupils\n" + b"A,1\n" * 50)
    assert "more than 20 rows" in refused(path, dataset, lists, Limits(rows=20)).message


@pytest.mark.parametrize("name", ["no-such-file.csv", ".", "rows.doc", "empty.csv"])
def test_paths_that_are_no_data(tmp_path: Path, lists: Lists, dataset: Dataset, name: str) -> None:
    (tmp_path / "rows.doc").write_text("x")
    (tmp_path / "empty.csv").write_text("")
    refused(tmp_path / name, dataset, lists)


@pytest.mark.parametrize(
    "content", [b"[1, 2]", b'{"School": }', b'[{"School": "A"}', b"[" * 100_000, b"null", b'[{"School": {"a": 1}, "Level": "I"}]']
)
def test_json_that_is_no_table(tmp_path: Path, lists: Lists, dataset: Dataset, content: bytes) -> None:
    refused(put(tmp_path / "r.json", content), dataset, lists)
