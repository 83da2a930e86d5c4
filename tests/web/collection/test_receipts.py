"""Receipts that stand alone, and a process that dies between archive and database."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from sapa.archive import standalone_verify as alone
from sapa.signing.cades import sign_detached
from sapa.signing.signer import Signer
from sapa_web.collection.domain import checking, reconcile, signing, working
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.collection.models import Obligation, SigningRequest, Submission
from sapa_web.common import clock
from sapa_web.common.domain import ledger
from sapa_web.common.files import archive
from sapa_web.common.models import LedgerEntry
from tests.web import cast
from tests.web.collection.test_pages import ready
from tests.web.collection.test_path import sign


@pytest.fixture
def asked(people: cast.Cast) -> Obligation:
    cast.campaigns()
    found = cast.obligation("institutions", cast.SCHOOL)
    ready(found, people.secretary)
    return found


def signed(asked: Obligation, people: cast.Cast) -> Submission:
    return signing.accept(people.head, asked, sign(bytes(signing.prepare(people.head, asked).manifest)))


def unpacked(client: Client, submission: Submission) -> dict[str, bytes]:
    answer = client.get(reverse("collection:receipt-bundle", args=[submission.receipt]))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def test_the_bundle_is_checked_without_the_site(asked: Obligation, people: cast.Cast, client: Client, tmp_path: Path) -> None:
    submission = signed(asked, people)
    client.force_login(people.head)
    files = unpacked(client, submission)
    statement = alone.canonical_object(files["manifest.json"], "manifest")
    assert sha256(files["rows.txt"]).hexdigest() == statement["digest"]
    found = alone.check_signature(files["manifest.json"], files["signature.p7s"])
    assert found.unit == statement["unit"] == cast.SCHOOL
    chain = [*x509.load_pem_x509_certificates(files["signer-chain.pem"])]
    root = x509.load_pem_x509_certificate(files["root.pem"])
    assert len(alone.check_chain(found, chain, root, clock.now())) == 3
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert sha256(files[name]).hexdigest() == digest


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_the_commands_of_the_bundle_work(asked: Obligation, people: cast.Cast, client: Client, tmp_path: Path) -> None:
    client.force_login(people.head)
    for name, data in unpacked(client, signed(asked, people)).items():
        (tmp_path / name).write_bytes(data)
    text = (tmp_path / "README.txt").read_text()
    command = text[text.index("openssl cms") : text.index("/dev/null") + 9].replace("\\\n", " ")
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (tmp_path / "manifest.json").write_bytes((tmp_path / "manifest.json").read_bytes().replace(b'"rows":1', b'"rows":2'))
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_an_officer_gets_the_bundle_without_rows(asked: Obligation, people: cast.Cast, client: Client) -> None:
    submission = signed(asked, people)
    client.force_login(people.officer)
    files = unpacked(client, submission)
    assert "rows.txt" not in files
    assert submission.digest in files["README.txt"].decode()
    client.force_login(people.other_officer)
    assert client.get(reverse("collection:receipt-bundle", args=[submission.receipt])).status_code == 404


def test_a_receipt_says_when_the_archive_does_not_hold_it(asked: Obligation, people: cast.Cast, client: Client) -> None:
    submission = signed(asked, people)
    name = f"submissions/institutions/{cast.PERIOD}/{cast.SCHOOL}/r0001"
    store = archive(cast.PACK, cast.PERIOD)
    store.write(f"{name}.csv", store.read(f"{name}.csv").replace(b"400", b"900"))
    client.force_login(people.head)
    page = client.get(reverse("collection:receipt", args=[submission.receipt])).content.decode()
    assert "The archive does not hold what was signed" in page


def dies(monkeypatch: pytest.MonkeyPatch, people: cast.Cast, asked: Obligation, made: bytes) -> None:
    """The process ends after the archive was written and before the database commits."""

    def end(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(signing, "_written", end)
        with pytest.raises(KeyboardInterrupt):
            signing.accept(people.head, asked, made)


@pytest.mark.django_db(transaction=True)
def test_a_death_between_archive_and_database_is_settled_by_signing_again(
    asked: Obligation, people: cast.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sign(bytes(signing.prepare(people.head, asked).manifest))
    dies(monkeypatch, people, asked, made)
    assert cast.obligation("institutions", cast.SCHOOL).state == Obligation.READY
    assert not Submission.objects.unscoped("test").exists()
    submission = signing.accept(people.head, asked, made)
    assert (submission.revision, submission.channel) == (1, "adopted")
    assert cast.obligation("institutions", cast.SCHOOL).state == Obligation.SIGNED
    assert LedgerEntry.objects.filter(verb="submission.adopted").count() == 1
    assert not list(ledger.faults())


@pytest.mark.django_db(transaction=True)
def test_the_command_adopts_and_leaves_a_changed_draft_a_draft(
    asked: Obligation, people: cast.Cast, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    made = sign(bytes(signing.prepare(people.head, asked).manifest))
    dies(monkeypatch, people, asked, made)
    working.apply(people.secretary, asked, [{"op": "set", "row": "a", "field": "capacity", "was": "400", "value": "410"}])
    checking.check_draft(asked)
    call_command("reconcile")
    assert "1 adopted" in capsys.readouterr().out
    asked = cast.obligation("institutions", cast.SCHOOL)
    assert (asked.state, asked.revision) == (Obligation.READY, 1)
    assert not SigningRequest.objects.exists()
    assert reconcile.reconcile().adopted == []
    second = signing.accept(people.head, asked, sign(bytes(signing.prepare(people.head, asked).manifest)))
    assert second.revision == 2


@pytest.mark.django_db(transaction=True)
def test_what_was_signed_in_time_is_adopted_after_the_certificate_has_run_out(
    asked: Obligation, people: cast.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sign(bytes(signing.prepare(people.head, asked).manifest))
    dies(monkeypatch, people, asked, made)
    with clock.standing_at(cast.DAY + timedelta(days=3000)):
        assert len(reconcile.reconcile().adopted) == 1
    assert cast.obligation("institutions", cast.SCHOOL).state == Obligation.SIGNED


def test_a_revision_whose_signature_does_not_hold_is_not_adopted(asked: Obligation, people: cast.Cast) -> None:
    manifest = bytes(signing.prepare(people.head, asked).manifest)
    name = f"submissions/institutions/{cast.PERIOD}/{cast.SCHOOL}/r0001"
    store = archive(cast.PACK, cast.PERIOD)
    for suffix, data in ((".csv", b"x"), (".p7s", sign(manifest, unit=cast.SIBLING)), (".json", manifest)):
        store.write(name + suffix, data)
    with pytest.raises(CommandError):
        call_command("reconcile")
    assert cast.obligation("institutions", cast.SCHOOL).revision == 0


def refused_page(client: Client, asked: Obligation, signature: bytes) -> str:
    from base64 import b64encode

    url = reverse("collection:sign", args=[asked.pk])
    return client.post(url, {"signature": b64encode(signature).decode()}, follow=True).content.decode()


def test_why_a_signature_does_not_count_is_said_in_words(
    asked: Obligation, people: cast.Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(people.head)
    manifest = bytes(signing.prepare(people.head, asked).manifest)
    authority, now = demonstration_authority(), clock.now()
    old: Signer = authority.person("Head", cast.SCHOOL, now=now - timedelta(days=900), days=30)
    assert "has expired" in refused_page(client, asked, sign_detached(manifest, old, signing_time=now))
    gone = authority.person("Head", cast.SCHOOL, now=now - timedelta(days=3))
    authority.revoke(gone, now=now - timedelta(days=1))
    monkeypatch.setattr(signing, "trust_now", lambda: authority.trust(now=now))
    assert "was revoked" in refused_page(client, asked, sign_detached(manifest, gone, signing_time=now))
    assert "is no detached signature" in refused_page(client, asked, b"\x30\x03\x02\x01\x01")
    assert not Submission.objects.unscoped("test").exists()


def test_the_demonstrations_key_file_signs(asked: Obligation, people: cast.Cast, client: Client, settings: Any) -> None:
    url = reverse("collection:demonstration-key")
    client.force_login(people.secretary)
    assert client.get(url).status_code == 404
    client.force_login(people.head)
    data = client.post(url, {"password": "long enough"}).content
    signer = Signer.from_pkcs12(data, "long enough")
    manifest = bytes(signing.prepare(people.head, asked).manifest)
    made = sign_detached(manifest, signer, signing_time=clock.now())
    assert signing.accept(people.head, asked, made).signer == "Head"
    settings.SAPA_DEMO = False
    assert client.get(url).status_code == 404
    assert json.loads(manifest)["head"] == "Head"
