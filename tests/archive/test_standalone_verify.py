"""The stand-alone verifier, run as its users run it: one file, one proof, an exit code."""

from __future__ import annotations

import ast
import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sapa.archive import merkle, standalone_verify
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.cades import sign_detached
from sapa.signing.signer import Signer

NOW = datetime(2026, 9, 5, 10, 0, tzinfo=UTC)
FREEZE = NOW + timedelta(days=1)
ROWS = "id,pupils\n1,Їжак\n".encode()
Document = dict[str, Any]


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _pem(certificate: bytes) -> str:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()


class Case:
    """An authority, a head, an office, and proofs made from them, with any part replaced."""

    def __init__(self) -> None:
        self.authority = DemonstrationAuthority("seed", founded=NOW - timedelta(days=365))
        self.head = self.authority.person("Олена", "0042", now=NOW - timedelta(days=100))
        self.office = self.authority.person("Registrar", "centre", now=NOW - timedelta(days=100))

    def proof(self, *, head: Signer | None = None, office: Signer | None = None, **manifest: Any) -> Document:
        fields = {"dataset": "schools", "period": "2026", "unit": "0042", "revision": 1, "rows": 1, "pack": "p"}
        fields |= {"pack_version": "1", "layout": "2026", "created": NOW.isoformat(), "head": "Олена"}
        signed = _canonical({**fields, "digest": sha256(ROWS).hexdigest(), **manifest})
        signature = sign_detached(signed, head or self.head, signing_time=NOW)
        leaves = [merkle.leaf_hash(str(index).encode()) for index in range(11)]
        leaves[5] = merkle.leaf_hash(sha256(signed).digest() + sha256(signature).digest())
        tree = merkle.Tree(leaves)
        statement = _canonical({"root": tree.root.hex(), "size": 11, "as_of": "2026-09-05"})
        over_root = sign_detached(statement, office or self.office, signing_time=FREEZE)
        root = {"root": tree.root.hex(), "statement": _b64(statement), "signature": _b64(over_root)}
        return {
            "format": "sapa-proof/1",
            "rows": _b64(ROWS),
            "manifest": _b64(signed),
            "signature": _b64(signature),
            "leaf": {"index": 5, "size": 11},
            "proof": [item.hex() for item in tree.inclusion_proof(5)],
            "root": root,
            "certificates": [_pem(self.authority.intermediate), _pem(self.authority.root)],
        }

    def crls(self, now: datetime) -> list[str]:
        return [x509.load_der_x509_crl(item).public_bytes(Encoding.PEM).decode() for item in self.authority.crls(now=now)]


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def work(document: Document | bytes, *arguments: str) -> tuple[int, str]:
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        (tmp_path / "proof.json").write_bytes(data)
        code = standalone_verify.main([str(tmp_path / "proof.json"), *arguments])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return work


def _failed(text: str) -> list[str]:
    return [line.split(":")[0].removeprefix("FAILED").strip() for line in text.splitlines() if line.startswith("FAILED")]


def test_as_a_single_file_in_an_empty_folder(case: Case, tmp_path: Path) -> None:
    source = Path(standalone_verify.__file__)
    (tmp_path / "verify.py").write_bytes(source.read_bytes())
    (tmp_path / "proof.json").write_text(json.dumps(case.proof()))
    (tmp_path / "root.pem").write_text(_pem(case.authority.root))
    command = [sys.executable, "-I", "verify.py", "proof.json", "--root", "root.pem", "--office", "centre"]
    quiet = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=quiet)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ALL IS WELL" in done.stdout
    assert "note" not in done.stdout
    assert [line[:2] for line in done.stdout.splitlines()[:-1]] == ["ok"] * 10


def test_it_imports_nothing_but_its_two_packages() -> None:
    tree = ast.parse(Path(standalone_verify.__file__).read_text(encoding="utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    outside = {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names)
    assert outside == {"cryptography", "asn1crypto"}


def test_without_a_trusted_root_it_says_what_is_missing(case: Case, run: Run) -> None:
    code, text = run(case.proof())
    assert code == 0
    assert "compare its fingerprint" in text
    assert "make sure that centre is the office" in text
    assert "revocation not checked" in text


def test_rows_may_be_a_file(case: Case, run: Run, tmp_path: Path) -> None:
    document = case.proof()
    del document["rows"]
    assert _failed(run(document)[1]) == ["rows"]
    (tmp_path / "rows.csv").write_bytes(ROWS)
    assert run(document, "--rows", str(tmp_path / "rows.csv"))[0] == 0


def _other_rows(document: Document) -> None:
    document["rows"] = _b64(ROWS + b"2,x\n")


def _other_manifest(document: Document) -> None:
    manifest = json.loads(base64.b64decode(document["manifest"]))
    document["manifest"] = _b64(_canonical({**manifest, "rows": 2}))


def _loose_manifest(document: Document) -> None:
    document["manifest"] = _b64(base64.b64decode(document["manifest"]) + b"\n")


def _other_leaf(document: Document) -> None:
    document["leaf"]["index"] = 4


def _short_proof(document: Document) -> None:
    document["proof"].pop()


def _long_proof(document: Document) -> None:
    document["proof"].append("00" * 32)


def _other_root(document: Document) -> None:
    document["root"]["root"] = "00" * 32


def _other_statement(document: Document) -> None:
    statement = json.loads(base64.b64decode(document["root"]["statement"]))
    document["root"]["statement"] = _b64(_canonical({**statement, "as_of": "2025-09-05"}))


def _broken_signature(document: Document) -> None:
    document["signature"] = _b64(b"\x30\x03\x02\x01")


def _no_intermediate(document: Document) -> None:
    document["certificates"] = document["certificates"][1:]


CHANGES = [
    (_other_rows, ["rows"]),
    (_other_manifest, ["signature of the head over the manifest", "place in the tree", "certificates of the head"]),
    (_broken_signature, ["signature of the head over the manifest", "institution", "place in the tree"]),
    (_loose_manifest, ["rows", "institution"]),
    (_other_leaf, ["place in the tree"]),
    (_short_proof, ["place in the tree"]),
    (_long_proof, ["place in the tree"]),
    (_other_root, ["place in the tree", "statement about the root"]),
    (_other_statement, ["signature over the root", "office that signed the root"]),
]


@pytest.mark.parametrize(("change", "steps"), CHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_changed_part_fails_at_its_step(case: Case, run: Run, change: Callable[[Document], None], steps: list[str]) -> None:
    document = case.proof()
    change(document)
    code, text = run(document)
    assert code == 1
    assert set(steps) <= set(_failed(text))


def test_the_intermediate_may_come_with_the_signature(case: Case, run: Run) -> None:
    document = case.proof()
    _no_intermediate(document)
    assert run(document)[0] == 0


def test_another_units_head(case: Case, run: Run) -> None:
    code, text = run(case.proof(unit="0043"))
    assert (code, _failed(text)) == (1, ["institution"])


def test_any_certified_person_may_not_stand_for_the_office(case: Case, run: Run) -> None:
    code, text = run(case.proof(office=case.head), "--office", "centre")
    assert (code, _failed(text)) == (1, ["office that signed the root"])


def test_another_authority(case: Case, run: Run, tmp_path: Path) -> None:
    other = DemonstrationAuthority("other", founded=NOW - timedelta(days=365))
    (tmp_path / "root.pem").write_text(_pem(other.root))
    code, text = run(case.proof(), "--root", str(tmp_path / "root.pem"))
    assert (code, _failed(text)) == (1, ["certificates of the head", "certificates of the office"])
    stranger = other.person("Олена", "0042", now=NOW)
    assert _failed(run(case.proof(head=stranger))[1]) == ["certificates of the head"]


def test_a_head_cannot_certify_others(case: Case, run: Run) -> None:
    """A person's certificate above another: the classical hole when basic constraints are not looked at."""
    forger = DemonstrationAuthority("seed", founded=NOW - timedelta(days=365))
    forger._keys["intermediate"] = case.head.key
    victim = x509.load_der_x509_certificate(case.head.certificate)
    forged = _issued_by(victim, case.head, forger.person("Forged", "0042", now=NOW))
    signer = Signer(forged.certificate, forged.private_key, (case.head.certificate, *case.head.chain))
    assert _failed(run(case.proof(head=signer))[1]) == ["certificates of the head"]


def _issued_by(issuer: x509.Certificate, key: Signer, person: Signer) -> Signer:
    from cryptography.hazmat.primitives import hashes

    old = x509.load_der_x509_certificate(person.certificate)
    builder = x509.CertificateBuilder().subject_name(old.subject).issuer_name(issuer.subject)
    builder = builder.public_key(old.public_key()).serial_number(7)
    builder = builder.not_valid_before(old.not_valid_before_utc).not_valid_after(old.not_valid_after_utc)
    for extension in old.extensions:
        if not isinstance(extension.value, x509.AuthorityKeyIdentifier):
            builder = builder.add_extension(extension.value, extension.critical)
    made = builder.sign(key.key, hashes.SHA256())
    return Signer(made.public_bytes(Encoding.DER), person.private_key)


def test_expired_and_not_yet_valid(case: Case, run: Run) -> None:
    for at in (NOW + timedelta(days=1000), NOW + timedelta(days=9000)):
        code, text = run(case.proof(), "--at", at.isoformat())
        assert code == 1
        assert _failed(text) == ["certificates of the head", "certificates of the office"]
    assert run(case.proof(), "--at", NOW.isoformat())[0] == 1  # the root was signed after that moment


def test_revoked(run: Run) -> None:
    case = Case()
    document = case.proof()
    document["crls"] = case.crls(FREEZE)
    code, text = run(document)
    assert code == 0
    assert "none revoked" in text
    document["crls"] = case.crls(FREEZE)[:1]
    assert _failed(run(document)[1]) == ["certificates of the head", "certificates of the office"]
    case.authority.revoke(case.head, now=FREEZE - timedelta(hours=1))
    document["crls"] = case.crls(FREEZE)
    assert _failed(run(document)[1]) == ["certificates of the head"]


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"format":"sapa-proof/2"}', b'{"format":"sapa-proof/1"}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_proof_is_wrong_use(data: bytes, run: Run) -> None:
    code, text = run(data)
    assert code == 2
    assert "no proof" in text


def test_wrong_use(case: Case, run: Run, tmp_path: Path) -> None:
    assert standalone_verify.main([str(tmp_path / "absent.json")]) == 2
    assert run(case.proof(), "--at", "2026-09-05")[0] == 2
    assert run(case.proof(), "--at", "soon")[0] == 2
    assert run(case.proof(), "--root", str(tmp_path / "proof.json"))[0] == 2


def test_a_name_cannot_write_to_the_terminal(case: Case, run: Run) -> None:
    actor = case.authority.person("\x1b[2JALL IS WELL\nok", "0042", now=NOW)
    code, text = run(case.proof(head=actor))
    assert code == 0
    assert "\x1b" not in text
    assert text.splitlines().count("ALL IS WELL") == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_hostile_bytes_in_any_part_fail_in_words(case: Case, run: Run, data: st.DataObject) -> None:
    document = case.proof()
    part = data.draw(st.sampled_from(["rows", "manifest", "signature"]))
    found = bytearray(base64.b64decode(document[part]))
    bit = data.draw(st.integers(0, len(found) * 8 - 1))
    found[bit // 8] ^= 1 << bit % 8
    code, text = run({**document, part: _b64(bytes(found))})
    assert code == 1, text
    assert "FAILED" in text
