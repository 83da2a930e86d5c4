"""Wrong input of every kind through the command line: a clear word, bounded time and memory, and nothing is lost.

An archive with earlier submissions and a snapshot stands in the folder. Every hostile command is aimed at it; afterwards it
must be as it was, byte for byte, and verify.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.faults import hostile_files as hostile
from tests.faults.commands import GIB, Commands, Done, fingerprint
from tests.support.archives import tiny_pack

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile input")]
GOOD = hostile.workbook(["school", "region"], *[[f"S{number}", f"R{number % 3}"] for number in range(400)])


class Place(Commands):
    """A folder with an archive, and the commands aimed at it."""

    def __init__(self, folder: Path) -> None:
        tiny_pack(folder / "packs")
        super().__init__(folder, folder / "packs")
        self.put("schools.csv", "school,region\nS1,R1\nS2,R2\nS3,R1\n")
        self.put("classes.csv", "school,class_name,pupils\nS1,1A,20\nS1,1B,22\nS2,1A,17\nS3,1A,9\n")
        made = self.chain("archive")
        assert made.code == 0, made
        self.root = made.json()["root"]
        self.before = fingerprint(folder / "archive")

    def put(self, name: str, content: bytes | str) -> str:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def chain(self, out: str, **limits: int) -> Done:
        files = ("--in", "schools.csv", "--in", "classes.csv")
        return self.run("run", "tiny", "--period", "2020", *files, "--out", out, "--langs", "none", "--json", **limits)

    def collect(self, name: str, *more: str, dataset: str = "schools", out: str = "archive", **limits: int) -> Done:
        return self.run("collect", "tiny", "--period", "2020", "--in", name, "--dataset", dataset, "--out", out, *more, **limits)

    def untouched(self) -> None:
        """The archive is as it was, and verifies."""
        assert fingerprint(self.folder / "archive") == self.before
        checked = self.run("verify", "archive", "--root", self.root)
        assert checked.code == 0, checked

    def fresh(self) -> Path:
        """A new folder for what is accepted in part."""
        shutil.rmtree(self.folder / "fresh", ignore_errors=True)
        return self.folder / "fresh"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Place(tmp_path_factory.mktemp("hostile")) as here:
        yield here
        here.untouched()


def refused(done: Done, *words: str, codes: tuple[int, ...] = (2,), memory: int = GIB // 2) -> None:
    """A clear word, in bounded time and memory."""
    assert done.code in codes, done
    assert not done.late, done
    assert "Traceback" not in done.said, done
    assert "error: " in done.stderr, done
    assert "to do: " in done.stderr, done
    assert done.peak_bytes < memory, done
    for word in words:
        assert word in done.stderr, done


def test_a_workbook_cut_off_anywhere(place: Place) -> None:
    for cut in [1, 29, *range(200, len(GOOD), len(GOOD) // 6), len(GOOD) - 22, len(GOOD) - 1]:
        refused(place.collect(place.put("cut.xlsx", GOOD[:cut])), "cut.xlsx is damaged or cut off", "copy it again")
    place.untouched()


@pytest.mark.parametrize(
    ("name", "bomb"),
    [
        ("zeros", hostile.endless_zeros),
        ("texts", hostile.endless_texts),
        ("cells", hostile.endless_cells),
        ("prefixed", lambda content: hostile.endless_cells(content, b"x:")),
    ],
)
def test_a_small_workbook_that_unfolds_without_end(place: Place, name: str, bomb: object) -> None:
    made = bomb(GOOD)  # type: ignore[operator]
    assert len(made) < 4 << 20
    refused(place.collect(place.put(f"{name}.xlsx", made), seconds=40), f"{name}.xlsx", "CSV or Parquet")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("locked.xlsx", hostile.OLE + bytes(4000), ["password", "save it as .xlsx"]),
        ("locked.xls", hostile.OLE + bytes(4000), ["locked.xls", "damaged"]),
        ("headings.xlsx", hostile.workbook(["a", "b"], [1, 2]), ["no header row", "'School', 'Region'", "Sheet"]),
        ("twice.xlsx", hostile.workbook(["school", "region", "School"], ["S1", "R1", "S2"]), ["columns A and C", "school"]),
        ("empty.xlsx", hostile.workbook(), ["no header row"]),
        ("page.xlsx", b"<html><table></table></html>", ["page.xlsx is damaged"]),
        ("letter.docx", b"PK", [".docx", ".xlsx"]),
        ("nothing.csv", b"", ["nothing.csv is empty"]),
        ("nul.csv", b"school,region\nS1\0,R1\n", ["NUL bytes", "UTF-8"]),
        ("late-nul.csv", b"school,region\n" + b"S1,R1\n" * 900_000 + b"S\0,R1\n", ["NUL bytes"]),
        ("windows.csv", "school;region\nШкола;R1\n".encode("cp1251"), ["not in UTF-8", "cp1251"]),
        ("wide.csv", b"school,region" + b"," * 60_000 + b"\nS1,R1\n", ["16384 columns"]),
        ("deep.json", b"[" * 200_000, ["deep.json", "recursion"]),
        ("deeper.json", b'[{"school": "S1", "region": ' + b"[" * 90_000 + b"]" * 90_000 + b"}]", ["deeper.json"]),
        ("nested.json", b'[{"school": "S1", "region": {"a": 1}}]', ["'region' of row 1 is a list or an object"]),
        ("half.json", b'[{"school": "S1", "region": "\\ud800"}]', ["half a character"]),
        ("open.json", b'[{"school": "S1", "region": "R1"}, {"school": "S2"', ["row 2"]),
        ("numbers.json", b"[1, 2]", ["a row is no object"]),
        ("names.json", b"[" + b",".join(b'{"school":"S","k%d":1}' % key for key in range(20_000)) + b"]", ["16384 columns"]),
        ("objects.json", b"[" + b"{}," * 8_000_000 + b"{}]", ["no header row"]),
        ("one-row.json", b'[{"school": [' + b"0," * 8_000_000 + b"0]}]", ["no end of the row"]),
        ("no.parquet", b"PAR1" + bytes(100) + b"PAR1", ["no.parquet is damaged"]),
    ],
)
def test_a_file_that_is_no_return(place: Place, name: str, content: bytes, words: list[str]) -> None:
    refused(place.collect(place.put(name, content)), *words)


def test_an_old_workbook_is_read_for_what_it_is(place: Place, shared: Path) -> None:
    old = (shared / "data/xlsforms/widgets.xls").read_bytes()
    refused(place.collect(place.put("real.xls", old)), "no header row", "survey, choices, settings")
    refused(place.collect(place.put("real.xlsx", old)), "old .xls with the wrong name", "save it as .xlsx")


def test_a_sheet_that_is_not_there(place: Place) -> None:
    place.put("good.xlsx", GOOD)
    refused(place.collect("good.xlsx", "--sheet", "../../etc/passwd"), "has no sheet", "choose one of: Sheet")


def test_files_of_many_gigabytes(place: Place) -> None:
    with (place.folder / "huge.csv").open("wb") as file:
        file.write(b"school,region\n")
        file.truncate(2 * GIB)
    refused(place.collect("huge.csv"), "2.0 GiB", "split it", memory=GIB // 4)
    line = b"x" * (100 << 20)
    refused(place.collect(place.put("line.csv", b"school,region\nS1," + line + b"\n")), "line.csv", "quote is closed")
    refused(place.collect(place.put("line.csv", line)), "line.csv", "quote is closed")
    (place.folder / "line.csv").unlink()
    hostile.parquet_bomb(place.folder / "bomb.parquet")
    refused(place.collect("bomb.parquet", seconds=40), "bomb.parquet", "1.0 GiB", memory=GIB * 3 // 2)


def test_rows_of_a_csv_with_more_or_fewer_cells_are_named(place: Place) -> None:
    place.put("ragged.csv", 'school,region\nS1,R1,x\nS2\nS3,"R1\nR2"\nS4,R2\n')
    done = place.collect("ragged.csv", "--json", out=str(place.fresh()))
    assert done.code == 0, done
    said = done.json()
    assert (said["rows_read"], said["rows_accepted"], said["rows_refused"]) == (4, 2, 2)
    assert said["findings"]["blocks"]["row.malformed"] == 2


def test_numbers_that_are_none(place: Place) -> None:
    rows = ",".join(
        f'{{"school": "S1", "class_name": "{number}A", "pupils": {text}}}'
        for number, text in enumerate(["1e999999999", "9" * 100_000, "NaN", "-Infinity", "1e400", "20"])
    )
    done = place.collect(place.put("numbers.json", f"[{rows}]"), "--json", dataset="classes", out=str(place.fresh()))
    assert done.code == 0, done
    said = done.json()
    assert said["findings"]["blocks"]["pupils.unreadable-integer"] == 5
    assert (said["rows_read"], said["rows_accepted"]) == (6, 1)


def test_a_parquet_file_with_a_flipped_byte_is_refused_or_says_the_same(place: Place) -> None:
    table = pa.table({"school": [f"S{number}" for number in range(9)], "region": [f"R{number % 7}" for number in range(9)]})
    pq.write_table(table, place.folder / "whole.parquet", write_page_checksum=True, compression="zstd")
    whole = (place.folder / "whole.parquet").read_bytes()
    first = place.collect("whole.parquet", out=str(place.fresh()))
    assert first.code == 0, first
    wanted = {name: digest for name, digest in fingerprint(place.folder / "fresh").items() if name.endswith("r0001.csv")}
    caught = 0
    for position in range(2, len(whole), len(whole) // 12):
        flipped = bytearray(whole)
        flipped[position] ^= 0x10
        done = place.collect(place.put("flipped.parquet", bytes(flipped)), out=str(place.fresh()))
        if done.code == 0:
            rows = {name: digest for name, digest in fingerprint(place.folder / "fresh").items() if name.endswith("r0001.csv")}
            assert rows == wanted, f"byte {position}"
        else:
            refused(done, "flipped.parquet")
            caught += 1
    assert caught >= 5


@pytest.mark.parametrize(
    ("column", "word"),
    [(pa.array([b"R1"]), "binary"), (pa.array([["R1"]]), "list"), (pa.array([{"a": 1}]), "struct")],
)
def test_a_parquet_column_of_another_type(place: Place, column: pa.Array, word: str) -> None:
    pq.write_table(pa.table({"school": ["S1"], "region": column}), place.folder / "types.parquet")
    refused(place.collect("types.parquet"), "'region'", word)


def test_what_is_no_file(place: Place) -> None:
    (place.folder / "folder.csv").mkdir()
    os.mkfifo(place.folder / "pipe.csv")
    for name in ("folder.csv", "pipe.csv", "/dev/zero", "missing.csv", "x" * 300 + ".csv"):
        done = place.collect(name)
        assert done.code == 2, done
        assert "Traceback" not in done.said
        assert name in done.stderr
    place.put("secret.csv", "school,region\nS9,R1\n")
    (place.folder / "secret.csv").chmod(0)
    done = place.collect("secret.csv", ordinary=True)
    assert done.code == 2, done
    assert "secret.csv" in done.stderr
    assert "not readable" in done.stderr


UNITS = ["../../etc/passwd", "..", ".", "-rf", "~", "a/b", "%2e%2e", "$(id)", '"a\nb"', "S1\u202e", "CON"]


def test_no_unit_can_leave_the_archive_whatever_it_calls_itself(place: Place) -> None:
    rows = "".join(f"{unit},R1\n" for unit in [*UNITS, "ж" * 100, "x" * 3000, "\x1b[31mred"])
    place.put("units.csv", f"school,region\n{rows}")
    outside = {path.name for path in place.folder.iterdir()}
    place.fresh()
    out = ("--in", "units.csv", "--dataset", "schools", "--out", "fresh/archive", "--json")
    done = place.run("collect", "tiny", "--period", "2020", *out)
    assert done.code == 0, done
    said = done.json()
    assert said["units"] == len(UNITS)
    assert said["rows_read"] == said["rows_accepted"] + said["rows_refused"] == len(UNITS) + 3
    assert [item["code"] for item in said["refused_submissions"]] == ["unsafe_name"]
    assert {path.name for path in (place.folder / "fresh").iterdir()} == {"archive"}
    assert {path.name for path in place.folder.iterdir()} - outside <= {"fresh"}
    assert place.run("freeze", "tiny", "--period", "2020", "--out", "fresh/archive").code == 0
    assert place.run("verify", "fresh/archive").code == 0


def broken_pack(place: Place, name: str, **files: str) -> str:
    folder = place.folder / "broken" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(place.folder / "packs/tiny", folder)
    for file, text in files.items():
        (folder / f"{file}.yaml").write_text(text)
    return str(folder)


LAUGHS = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True))
YAML = {
    "aliases": LAUGHS,
    "tag": "clauses: !!python/object/apply:os.system [touch owned]\n",
    "deep": "clauses: " + "[" * 50_000 + "]" * 50_000,
    "large": "clauses:\n" + "  - {path: p9, kind: duty, text: {en: x}}\n" * 250_000,
    "nul": "clauses:\n  - \0\n",
    "scalar": "just words\n",
}


@pytest.mark.parametrize("kind", YAML)
def test_hostile_yaml_in_a_pack(place: Place, kind: str) -> None:
    done = place.run("packs", "check", broken_pack(place, "yaml", more=YAML[kind]))
    assert done.code == 1, done
    assert "more.yaml" in done.stdout
    assert "Traceback" not in done.said
    assert done.peak_bytes < GIB // 2, done
    assert not (place.folder / "owned").exists()


FORMULAS = {
    "deep": "(" * 20_000 + "pupils" + ")" * 20_000,
    "long": " + ".join(["pupils"] * 30_000),
    "minus": "-" * 20_000 + "pupils",
    "statement": "pupils; DROP TABLE rows",
    "function": "read_text('/etc/passwd')",
    "query": "(SELECT count(*) FROM rows)",
}


@pytest.mark.parametrize("kind", FORMULAS)
def test_formula_bombs_in_a_pack(place: Place, kind: str) -> None:
    folder = Path(broken_pack(place, "formula"))
    content = (folder / "content.yaml").read_text()
    (folder / "content.yaml").write_text(content.replace("of: pupils", f'of: "{FORMULAS[kind]}"'))
    done = place.run("packs", "check", folder)
    assert done.code == 1, done
    assert "Traceback" not in done.said
    assert "content.yaml" in done.stdout
    assert done.peak_bytes < GIB // 2, done
    assert done.took < 10


def test_packs_that_import_each_other_in_a_circle(place: Place) -> None:
    meta = (place.folder / "packs/tiny/pack.yaml").read_text()
    for name, other in (("ping", "pong"), ("pong", "ping")):
        broken_pack(place, name, pack=meta.replace("id: tiny", f"id: {name}\nimports: [{other}]"))
    done = place.run("packs", "check", "broken/ping")
    assert done.code == 1, done
    assert "cyclic-import" in done.stdout
    refused(place.run("run", "broken/ping", "--period", "2020", "--in", "schools.csv", "--out", "fresh"), "imports itself")


@pytest.mark.parametrize("period", ["nonsense", "", "20", "2020-13", "../x", "2020/../..", "9999", "2020\n", "٢٠٢٠"])
def test_a_period_that_is_none(place: Place, period: str) -> None:
    done = place.run("collect", "tiny", f"--period={period}", "--in", "schools.csv", "--out", "archive")
    refused(done, "is no reference period", "2020-Q3")


def test_options_that_make_no_sense(place: Place) -> None:
    run = ("tiny", "--period", "2020", "--in", "schools.csv", "--out", "archive")
    refused(place.run("run", *run, "--as-of", "yesterday"), "'yesterday' is no date")
    refused(place.run("run", *run, "--now", "soon"), "'soon' is no moment")
    refused(place.run("run", *run, "--regime", "nowhere"), "no pack 'nowhere'")
    refused(place.run("run", *run, "--previous", "nowhere"), "no snapshot in nowhere")
    refused(place.run("collect", *run, "--dataset", "nothing"), "no dataset 'nothing'", "classes, schools")
    refused(place.run("collect", *run, "--pseudonym-key", "nokey"), "nokey")
    refused(place.run("compute", "archive", "--engine", "abacus"), "no engine 'abacus'")
    refused(place.run("publish", "archive", "--date", "x"), "'x' is no date")
    refused(place.run("calendar", "kz-521", "--year", "2026", "--as-of", "x"), "'x' is no date")
    refused(place.run("trace", "archive", "../x@2020[a=b,c]"), "names no fact")
    refused(place.run("verify", "schools.csv"), "is a file, not a folder")
    refused(place.run("proof", "archive", "../../etc/passwd", "--to", "x.json"), "fit")
    place.untouched()


def test_a_folder_that_cannot_be_written_to(place: Place) -> None:
    place.put("taken", "a file")
    (place.folder / "locked").mkdir(mode=0o555)
    refused(place.collect("schools.csv", out="taken"), "taken is a file, not a folder")
    refused(place.collect("schools.csv", out="taken/below"), "a part of the path is a file")
    refused(place.collect("schools.csv", out="locked/below", ordinary=True), "locked/below", "permission denied")
    refused(place.collect("schools.csv", out="ftp://host/x"), "no store for ftp://", "s3://")
    assert (place.folder / "taken").read_text() == "a file"


def kept(place: Place, out: str) -> None:
    """After a failure: the same command ends well, and what it leaves verifies."""
    again = place.chain(out)
    assert again.code == 0, again
    assert place.run("verify", out).code == 0


@pytest.mark.parametrize("limit", [300, 2500, 5000])
def test_a_full_disk_while_collecting_and_freezing(place: Place, limit: int) -> None:
    """A limit on the size of files stands for the disk: every write beyond it fails half-way."""
    out = f"full-{limit}"
    done = place.chain(out, file_bytes=limit)
    refused(done, "grew beyond the limit", "run the same command again")
    for path in (place.folder / out).rglob("*"):
        assert not path.name.startswith((".", "tmp")), path
    assert not (place.folder / out / "snapshot").exists()
    kept(place, out)
    shutil.rmtree(place.folder / "again", ignore_errors=True)
    shutil.copytree(place.folder / "archive", place.folder / "again", ignore=shutil.ignore_patterns("snapshot"))
    earlier = fingerprint(place.folder / "again/submissions")
    place.put("other.csv", "school,region\n" + "".join(f"T{number},R1\n" for number in range(40)))
    refused(place.collect("other.csv", out="again", file_bytes=limit), "grew beyond the limit")
    assert earlier.items() <= fingerprint(place.folder / "again/submissions").items()
    assert place.run("freeze", "tiny", "--period", "2020", "--out", "again").code == 0
    assert place.run("verify", "again").code == 0


def test_a_late_return_leaves_a_frozen_archive_as_it_was(place: Place) -> None:
    place.put("late.csv", "school,region\nS1,R2\n")
    refused(place.collect("late.csv"), "frozen as of 2020-12-31", "next state")
    place.untouched()


def test_a_disk_that_is_really_full(place: Place) -> None:
    small = place.folder / "small"
    small.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", small], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a full disk needs the right to mount a tmpfs")
    try:
        refused(place.chain("small/out"), "the disk is full", "make room")
        subprocess.run(["mount", "-o", "remount,size=8m", small], check=True)
        kept(place, "small/out")
    finally:
        subprocess.run(["umount", small], check=True)
