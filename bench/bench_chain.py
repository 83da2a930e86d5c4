"""The whole chain over the full demonstration country (7,000 institutions, 2 million learners, 417,000 staff), step by step.

    python bench/bench_chain.py [--scale full] [--keep FOLDER]

Every step runs as the command a person would type, in a process of its own: wall time and peak memory. Beside each stands a peer
on the same data in the same run: collect+verify beside pandas reading the same files, testing the layout's own demands (required,
ranges, codes) and writing each institution's rows as CSV with a digest; freeze beside `sha256sum` over every stored file and
beside OpenSSL checking the signatures (a sample, scaled); compute beside pandas grouping the same rows by twelve cuts for a
single ratio, which is then multiplied by forty; publish beside pandas writing the same tables as a workbook.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

BIN = Path(sys.executable).parent
PERIOD = "2023"
ATTIME = str(int(datetime(2023, 10, 2, 16, tzinfo=UTC).timestamp()))
KEY = "bench-key-bench-key-bench-key-32"


def timed(label: str, command: list[str]) -> tuple[str, float, float, str]:
    """Run a command; its label, wall seconds, peak memory of the largest process in MiB, output."""
    code = (
        "import json,resource,subprocess,sys,time\n"
        "begin=time.perf_counter()\n"
        "done=subprocess.run(json.loads(sys.argv[1]),capture_output=True,text=True)\n"
        "wall=time.perf_counter()-begin\n"
        "peak=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024\n"
        "print(json.dumps([done.returncode,wall,peak,done.stdout,done.stderr[-800:]]))\n"
    )
    out = subprocess.run([sys.executable, "-c", code, json.dumps(command)], capture_output=True, text=True, check=True)
    status, wall, peak, stdout, stderr = json.loads(out.stdout)
    if status:
        raise SystemExit(f"{label} failed ({status}): {stderr}")
    return label, wall, peak, stdout


PEER_COLLECT = """
import hashlib, pandas as pd, sys
from pathlib import Path
folder, target = Path(sys.argv[1]), Path(sys.argv[2])
for path in sorted(folder.glob('*.parquet')):
    frame = pd.read_parquet(path)
    bad = frame['institution'].isna()
    for name in frame.columns:
        if name in ('birth_date', 'sex', 'as_of', 'person'):
            bad |= frame[name].isna()
        if name.startswith(('mark', 'exam')):
            mark = pd.to_numeric(frame[name], errors='coerce')
            bad |= (mark < 1) | (mark > 10)
        if name == 'grade':
            grade = pd.to_numeric(frame[name], errors='coerce')
            bad |= (grade < 1) | (grade > 12)
        if name in ('settlement', 'sex', 'mode', 'post', 'programme_level'):
            bad |= ~frame[name].isin(frame[name].dropna().unique())
    if 'person' in frame:
        bad |= frame.duplicated(['institution', 'person'])
    for unit, rows in frame[~bad].groupby('institution', sort=True):
        content = rows.sort_values(list(frame.columns[:2])).to_csv(index=False).encode()
        (target / f"{path.stem}-{unit}-{hashlib.sha256(content).hexdigest()[:12]}.csv").write_bytes(content)
"""
PEER_COMPUTE = """
import pandas as pd, sys, time
frame = pd.read_parquet(sys.argv[1])
frame['mark_mean'] = pd.to_numeric(frame['mark_mean'])
cuts = [cut.split('+') for cut in sys.argv[2].split(',')]
begin = time.perf_counter()
for cut in cuts:
    cut = [name for name in cut if name in frame.columns]
    if not cut:
        continue
    high = (frame['mark_mean'] >= 7).groupby([frame[name] for name in cut], dropna=False).sum()
    known = frame['mark_mean'].notna().groupby([frame[name] for name in cut], dropna=False).sum()
    (high / known * 100).to_dict()
print(time.perf_counter() - begin)
"""
PEER_PUBLISH = """
import pandas as pd, sys
from pathlib import Path
with pd.ExcelWriter(sys.argv[2], engine='xlsxwriter') as book:
    for path in sorted(Path(sys.argv[1]).glob('*.csv')):
        pd.read_csv(path).to_excel(book, sheet_name=path.stem[:31], index=False)
"""


def openssl_seconds(out: Path, sample: int = 150) -> float:
    """Seconds per signature of `openssl cms -verify`, from a sample of the archive."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
    from sapa.signing.trust import TrustStore

    work = Path(tempfile.mkdtemp())
    TrustStore.from_bytes((out / "trust.json").read_bytes()).save(work / "trust")
    (work / "all.pem").write_bytes(b"".join(path.read_bytes() for path in sorted((work / "trust").rglob("*.pem"))))
    signatures = sorted(out.glob("submissions/*/*/*/*.p7s"))[:sample]
    begin = time.perf_counter()
    for path in signatures:
        command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(path), "-content", str(path.with_suffix(".json"))]
        command += ["-CAfile", str(work / "all.pem"), "-attime", ATTIME, "-purpose", "any", "-binary", "-out", "/dev/null"]
        subprocess.run(command, capture_output=True, check=True)
    seconds = (time.perf_counter() - begin) / len(signatures)
    shutil.rmtree(work)
    return seconds


def main() -> None:
    """Generate, walk the chain, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="full")
    parser.add_argument("--keep", type=Path, help="Work in this folder and leave it.")
    given = parser.parse_args()
    home = given.keep or Path(tempfile.mkdtemp(prefix="sapa-bench-"))
    home.mkdir(parents=True, exist_ok=True)
    try:
        walk(home, given.scale)
    finally:
        if given.keep is None:
            shutil.rmtree(home)


def walk(home: Path, scale: str) -> None:
    """One run of everything into ``home``."""
    returns, out, key = home / "returns", home / "run", home / "key"
    key.write_text(KEY)
    generate = f"from sapa.demo import write_parquet; from pathlib import Path; write_parquet(Path({str(returns)!r}), {scale!r})"
    rows = [timed("generate the country", [sys.executable, "-c", generate])]
    sapa = str(BIN / "sapa")
    files = [part for path in sorted(returns.glob("*.parquet")) for part in ("--in", str(path))]
    when = ["--now", f"{PERIOD}-10-02T16:00:00"]
    collect = [
        sapa,
        "collect",
        "demo",
        "--period",
        PERIOD,
        *files,
        "--out",
        str(out),
        "--pseudonym-key",
        str(key),
        *when,
        "--json",
    ]
    rows.append(timed("collect+verify+sign", collect))
    collected = json.loads(rows[-1][3])
    rows.append(timed("freeze", [sapa, "freeze", "demo", "--period", PERIOD, "--out", str(out), *when, "--json"]))
    rows.append(timed("compute", [sapa, "compute", str(out), "--json"]))
    facts = json.loads(rows[-1][3])["facts"]
    rows.append(timed("publish", [sapa, "publish", str(out), "--langs", "en", "--json"]))
    rows.append(timed("verify", [sapa, "verify", str(out), "--json"]))
    print(f"{collected['units']} signed submissions, {collected['rows_read']:,} rows, {facts:,} facts")
    print(f"seconds inside collect: {collected['seconds']}")
    peers = peers_of(home, returns, out, collected["units"])
    print(f"{'step':24}{'wall s':>9}{'peak MiB':>10}   peer on the same data")
    for label, wall, peak, _ in rows:
        said = "; ".join(f"{name} {seconds:.1f} s ({seconds / wall:.1f} ×)" for name, seconds in peers.get(label, ()))
        print(f"{label:24}{wall:9.1f}{peak:10.0f}   {said}")
    print(f"the whole chain: {sum(row[1] for row in rows[1:5]):.1f} s, peak {max(row[2] for row in rows[1:5]):.0f} MiB")


def peers_of(home: Path, returns: Path, out: Path, units: int) -> dict[str, list[tuple[str, float]]]:
    """What others need for (less than) the same work."""
    split = home / "peer"
    split.mkdir(exist_ok=True)
    pandas_collect = timed("pandas", [sys.executable, "-c", PEER_COLLECT, str(returns), str(split)])
    shutil.rmtree(split)
    hashes = timed("sha256sum", ["sh", "-c", f"find {out}/submissions -type f -print0 | xargs -0 sha256sum > /dev/null"])
    cuts = "sex,grade,programme_level,sex+grade,a_district,a_settlement,a_ownership,a_subordination,a_type,a_main_level"
    cuts += ",a_district+sex,a_settlement+grade"
    grouped = timed("pandas", [sys.executable, "-c", PEER_COMPUTE, str(out / "snapshot/rows/learners.parquet"), cuts])
    workbook = timed("pandas", [sys.executable, "-c", PEER_PUBLISH, str(out / "tables"), str(home / "peer.xlsx")])
    return {
        "collect+verify+sign": [("pandas: read, a few checks, split, hash", pandas_collect[1])],
        "freeze": [("sha256sum alone", hashes[1]), ("openssl cms -verify (scaled)", openssl_seconds(out) * units)],
        "compute": [("pandas, 1 ratio × 12 cuts, × 40", float(grouped[3]) * 40)],
        "publish": [("pandas: the tables as a workbook, no document, no charts", workbook[1])],
    }


if __name__ == "__main__":
    main()
