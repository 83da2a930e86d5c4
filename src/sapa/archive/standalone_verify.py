"""Check one exported proof without Sapa: this single file, Python 3.11, and the packages cryptography and asn1crypto.

    python standalone_verify.py proof.json --root root.pem [--rows FILE] [--office UNIT] [--at 2026-10-05T12:00:00+00:00]

It prints every step as *ok*, *FAILED* or *note*, and ends with 0 (all is well), 1 (a step failed) or 2 (the file is no
proof, or wrong use). ``--root`` is the certificate you trust, from a source you trust: without it the self-signed one in
the proof is used, which shows only that the proof agrees with itself. ``--office`` is the institution that must have
signed the root of the tree: without it any certified person could have, and the name is printed for you to judge.

The proof is a JSON object, format ``sapa-proof/1``:

    format        "sapa-proof/1"
    rows          base64 of the canonical bytes of the submitted rows; may be absent and given with --rows
    manifest      base64 of canonical JSON (UTF-8, keys sorted, no spaces): dataset, period, unit, revision, rows (their
                  number), digest (hexadecimal SHA-256 of the canonical rows), pack, pack_version, layout, created, head
    signature     base64 of the detached CMS signature (DER) over the manifest's bytes, by the head of the unit
    leaf          {"index": number from 0, "size": number of leaves}
    proof         list of hexadecimal hashes: the inclusion proof of RFC 6962, from the leaf upwards
    root          {"root": hexadecimal root hash,
                   "statement": base64 of canonical JSON with at least root, size, as_of,
                   "signature": base64 of the detached CMS signature over the statement's bytes}
    certificates  list of PEM certificates: intermediates, and the root
    crls          optional list of PEM revocation lists; without them revocation is not checked

A leaf's data is SHA-256(manifest) ‖ SHA-256(signature), 64 bytes; its hash is SHA-256(0x00 ‖ data), and an inner node is
SHA-256(0x01 ‖ left ‖ right). Certificates are judged at the time at which the root was signed, unless --at states another.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

FORMAT = "sapa-proof/1"
MAX_FILE = 256 * 1024 * 1024
MAX_CHAIN = 8
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
# importing tsp teaches cms the attribute signing_certificate_v2: without it the attribute has only a number
_BOUND: Any = tsp.SigningCertificateV2
_UNIT = x509.ObjectIdentifier("2.5.4.97")  # organizationIdentifier
_FULL_NAME = x509.ObjectIdentifier("2.5.4.41")  # stands beside a common name that had to be cut
_MANIFEST_KEYS = {"dataset", "period", "unit", "revision", "rows", "digest"}
_MANIFEST_KEYS |= {"pack", "pack_version", "layout", "created", "head"}


class NotAProofError(Exception):
    """The input is no proof at all (exit code 2)."""


class FailedError(Exception):
    """One step does not hold; the message says why (exit code 1)."""


@dataclass
class Proof:
    """A parsed proof: shapes are right, nothing is verified yet."""

    manifest: bytes
    signature: bytes
    index: int
    size: int
    path: list[bytes]
    root: bytes
    statement: bytes
    root_signature: bytes
    certificates: list[x509.Certificate]
    crls: list[x509.CertificateRevocationList]
    rows: bytes | None


@dataclass
class Signature:
    """A signature whose value fits its content; the chain of ``certificate`` is judged apart."""

    certificate: x509.Certificate
    time: datetime
    brought: list[x509.Certificate] = field(default_factory=list)

    @property
    def unit(self) -> str:
        return _one(self.certificate, _UNIT)

    @property
    def name(self) -> str:
        return _one(self.certificate, _FULL_NAME) or _one(self.certificate, x509.NameOID.COMMON_NAME)


def read_proof(data: bytes) -> Proof:
    """Parse the JSON of a proof. Raises NotAProofError with the key that is wrong."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotAProofError("the file is not JSON") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise NotAProofError(f"the file is not of the format {FORMAT}")
    key = ""
    try:
        key = "leaf"
        index, size = document["leaf"]["index"], document["leaf"]["size"]
        if type(index) is not int or type(size) is not int:
            raise ValueError("not a number")
        key = "proof"
        path = [bytes.fromhex(item) for item in document["proof"]]
        key = "root"
        signed = document["root"]
        root, statement, root_signature = bytes.fromhex(signed["root"]), _b64(signed["statement"]), _b64(signed["signature"])
        key = "certificates"
        certificates = [x509.load_pem_x509_certificate(item.encode()) for item in document["certificates"]]
        key = "crls"
        crls = [x509.load_pem_x509_crl(item.encode()) for item in document.get("crls", [])]
        key = "manifest, signature or rows"
        manifest, signature = _b64(document["manifest"]), _b64(document["signature"])
        rows = _b64(document["rows"]) if "rows" in document else None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotAProofError(f"the key {key} is missing or malformed") from error
    return Proof(manifest, signature, index, size, path, root, statement, root_signature, certificates, crls, rows)


def _b64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def canonical_object(data: bytes, what: str) -> dict[str, Any]:
    """The JSON object in ``data``, which must be written canonically. Raises FailedError."""
    try:
        document = json.loads(data)
        written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise FailedError(f"the {what} is not JSON") from None
    if not isinstance(document, dict) or written != data:
        raise FailedError(f"the {what} is not canonical JSON, so it could be read in two ways")
    return document


def leaf_hash(manifest: bytes, signature: bytes) -> bytes:
    """Hash of the leaf that stands for one signed submission."""
    return sha256(b"\x00" + sha256(manifest).digest() + sha256(signature).digest()).digest()


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2). Raises FailedError when its length is wrong."""
    if not 0 <= index < size:
        raise FailedError(f"there is no leaf {index} in a tree of {size}")
    node, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            raise FailedError("the inclusion proof has a wrong length")
        if node & 1 or node == last:
            current = sha256(b"\x01" + sibling + current).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = sha256(b"\x01" + current + sibling).digest()
        node, last = node >> 1, last >> 1
    if last:
        raise FailedError("the inclusion proof has a wrong length")
    return current


def check_signature(content: bytes, signature: bytes) -> Signature:
    """Check a detached CMS signature over ``content``, each signed attribute included.

    Raises FailedError, InvalidSignature, or whatever the parsers raise on foreign bytes.
    """
    envelope = cms.ContentInfo.load(signature, strict=True)
    if envelope["content_type"].native != "signed_data":
        raise FailedError("this is no signature")
    data = envelope["content"]
    if len(data["signer_infos"]) != 1 or data["encap_content_info"]["content"]:
        raise FailedError("this is no detached signature by one signer")
    info = data["signer_infos"][0]
    attributes = _signed_attributes(info)
    embedded = [x509.load_der_x509_certificate(item.chosen.dump()) for item in data["certificates"]]
    certificate = _signers_certificate(embedded, attributes)
    name = info["digest_algorithm"]["algorithm"].native
    if name not in _DIGESTS:
        raise FailedError(f"the digest algorithm {name} is too weak or unknown")
    digest = hashes.Hash(_DIGESTS[name])
    digest.update(content)
    if attributes["content_type"].native != "data" or attributes["message_digest"].native != digest.finalize():
        raise FailedError("the content is not what was signed")
    _verify_value(certificate, info, _DIGESTS[name])
    time = attributes["signing_time"].native
    if not isinstance(time, datetime) or time.utcoffset() is None:
        raise FailedError("the signing time has no time zone")
    return Signature(certificate, time, [c for c in embedded if c != certificate])


def _signed_attributes(info: cms.SignerInfo) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in info["signed_attrs"]:
        name, values = attribute["type"].native, attribute["values"]
        if name in found or len(values) != 1:
            raise FailedError(f"the signed attribute {name} is repeated")
        found[name] = values[0]
    for name in ("content_type", "message_digest", "signing_time", "signing_certificate_v2"):
        if name not in found:
            raise FailedError(f"the signed attribute {name} is missing")
    return found


def _signers_certificate(embedded: list[x509.Certificate], attributes: dict[str, Any]) -> x509.Certificate:
    attribute = attributes["signing_certificate_v2"]
    if not isinstance(attribute, _BOUND):
        raise FailedError("the attribute that binds the signer's certificate cannot be read")
    bound = attribute["certs"][0]
    algorithm = _DIGESTS.get(bound["hash_algorithm"]["algorithm"].native)
    for certificate in embedded:
        if algorithm is not None and certificate.fingerprint(algorithm) == bound["cert_hash"].native:
            return certificate
    raise FailedError("the signer's certificate is not in the signature")


def _verify_value(certificate: x509.Certificate, info: cms.SignerInfo, digest: hashes.HashAlgorithm) -> None:
    key, value = certificate.public_key(), info["signature"].native
    signed = info["signed_attrs"].untag().dump()
    algorithm = info["signature_algorithm"]
    family = algorithm.signature_algo
    if family not in {"rsassa_pkcs1v15", "ecdsa"} or _hash_name(algorithm) not in {None, digest.name}:
        raise FailedError(f"the signature algorithm {algorithm['algorithm'].native} is not accepted")
    if isinstance(key, ec.EllipticCurvePublicKey) and family == "ecdsa" and key.key_size >= 256:
        key.verify(value, signed, ec.ECDSA(digest))
    elif isinstance(key, rsa.RSAPublicKey) and family == "rsassa_pkcs1v15" and key.key_size >= 2048:
        key.verify(value, signed, padding.PKCS1v15(), digest)
    else:
        raise FailedError("the signer's key is too short or of another kind than the signature")


def _hash_name(algorithm: Any) -> str | None:
    try:
        return str(algorithm.hash_algo)
    except ValueError:
        return None  # plain RSA names no digest: the one of the signer's record counts


def _one(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if len(values) == 1 else ""


def check_chain(
    signature: Signature, pool: Sequence[x509.Certificate], root: x509.Certificate, at: datetime
) -> list[x509.Certificate]:
    """The chain from the signer's certificate up to ``root``, every link valid at ``at``. Raises FailedError."""
    _require_usage(signature.certificate, "digital_signature", "content_commitment")
    chain = [signature.certificate]
    while chain[-1] != root:
        issuer = next((c for c in [root, *pool, *signature.brought] if _issued(chain[-1], c)), None)
        if issuer is None or issuer in chain or len(chain) >= MAX_CHAIN:
            raise FailedError(f"no chain leads from {signature.name or 'the signer'} to the trusted root")
        below = sum(1 for c in chain[1:] if c.issuer != c.subject)
        _require_authority(issuer, below)
        chain.append(issuer)
    for certificate in chain:
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise FailedError(f"the certificate of {certificate.subject.rfc4514_string()} was not valid at {at}")
    return chain


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    algorithm = certificate.signature_hash_algorithm
    if algorithm is None or algorithm.name not in _DIGESTS:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _require_authority(certificate: x509.Certificate, below: int) -> None:
    try:
        limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        raise FailedError("a certificate of the chain is no authority's") from None
    if not limits.ca or (limits.path_length is not None and below > limits.path_length):
        raise FailedError("a certificate of the chain is no authority's, or the chain is longer than it allows")
    _require_usage(certificate, "key_cert_sign")


def _require_usage(certificate: x509.Certificate, *uses: str) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise FailedError("a certificate does not say what its key is for") from None
    if not any(getattr(usage, use) for use in uses):
        raise FailedError("a certificate is used for what it was not issued for")


def check_revocation(chain: Sequence[x509.Certificate], crls: Sequence[x509.CertificateRevocationList], at: datetime) -> None:
    """Every certificate below the root needs a list of its issuer, valid at ``at``, that does not name it."""
    for certificate, issuer in pairwise(chain):
        lists = [item for item in crls if _current(item, issuer, at)]
        if not lists:
            raise FailedError(f"no current revocation list of {issuer.subject.rfc4514_string()}")
        for item in lists:
            entry = item.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is not None and entry.revocation_date_utc <= at:
                raise FailedError(f"the certificate of {certificate.subject.rfc4514_string()} was revoked")


def _current(item: x509.CertificateRevocationList, issuer: x509.Certificate, at: datetime) -> bool:
    key, end = issuer.public_key(), item.next_update_utc
    if item.issuer != issuer.subject or not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return False
    return item.last_update_utc <= at and end is not None and at <= end and item.is_signature_valid(key)


@dataclass
class Checker:
    """Runs the steps one after another; a failed step does not hide the next."""

    proof: Proof
    trusted: x509.Certificate | None = None
    at: datetime | None = None
    office: str | None = None
    failed: int = 0

    def run(self) -> int:
        """Print every step and return the exit code, 0 or 1."""
        self._step("rows", self._rows)
        signed = self._step("signature of the head over the manifest", lambda: self._signature(self.proof.manifest))
        self._step("institution", lambda: self._unit(signed))
        self._step("place in the tree", self._inclusion)
        self._step("statement about the root", self._statement)
        root = self._step("signature over the root", lambda: self._signature(self.proof.statement))
        self._step("office that signed the root", lambda: self._office(root))
        anchor = self._step("trusted root certificate", self._anchor)
        moment = self.at or (root.time if root else None)
        self._step("certificates of the head", lambda: self._chain(signed, anchor, moment))
        self._step("certificates of the office", lambda: self._chain(root, anchor, moment))
        say("ALL IS WELL" if not self.failed else f"{self.failed} STEP(S) FAILED")
        return 1 if self.failed else 0

    def _step(self, name: str, work: Callable[[], Any]) -> Any:
        try:
            value, words = work()
        except FailedError as error:
            return self._fail(name, str(error))
        except InvalidSignature:
            return self._fail(name, "the signature value does not fit")
        except Exception as error:  # foreign bytes reach two parsers: what cannot be read is not proved
            return self._fail(name, f"it cannot be read ({type(error).__name__})")
        say(f"ok      {name}: {words}")
        return value

    def _fail(self, name: str, why: str) -> None:
        self.failed += 1
        say(f"FAILED  {name}: {why}")

    def _rows(self) -> tuple[None, str]:
        manifest = canonical_object(self.proof.manifest, "manifest")
        missing = _MANIFEST_KEYS - set(manifest)
        if missing:
            raise FailedError(f"the manifest lacks {', '.join(sorted(missing))}")
        if self.proof.rows is None:
            raise FailedError("the rows are not in the proof: give their file with --rows")
        found = sha256(self.proof.rows).hexdigest()
        if found != manifest["digest"]:
            raise FailedError(f"the rows have the digest {found}, the manifest says {manifest['digest']}")
        return None, f"{manifest['rows']} rows of {manifest['dataset']}, {manifest['period']}, digest as in the manifest"

    def _signature(self, content: bytes) -> tuple[Signature, str]:
        over_root = content is self.proof.statement
        signature = check_signature(content, self.proof.root_signature if over_root else self.proof.signature)
        return signature, f"by {signature.name or 'a nameless certificate'} at {signature.time}"

    def _unit(self, signed: Signature | None) -> tuple[None, str]:
        unit = canonical_object(self.proof.manifest, "manifest").get("unit")
        if signed is None or not unit or signed.unit != unit:
            raise FailedError(f"the manifest speaks for {unit}, the signer for {signed.unit if signed else 'nobody'}")
        return None, f"the head signed for the institution {unit}"

    def _inclusion(self) -> tuple[None, str]:
        proof = self.proof
        leaf = leaf_hash(proof.manifest, proof.signature)
        if root_from_path(leaf, proof.index, proof.size, proof.path) != proof.root:
            raise FailedError("the inclusion proof leads to another root")
        return None, f"leaf {proof.index} of {proof.size} under {proof.root.hex()}"

    def _statement(self) -> tuple[None, str]:
        statement = canonical_object(self.proof.statement, "statement")
        if statement.get("root") != self.proof.root.hex() or statement.get("size") != self.proof.size:
            raise FailedError("it speaks about another root or another size")
        if not statement.get("as_of"):
            raise FailedError("it does not say as of when")
        return None, f"this root over {self.proof.size} submissions, as of {statement['as_of']}"

    def _office(self, root: Signature | None) -> tuple[None, str]:
        if root is None:
            raise FailedError("nobody signed the root")
        if self.office is None:
            say(f"note    no --office given: make sure that {root.unit or 'nobody'} is the office you expect")
        elif root.unit != self.office:
            raise FailedError(f"signed for {root.unit or 'no institution'}, not for {self.office}")
        return None, f"{root.name} for {root.unit}"

    def _anchor(self) -> tuple[x509.Certificate, str]:
        anchor = self.trusted
        if anchor is None:
            own = [c for c in self.proof.certificates if c.issuer == c.subject]
            if len(own) != 1:
                raise FailedError("give the root certificate you trust with --root")
            anchor = own[0]
            say("note    no --root given: the proof's own root is used; compare its fingerprint with one you trust")
        return anchor, f"{anchor.subject.rfc4514_string()}, SHA-256 {anchor.fingerprint(hashes.SHA256()).hex()}"

    def _chain(self, signature: Signature | None, anchor: x509.Certificate | None, at: datetime | None) -> tuple[None, str]:
        if signature is None or anchor is None or at is None:
            raise FailedError("not checked, since a step before failed")
        if signature.time > at:
            raise FailedError(f"signed at {signature.time}, after {at}")
        chain = check_chain(signature, self.proof.certificates, anchor, at)
        words = f"{len(chain)} certificates up to the trusted root, valid at {at}"
        if not self.proof.crls:
            return None, words + "; revocation not checked: the proof has no lists"
        check_revocation(chain, self.proof.crls, at)
        return None, words + ", none revoked"


def say(words: str) -> None:
    """Print one line; control characters of foreign names stay out of the terminal."""
    print("".join(letter if letter.isprintable() else "?" for letter in words))


def _read(path: str) -> bytes:
    file = Path(path)
    try:
        if file.stat().st_size > MAX_FILE:
            raise NotAProofError(f"{path} is larger than {MAX_FILE} bytes")
        return file.read_bytes()
    except OSError as error:
        raise NotAProofError(f"{path} cannot be read: {error.strerror}") from error


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Check an exported proof of one submission.")
    parser.add_argument("proof", help="the proof, a JSON file")
    parser.add_argument("--root", help="the root certificate you trust (PEM or DER)")
    parser.add_argument("--rows", help="file with the canonical rows, where the proof does not hold them")
    parser.add_argument("--office", help="identifier of the institution that must have signed the root")
    parser.add_argument("--at", help="moment at which certificates are judged, ISO 8601 with a time zone")
    return parser.parse_args(arguments)


def _load_certificate(data: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)
    except ValueError as error:
        raise NotAProofError("the root certificate cannot be read") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotAProofError("--at is no moment") from None
    if moment.utcoffset() is None:
        raise NotAProofError("--at needs a moment with a time zone, as 2026-10-05T12:00:00+00:00")
    return moment


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    given = _arguments(arguments)
    try:
        proof = read_proof(_read(given.proof))
        if given.rows:
            proof.rows = _read(given.rows)
        trusted = _load_certificate(_read(given.root)) if given.root else None
        at = _moment(given.at) if given.at else None
    except NotAProofError as error:
        print(f"This is no proof, or wrong use: {error}", file=sys.stderr)
        return 2
    return Checker(proof, trusted, at, given.office).run()


if __name__ == "__main__":
    sys.exit(main())
