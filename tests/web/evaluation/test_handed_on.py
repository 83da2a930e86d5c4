"""Guests by their link, dossiers by the policies, the document of an application."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client

from sapa.errors import RefusedError, UserError
from sapa_web.common import clock
from sapa_web.common.domain import ledger
from sapa_web.common.logs import hidden
from sapa_web.common.models import LedgerEntry
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain import dossiers, guests, systems
from sapa_web.evaluation.domain.files import content_of
from sapa_web.evaluation.models import Assessment, Evidence, Guest
from sapa_web.orgs.models import User
from tests.web import cast
from tests.web.evaluation import world


def test_a_parent_observes_by_a_link_and_sees_nothing_else(head: User) -> None:
    found = world.collected(head, world.plan(head, world.system(head)))
    made, token = guests.invite(
        head, found, name="Mother of Ivas", body="parents", purpose=Guest.OBSERVES, instrument="observation-environment"
    )
    assert token not in str(Guest.objects.unscoped("test").values().get(pk=made.pk)), "only its hash is kept"
    browser = Client()
    page = browser.get(f"/quality/guest/{token}/")
    assert page.status_code == 200
    assert world.SECRET not in page.content.decode()
    before = Evidence.objects.unscoped("test").count()
    sent = browser.post(f"/quality/guest/{token}/", {"level-base": "third", "note-base": "The slide is broken", "words": "x"})
    assert sent.status_code == 302
    row = Evidence.objects.unscoped("test").get(reference=f"guest:{made.pk}")
    assert (row.method, row.level, row.requirement) == ("observation", "third", "environment.safe-conditions")
    assert "The slide is broken" in row.found
    assert Evidence.objects.unscoped("test").count() == before + 1
    again = browser.post(f"/quality/guest/{token}/", {"level-base": "first"})
    assert Guest.objects.unscoped("test").get(pk=made.pk).sheet["points"]["base"]["level"] == "third", again.status_code


def test_the_link_is_hidden_in_the_log() -> None:
    assert hidden("GET /quality/guest/abcDEF_-9/ 200") == "GET /quality/guest/…/ 200"


def test_a_link_ends_by_time_and_by_the_head(head: User) -> None:
    found = world.collected(head, world.plan(head, world.system(head)))
    made, token = guests.invite(head, found, name="X", body="founder", purpose=Guest.DISCUSSES)
    with clock.standing_at(cast.DAY + timedelta(days=guests.VALID_DAYS + 1)):
        assert Client().get(f"/quality/guest/{token}/").status_code == 404
    assert Client().get(f"/quality/guest/{token}/").status_code == 200
    guests.take_back(head, made)
    assert Client().get(f"/quality/guest/{token}/").status_code == 404
    with pytest.raises(UserError, match="what is observed"):
        guests.invite(head, found, name="X", body="parents", purpose=Guest.OBSERVES, instrument="none")


def test_a_discussant_sees_levels_and_reasons_but_no_evidence(head: User) -> None:
    found = world.rated(head, world.plan(head, world.system(head)))
    _made, token = guests.invite(head, found, name="Council", body="founder", purpose=Guest.DISCUSSES)
    page = Client().get(f"/quality/guest/{token}/").content.decode()
    assert world.TOLD in page
    assert world.SECRET not in page
    Client().post(f"/quality/guest/{token}/", {"note-environment": "Buy a new slide"})
    browser = world.signed_in(head)
    assert "Buy a new slide" in browser.get(f"/quality/assessment/{found.pk}/minutes/").content.decode()


def files_of(made: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content_of(made.file))) as folder:
        return {name: folder.read(name) for name in folder.namelist()}


def test_a_dossier_holds_only_what_may_leave_and_says_what_stays(head: User) -> None:
    made = world.decided(head, world.plan(head, world.system(head)))
    with pytest.raises(RefusedError, match="nothing of this"):
        dossiers.seal(head, made, "licensing", "Commission")
    from sapa_web.evaluation.domain.content import Chosen
    from sapa_web.evaluation.domain.publishing import publish

    publish(head, made, Chosen())
    sealed = dossiers.seal(head, Assessment.objects.unscoped("test").get(pk=made.pk), "licensing", "Commission")
    files = files_of(sealed)
    manifest = json.loads(files["manifest.json"])
    assert {item["about"]: item["policy"] for item in manifest["held_back"]} == {
        "evidence": "evidence-stays",
        "notes": "notes-stay",
    }
    assert set(files) == {"manifest.json", "SHA256SUMS", "results/report.pdf", "results/report.json"}
    for item in manifest["files"]:
        assert sha256(files[item["name"]]).hexdigest() == item["sha256"]
    sums = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].decode().splitlines())
    assert sums["manifest.json"] == sha256(files["manifest.json"]).hexdigest()
    assert world.SECRET.encode() not in files["results/report.json"]
    assert LedgerEntry.objects.filter(verb="quality.dossier_sealed", data__digest=sealed.file.digest).exists()
    for forbidden in ("staff-attestation", "inspection"):
        with pytest.raises(RefusedError, match="forbids"):
            dossiers.seal(head, made, forbidden, "Commission")
    assert dossiers.allowed_purposes(pack_named("ua-71")) == ["licensing", "accreditation", "attestation"]
    assert not list(ledger.faults())


def test_where_an_application_requires_it_the_result_is_kept_by_its_hash(head: User) -> None:
    system = world.system(head, "by-329")
    direction = systems.add_line(head, system, "direction", "", systems.Line("Quality of education"))
    systems.add_line(head, system, "requirement", direction.code, systems.Line("Children learn"))
    made = world.plan(head, system, directions=(direction.code,), model="own", own_model="Once a year")
    found = world.decided(head, made)
    kept = dossiers.file_for(head, found, "accreditation")
    data = content_of(kept.file)
    assert kept.file.name == f"{sha256(data).hexdigest()}.pdf"
    assert kept.clause == "by-329:ch2.ii.p6"
    with pytest.raises(UserError, match="no application"):
        dossiers.file_for(head, found, "licensing")
    sealed = dossiers.seal(head, found, "accreditation", "Department")
    assert "results/report.pdf" in files_of(sealed), "by duty, published or not"
    with pytest.raises(RefusedError):
        dossiers.seal(head, found, "licensing", "Somebody else")
