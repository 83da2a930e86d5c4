"""The receipt of a signed return: what it says, and a bundle that anybody can check without this site."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.utils.translation import gettext as _

from sapa.archive.manifest import Manifest
from sapa.archive.submissions import Submission as Stored
from sapa.archive.submissions import load
from sapa.errors import RefusedError
from sapa.signing.plain import read as read_plain
from sapa.signing.report import SignatureReport
from sapa.signing.trust import TrustStore
from sapa.signing.verifier import verifier
from sapa_web.collection.domain.trust import trust_now
from sapa_web.collection.models import Submission
from sapa_web.common.files import archive

_WHEN = (2020, 1, 1, 0, 0, 0)  # equal receipts, equal bytes


@dataclass(frozen=True)
class Receipt:
    """A submission with what was signed and how it looks now."""

    submission: Submission
    manifest: Manifest
    report: SignatureReport | None
    missing: str = ""
    intact: bool = False

    @property
    def holds(self) -> bool:
        """Whether signature and rows are what was received."""
        return self.report is not None and self.report.valid and self.intact


def receipt_of(submission: Submission) -> Receipt:
    """The receipt, checked just now against the archive. What was revoked later does not undo what was signed before."""
    manifest = Manifest.from_bytes(bytes(submission.manifest))
    try:
        stored = stored_of(submission)
    except RefusedError as error:
        return Receipt(submission, manifest, None, missing=error.message)
    trust = replace(trust_now(), crls=())
    report = verifier().check(
        bytes(submission.manifest), stored.signature, trust, at=submission.received_at, expected_unit=manifest.unit
    )
    intact = stored.manifest == bytes(submission.manifest) and sha256(stored.rows).hexdigest() == submission.digest
    return Receipt(submission, manifest, report, intact=intact)


def stored_of(submission: Submission) -> Stored:
    """The three files of the revision; raises ``RefusedError`` where one is missing."""
    campaign = submission.obligation.campaign
    return load(archive(campaign.pack, campaign.period), Manifest.from_bytes(bytes(submission.manifest)).name)


def bundle(submission: Submission, *, rows: bool) -> bytes:
    """A zip: manifest, signature, certificates, digests, how to check them; ``rows`` where the reader may see persons."""
    stored = stored_of(submission)
    files: dict[str, bytes] = {"manifest.json": stored.manifest, "signature.p7s": stored.signature}
    if rows:
        # The bytes that were signed. Named .txt, so that a spreadsheet program does not run what somebody typed into a cell.
        files["rows.txt"] = stored.rows
    files |= _certificates(stored.signature, trust_now())
    files["receipt.json"] = json.dumps(_about(submission), ensure_ascii=False, indent=1, sort_keys=True).encode()
    digests = {"rows.txt": submission.digest, **{name: sha256(data).hexdigest() for name, data in files.items()}}
    listed = {name: digest for name, digest in digests.items() if name in files}
    files["SHA256SUMS"] = "".join(f"{digest}  {name}\n" for name, digest in sorted(listed.items())).encode()
    files["README.txt"] = _how(submission, rows=rows).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, data in sorted(files.items()):
            parts.writestr(zipfile.ZipInfo(name, _WHEN), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _about(submission: Submission) -> dict[str, Any]:
    campaign = submission.obligation.campaign
    return {
        "receipt": submission.receipt, "pack": campaign.pack, "dataset": campaign.dataset, "period": campaign.period,
        "unit": submission.obligation.organisation.code, "revision": submission.revision, "rows": submission.rows,
        "digest": submission.digest, "signer": submission.signer, "certificate": submission.certificate,
        "received_at": submission.received_at.isoformat(), "working_days_late": submission.late_days,
    }  # fmt: skip


def _certificates(signature: bytes, trust: TrustStore) -> dict[str, bytes]:
    plain = read_plain(signature)
    embedded = list(plain.certificates) if plain is not None else []
    above = [item for item in trust.intermediates if item not in embedded]
    return {
        "signer-chain.pem": b"".join(_pem(item) for item in [*embedded, *above]),
        "root.pem": b"".join(_pem(item) for item in trust.roots),
    }


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def _how(submission: Submission, *, rows: bool) -> str:
    at = int(submission.received_at.timestamp())
    lines = [
        _("How to check this receipt without the site that gave it"),
        "",
        _("1. The files are whole:"),
        "   sha256sum -c SHA256SUMS",
        _("2. The head of the institution has signed manifest.json, with a certificate that leads to root.pem:"),
        "   openssl cms -verify -binary -inform DER -in signature.p7s -content manifest.json \\",
        f"     -CAfile root.pem -certfile signer-chain.pem -purpose any -attime {at} -out /dev/null",
        _("   Compare the fingerprint of root.pem with the one the authority publishes:"),
        "   openssl x509 -in root.pem -noout -fingerprint -sha256",
        _("3. The rows are those that were signed: the digest in manifest.json is the SHA-256 of the rows:"),
        "   sha256sum rows.txt" if rows else _("   (the rows are not in this bundle; the digest is %s)") % submission.digest,
        "",
    ]
    return "\n".join(lines)


def in_words(manifest: Manifest, title: str, unit: str) -> list[tuple[str, str]]:
    """What is signed, in plain words: label and text."""
    return [
        (_("Return"), title),
        (_("Institution"), f"{unit} ({manifest.unit})"),
        (_("Period"), manifest.period),
        (_("Revision"), str(manifest.revision)),
        (_("Rows"), str(manifest.rows)),
        (_("Rules"), f"{manifest.pack} {manifest.pack_version}"),
        (_("Prepared"), manifest.created.replace("T", " ").replace("Z", " UTC")),
        (_("Head"), manifest.head),
        (_("Digest of the rows (SHA-256)"), manifest.digest),
    ]
