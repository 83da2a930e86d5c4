"""Freeze of 7,000 submissions with every signature checked, beside peers that check the same signatures.

    python bench/bench_freeze.py [--submissions 7000] [--rows 300] [--runs 3]

Each contestant runs in a process of its own, on the same archive; medians of the runs. Peers: pyHanko's own validation of a
detached CMS with path validation (single process), OpenSSL's command line (a process a signature, on a sample, scaled, said so),
and a floor that nobody can go below in this language: read the files, SHA-256, one ECDSA verification each.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.archives import NOW, World, school_rows, world


def build(folder: Path, submissions: int, rows: int) -> None:
    """An archive with so many submissions of so many rows."""
    here = world(folder)
    pupils = pa.array([number % 40 for number in range(rows)], pa.int64())
    names = [f"{number:04d}" for number in range(rows)]
    for begin in range(0, submissions, 500):
        units = [f"S{number:05d}" for number in range(begin, min(begin + 500, submissions))]
        table = pa.table(
            {
                "school": pa.array([unit for unit in units for _ in range(rows)]),
                "class_name": pa.array(names * len(units)),
                "pupils": pa.chunked_array([pupils] * len(units)).combine_chunks(),
            }
        )
        here.take_in("classes", here.submissions("classes", table))
    here.take_in("schools", here.submissions("schools", school_rows(1)))


def ours(folder: Path, processes: int) -> None:
    """The freeze itself: signatures, rows, hash tree, signed root."""
    from datetime import date

    from sapa.archive.freeze import FreezeOrder, freeze

    here = world(folder)
    keeper = here.authority.person("Keeper", "archive", now=NOW)
    order = FreezeOrder("2020", ("classes", "schools"), date(2020, 10, 5), NOW)
    made = freeze(here.store, here.pack, order, keeper, here.authority.trust(now=NOW), processes=processes)
    print(f"root {made.root[:16]} over {made.size}", file=sys.stderr)
    shutil.rmtree(folder / "archive/snapshot")


def triples(here: World) -> list[tuple[bytes, bytes, bytes]]:
    """Rows, manifest and signature of every submission."""
    from sapa.archive.submissions import load, revisions

    return [
        (item.rows, item.manifest, item.signature)
        for dataset in ("classes", "schools")
        for item in (load(here.store, found.name) for found in revisions(here.store, dataset, "2020"))
    ]


def pyhanko(folder: Path) -> None:
    """Check digests and signatures with pyHanko's public call, one after the other."""
    import asyncio

    from asn1crypto import cms
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.validation import async_validate_detached_cms
    from pyhanko_certvalidator import ValidationContext

    here = world(folder)
    trust = here.authority.trust(now=NOW)
    roots = [asn1_x509.Certificate.load(der) for der in trust.roots]
    others = [asn1_x509.Certificate.load(der) for der in trust.intermediates]

    async def everything() -> int:
        good = 0
        for rows, manifest, signature in triples(here):
            sha256(rows).hexdigest()
            context = ValidationContext(
                trust_roots=roots,
                other_certs=others,
                crls=list(trust.crls),
                moment=NOW,
                allow_fetching=False,
                revocation_mode="require",
            )
            signed = cms.ContentInfo.load(signature)["content"]
            status = await async_validate_detached_cms(manifest, signed, signer_validation_context=context)
            good += status.valid and status.trusted
        return good

    print(f"{asyncio.run(everything())} good", file=sys.stderr)


def floor(folder: Path) -> None:
    """Read, SHA-256, one ECDSA verification each: no certificate is looked at, so this is no check at all."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    here = world(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    signed = key.sign(b"x", ec.ECDSA(hashes.SHA256()))
    for rows, manifest, signature in triples(here):
        sha256(rows), sha256(manifest), sha256(signature)
        key.public_key().verify(signed, b"x", ec.ECDSA(hashes.SHA256()))


def openssl(folder: Path, sample: int = 200) -> float:
    """Seconds per signature with `openssl cms -verify`, from a sample."""
    here = world(folder)
    trust = here.authority.trust(now=NOW)
    work = Path(tempfile.mkdtemp())
    trust.save(work / "trust")
    pems = b"".join(path.read_bytes() for path in sorted((work / "trust").rglob("*.pem")))
    (work / "all.pem").write_bytes(pems)
    chosen = triples(here)[:sample]
    begin = time.perf_counter()
    good = 0
    for _, manifest, signature in chosen:
        (work / "m").write_bytes(manifest)
        (work / "s").write_bytes(signature)
        command = [
            "openssl",
            "cms",
            "-verify",
            "-inform",
            "DER",
            "-in",
            work / "s",
            "-content",
            work / "m",
            "-CAfile",
            work / "all.pem",
        ]
        command += ["-purpose", "any", "-attime", str(int(NOW.timestamp())), "-binary", "-out", "/dev/null"]
        good += subprocess.run([str(part) for part in command], capture_output=True, check=False).returncode == 0
    seconds = (time.perf_counter() - begin) / len(chosen)
    shutil.rmtree(work)
    print(f"openssl: {good} of {len(chosen)} good", file=sys.stderr)
    return seconds


CONTESTANTS = {
    "ours, 1 process": lambda f: ours(f, 1),
    "ours, 2 processes": lambda f: ours(f, 2),
    "pyHanko, 1 process": pyhanko,
    "floor": floor,
}


def measure(name: str, folder: Path, runs: int) -> tuple[float, float]:
    """Median wall seconds and peak memory in MiB over fresh processes."""
    seconds, peaks = [], []
    for _ in range(runs):
        begin = time.perf_counter()
        code = "import sys, resource\nfrom pathlib import Path\n"
        code += f"sys.argv = ['x']; sys.path.insert(0, {str(Path(__file__).parent)!r})\nimport bench_freeze as b\n"
        code += f"if __name__ == '__main__':\n    b.CONTESTANTS[{name!r}](Path({str(folder)!r}))\n"
        code += "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - begin)
        peaks.append(int(done.stdout.split()[-1]) / 1024)
    return statistics.median(seconds), statistics.median(peaks)


def main() -> None:
    """Build one archive, let every contestant work on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=7000)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sapa-bench-"))
    try:
        begin = time.perf_counter()
        build(folder, given.submissions, given.rows)
        print(
            f"freeze of {given.submissions + 1} submissions, {given.submissions * given.rows:,} rows "
            f"(signed and taken in in {time.perf_counter() - begin:.1f} s)"
        )
        results = {name: measure(name, folder, given.runs) for name in CONTESTANTS}
        single = openssl(folder) * given.submissions
        base = results["ours, 2 processes"][0]
        print(f"{'contestant':32}{'wall s':>10}{'peak MiB':>10}{'× ours, 2 processes':>22}")
        for name, (wall, peak) in results.items():
            print(f"{name:32}{wall:10.2f}{peak:10.0f}{wall / base:22.2f}")
        print(f"{'openssl cms -verify (scaled)':32}{single:10.2f}{'':>10}{single / base:22.2f}")
        print(f"this process at its peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
