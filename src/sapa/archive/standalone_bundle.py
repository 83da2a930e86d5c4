"""Check the bundle of a published figure without Sapa and without its site: this single file and Python 3.11, nothing else.

    python standalone_bundle.py bundle.zip [--facts facts.parquet] [--log log.json] [--witness head.json]

It prints every step as *ok*, *FAILED* or *note*, and ends with 0 (all is well), 1 (a step failed) or 2 (the file is no bundle, or
wrong use). ``--facts`` is the file of all figures of the version, from the data catalogue: its digest must be the one in the
version's statement. ``--log`` is the public log of roots as downloaded today: the head of the bundle must be one the log once
had. ``--witness`` is a head of the log that you or somebody you trust has kept: the log must still begin with those lines.

A bundle is a zip archive with ``bundle.json``, format ``sapa-bundle/1``:

    fact      {"leaf": canonical JSON of the figure (RFC 8785), "index": place in the tree, "proof": hashes}
    version   {"leaf": canonical JSON of the version's statement, "index": 0, "proof": hashes}
    figures   {"root": hexadecimal root of the tree over the figures, "size": its leaves, the statement included}
    log       {"size", "root": the head of the public log, "lines": [{"index", "line": canonical JSON, "proof"}]}
    snapshots [{"period", "root"}], each with files in snapshots/PERIOD/: leaves.txt (the leaf hashes of all signed returns, one a
              line), root.json (the statement the keeper of the archive has signed), root.p7s (the signature, CMS); the last two
              are missing where the statement would tell totals that are hidden in the version
    about     what the figure is: title, formula, clauses, method; words of the site, which nothing proves

Trees are those of RFC 6962: a leaf's hash is SHA-256(0x00 ‖ data), an inner node SHA-256(0x01 ‖ left ‖ right); an inclusion proof
is checked as in RFC 9162, 2.1.3.2.

What a bundle shows: this figure stands in this version; the version was fixed before the moment its line was logged and is the
same for everybody; the returns it rests on were frozen under the logged root, so many of them. What it can't show: that the
figure follows from the returns. Who may hold the rows computes it anew (``sapa verify``, ``sapa trace``); their digests are in
the signed leaves.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

FORMAT, FIGURES, LOG = "sapa-bundle/1", "sapa-figures/1", "sapa-rootlog/1"
MAX_FILE = 64 * 1024 * 1024
MAX_FILES = 400
MAX_PROOF = 64
FACT_KEYS = {"count", "cut", "denominator", "flag", "indicator", "numerator", "period", "snapshot", "value"}
VERSION_KEYS = {"digest", "facts", "format", "pack", "pack_digest", "pack_version", "roots", "salt", "version"}
MEASURES = ("value", "numerator", "denominator", "count")
STORED, DEFLATED = 0, 8


class NotABundleError(Exception):
    """The input is no bundle at all (exit code 2)."""


class FailedError(Exception):
    """One step does not hold; the message says why (exit code 1)."""


@dataclass(frozen=True)
class Step:
    """One step of the check: ``state`` is ok, failed or note; ``code`` names the step, ``words`` say what was found (English)."""

    code: str
    state: str
    words: str

    def line(self) -> str:
        """As it is printed."""
        return f"{ {'ok': 'ok', 'failed': 'FAILED', 'note': 'note'}[self.state]:8}{TITLES[self.code]}: {self.words}"


TITLES = {
    "figure": "the figure in the version",
    "statement": "the version's statement",
    "figures_logged": "the version in the public log",
    "snapshot": "the frozen state behind it",
    "description": "the description",
    "file": "the file of all figures",
    "log": "the log as it stands today",
    "witness": "the witness's head",
    "signature": "the keeper's signature",
    "limit": "what this does not show",
}


@dataclass
class Bundle:
    """An opened bundle: shapes are right, nothing is verified yet."""

    document: dict[str, Any]
    files: dict[str, bytes]


def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys stand once: what could be read in two ways is refused."""
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("a key stands twice")
    return out


def _nothing(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def parse(data: bytes | str) -> Any:
    """JSON in UTF-8, strictly; raises ValueError."""
    text = data.decode() if isinstance(data, bytes) else data
    return json.loads(text, object_pairs_hook=unique, parse_constant=_nothing)


def open_bundle(data: bytes) -> Bundle:
    """Read the zip archive; raises NotABundleError."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as box:
            entries = box.infolist()
            if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_FILE:
                raise NotABundleError("the archive holds more than a bundle does")
            if len({entry.filename for entry in entries}) != len(entries):
                raise NotABundleError("a file stands twice in the archive")
            files = {entry.filename: _read_entry(box, entry) for entry in entries}
        document = parse(files["bundle.json"].decode())
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        RecursionError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
    ) as error:
        raise NotABundleError("the file is no bundle") from error
    except Exception as error:
        if isinstance(error, NotABundleError):
            raise
        raise NotABundleError("the file is no bundle") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise NotABundleError(f"the file is not of the format {FORMAT}")
    return Bundle(document, files)


def _read_entry(box: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.compress_type not in (STORED, DEFLATED):
        raise NotABundleError("a file is packed as bundles are not")
    with box.open(entry) as source:
        data = source.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise NotABundleError("a file of the archive is larger than it says")
    return data


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Root over leaf hashes."""
    level = list(hashes)
    if not level:
        return sha256(b"").digest()
    while len(level) > 1:
        pairs = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def _hash(text: Any) -> bytes:
    if not isinstance(text, str) or not set(text) <= set("0123456789abcdef"):
        raise FailedError("a hash is not hexadecimal")
    if len(text) != 64:
        raise FailedError("a hash has a wrong length")
    return bytes.fromhex(text)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise FailedError("a number is no count")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def leads(leaf: bytes, index: Any, size: Any, proof: Any, root: bytes) -> bool:
    """Does the inclusion proof lead from the leaf's bytes to the root? Raises FailedError on anything that is no proof."""
    at, last = _count(index), _count(size) - 1
    if at > last or not isinstance(proof, list) or len(proof) > MAX_PROOF:
        raise FailedError("the inclusion proof has a wrong form")
    current = leaf_hash(leaf)
    for sibling in map(_hash, proof):
        if last == 0:
            return False
        if at & 1 or at == last:
            current = sha256(b"\x01" + sibling + current).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            current = sha256(b"\x01" + current + sibling).digest()
        at, last = at >> 1, last >> 1
    return last == 0 and current == root


def fact_name(fact: dict[str, Any]) -> str:
    """``indicator@period[dimension=code,…]``."""
    cut = ",".join(f"{name}={code}" for name, code in sorted(fact["cut"].items()))
    return f"{fact['indicator']}@{fact['period']}" + (f"[{cut}]" if cut else "")


def is_fact(fact: dict[str, Any]) -> bool:
    """Texts where a figure has texts, numbers or nothing where it has numbers."""
    texts = all(isinstance(fact[name], str) for name in ("indicator", "period", "snapshot"))
    numbers = all(fact[name] is None or type(fact[name]) in (int, float) for name in MEASURES)
    return texts and numbers and isinstance(fact["cut"], dict) and all(isinstance(code, str) for code in fact["cut"].values())


def is_statement(version: dict[str, Any]) -> bool:
    """Texts where a version's statement has texts."""
    texts = all(isinstance(version[name], str) for name in ("digest", "pack", "version"))
    return texts and isinstance(version["roots"], dict) and all(isinstance(root, str) for root in version["roots"].values())


class Checker:
    """Runs the steps one after another; a failed step does not hide the next. The options are the contents of further files."""

    def __init__(self, bundle: Bundle, *, facts: bytes | None = None, log: bytes | None = None, witness: bytes | None = None):
        self.document, self.files = bundle.document, bundle.files
        self.facts, self.log, self.witness = facts, log, witness
        self.steps: list[Step] = []
        self.fact: dict[str, Any] = {}
        self.version: dict[str, Any] = {}
        self.logged: dict[int, dict[str, Any]] = {}

    @property
    def failed(self) -> int:
        """How many steps do not hold."""
        return sum(step.state == "failed" for step in self.steps)

    def run(self) -> list[Step]:
        """All steps."""
        self._step("figure", self._figure)
        self._step("statement", self._statement)
        self._step("figures_logged", self._figures_logged)
        snapshots = self.document.get("snapshots")
        if not isinstance(snapshots, list) or not snapshots:
            self.steps.append(Step("snapshot", "failed", "the bundle names no frozen state"))
        else:
            for item in snapshots:
                self._step("snapshot", partial(self._snapshot, item))
        self._step("description", self._description)
        if self.facts is not None:
            self._step("file", self._file)
        if self.log is not None:
            self._step("log", self._log)
        if self.witness is not None:
            self._step("witness", self._witness)
        self.steps.append(Step("signature", "note", "not checked here (it takes more than the standard library): see README.md"))
        self.steps.append(Step("limit", "note", LIMIT))
        return self.steps

    def _step(self, code: str, work: Callable[[], str]) -> None:
        try:
            self.steps.append(Step(code, "ok", work()))
        except FailedError as error:
            self.steps.append(Step(code, "failed", str(error)))
        except Exception:  # foreign bytes: what can't be read is not proved
            self.steps.append(Step(code, "failed", "it cannot be read"))

    def _leaf(self, part: str, keys: set[str]) -> dict[str, Any]:
        """The object in a leaf of the figures' tree, after its proof was checked."""
        entry, tree = self.document[part], self.document["figures"]
        data = entry["leaf"].encode()
        if not leads(data, entry["index"], tree["size"], entry["proof"], _hash(tree["root"])):
            raise FailedError("the inclusion proof does not lead to the root of the version's figures")
        found = parse(data)
        if not isinstance(found, dict) or set(found) != keys:
            raise FailedError("the leaf holds other members than it must")
        return found

    def _figure(self) -> str:
        fact = self._leaf("fact", FACT_KEYS)
        if self.document["fact"]["index"] == 0:
            raise FailedError("the leaf stands where the version's statement must")
        if not is_fact(fact):
            raise FailedError("the leaf is no figure")
        self.fact = fact
        value = "no value" if fact["value"] is None else f"value {fact['value']}"
        tree = self.document["figures"]
        return f"{fact_name(fact)}, {value}, is leaf {self.document['fact']['index']} of {tree['size']} under {tree['root']}"

    def _statement(self) -> str:
        version = self._leaf("version", VERSION_KEYS)
        if self.document["version"]["index"] != 0 or version["format"] != FIGURES or not is_statement(version):
            raise FailedError("it is no statement of a version")
        if _count(version["facts"]) + 1 != self.document["figures"]["size"]:
            raise FailedError("it counts other figures than the tree has")
        self.version = version
        if self.fact and version["roots"].get(self.fact["period"]) is None:
            raise FailedError("it names no frozen state of the figure's period")
        if self.fact and self.fact["snapshot"] not in version["roots"].values():
            raise FailedError("the figure rests on a frozen state the statement does not name")
        if self.fact and self.fact["snapshot"] not in [item["root"] for item in _list(self.document["snapshots"])]:
            raise FailedError("the bundle lacks the frozen state the figure rests on")
        return (
            f"version {version['version']} of {version['pack']}, {version['facts']} figures, file with digest {version['digest']}"
        )

    def _line(self, wanted: Callable[[dict[str, Any]], bool]) -> tuple[int, dict[str, Any]]:
        """The logged line that fits, its proof checked under the bundle's head."""
        log = self.document["log"]
        for entry in _list(log["lines"]):
            line = parse(entry["line"])
            if isinstance(line, dict) and wanted(line):
                if not leads(entry["line"].encode(), entry["index"], log["size"], entry["proof"], _hash(log["root"])):
                    raise FailedError("the proof of its line does not lead to the head of the log")
                return entry["index"], line
        raise FailedError("no line of the log names it")

    def _figures_logged(self) -> str:
        root = self.document["figures"]["root"]
        index, line = self._line(lambda line: set(line) == {"at", "figures"} and line["figures"] == root)
        log = self.document["log"]
        return f"logged at {line['at']} as line {index} of {log['size']} under {log['root']}"

    def _snapshot(self, item: dict[str, Any]) -> str:
        period, root = item["period"], item["root"]
        if not self.version or root is None or self.version["roots"].get(period) != root:
            raise FailedError(f"the version rests on another state of {period}")
        leaves = [_hash(line) for line in self.files[f"snapshots/{period}/leaves.txt"].decode("ascii").split()]
        if root_of(leaves) != _hash(root):
            raise FailedError(f"the leaves of {period} give another root")
        wanted = {"pack": self.version["pack"], "period": period, "root": root, "size": len(leaves)}
        index, line = self._line(lambda line: all(line.get(name) == value for name, value in wanted.items()))
        if f"snapshots/{period}/root.json" in self.files:
            statement = parse(self.files[f"snapshots/{period}/root.json"])
            said = {name: statement[name] for name in ("root", "period", "size", "as_of")}
            if said != {"root": root, "period": period, "size": len(leaves), "as_of": line["as_of"]}:
                raise FailedError(f"the signed statement of {period} says something else")
        return f"{period}: {len(leaves)} signed returns as of {line['as_of']} under {root}, line {index} of the log"

    def _description(self) -> str:
        about = self.document["about"]
        told = {item["dimension"]: item["code"] for item in _list(about["cut"])}
        same = (about["indicator"]["id"], about["period"], told) == (
            self.fact["indicator"],
            self.fact["period"],
            self.fact["cut"],
        )
        title = about["indicator"]["title"]
        if not same or any(about[name] != self.fact[name] for name in MEASURES) or not isinstance(title, str):
            raise FailedError("it describes another figure than the proved one")
        return f"it speaks of the proved figure: {title}"

    def _file(self) -> str:
        found = sha256(self.facts or b"").hexdigest()
        if not self.version or found != self.version["digest"]:
            raise FailedError(f"it has the digest {found}, the statement names another")
        return "it is the file the statement names"

    def _full_log(self) -> list[bytes]:
        document = parse((self.log or b"").decode())
        lines = [line.encode() for line in _list(document["lines"])]
        if document["log"] != LOG or root_of([leaf_hash(line) for line in lines]) != _hash(document["root"]):
            raise FailedError("the lines of the log do not give its head")
        return lines

    def _log(self) -> str:
        lines, head = self._full_log(), self.document["log"]
        size = _count(head["size"])
        if size > len(lines) or root_of([leaf_hash(line) for line in lines[:size]]) != _hash(head["root"]):
            raise FailedError("the bundle's head is none the log has ever had")
        return f"its first {size} of {len(lines)} lines give the bundle's head"

    def _witness(self) -> str:
        if self.log is None:
            raise FailedError("give the whole log too, with --log")
        head, lines = parse((self.witness or b"").decode()), self._full_log()
        size = _count(head["size"])
        if head["log"] != LOG or size > len(lines) or root_of([leaf_hash(line) for line in lines[:size]]) != _hash(head["root"]):
            raise FailedError("the log does not begin with the lines the witness saw")
        return f"the log still begins with the {size} lines the witness saw"


COMMAND = (
    "openssl cms -verify -binary -inform DER -in root.p7s -content root.json -CAfile authorities.pem -purpose any "
    "-attime {at} -out /dev/null"
)
"""Checks the keeper's signature in the folder of a period; ``at``: seconds since 1970 of the moment of signing."""
LIMIT = "that the figure follows from the returns: who may hold the rows computes it anew with sapa verify and sapa trace"


def check(data: bytes, **further: bytes | None) -> list[Step]:
    """Open and check a bundle; raises NotABundleError."""
    return Checker(open_bundle(data), **further).run()


def _read(path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise NotABundleError(f"{path} cannot be read: {error.strerror}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Check the bundle of a published figure.")
    parser.add_argument("bundle", help="the bundle, a zip file")
    parser.add_argument("--facts", help="the file of all figures of the version (facts.parquet)")
    parser.add_argument("--log", help="the public log of roots, as downloaded (log.json)")
    parser.add_argument("--witness", help="a head of the log that was kept elsewhere")
    given = parser.parse_args(arguments)
    try:
        further = {name: _read(getattr(given, name)) for name in ("facts", "log", "witness")}
        steps = check(_read(given.bundle) or b"", **further)
    except NotABundleError as error:
        print(f"This is no bundle, or wrong use: {error}", file=sys.stderr)
        return 2
    for step in steps:
        print("".join(letter if letter.isprintable() else "?" for letter in step.line()))
    failed = sum(step.state == "failed" for step in steps)
    print("ALL IS WELL" if not failed else f"{failed} STEP(S) FAILED")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
