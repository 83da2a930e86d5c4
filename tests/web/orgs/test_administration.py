"""What an administrator does by the pages: verbs on the tree, roles, certificates, register files, the ledger's check."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sapa.signing.authority import DemonstrationAuthority
from sapa_web.common import clock
from sapa_web.common.domain import ledger
from sapa_web.common.models import LedgerEntry
from sapa_web.orgs.domain import tree
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Certificate, Membership, Organisation, RegisterImport, User
from tests.web import cast

DAY = {"day": "2024-09-16", "basis": "Order 12"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def admin(people: cast.Cast) -> Client:
    return signed_in(people.administrator)


def act(client: Client, code: str, verb: str, **given: str) -> Any:
    return client.post(reverse("orgs:act", args=[code, verb]), {**DAY, **given})


def test_rename_move_change_merge_close_reopen_by_forms(admin: Client) -> None:
    assert act(admin, cast.SCHOOL, "rename", name="Lyceum").status_code == 302
    assert act(admin, cast.SCHOOL, "move", parent="R1-02 – Valda district").status_code == 302
    changed = act(
        admin, cast.SCHOOL, "change", kind="lyceum", levels="general", attribute_capacity="450", attribute_settlement="rural",
        attribute_ownership="communal", attribute_subordination="district", attribute_district="R1-02", attribute_status="active",
        attribute_opened="2015-09-01",
    )  # fmt: skip
    assert changed.status_code == 302
    school = cast.organisation(cast.SCHOOL)
    assert (school.name, school.parent.code, school.kind, school.attributes["capacity"]) == ("Lyceum", "R1-02", "lyceum", "450")
    assert act(admin, cast.SIBLING, "merge", into=cast.SCHOOL).status_code == 302
    assert act(admin, cast.KINDERGARTEN, "close").status_code == 302
    assert act(admin, cast.KINDERGARTEN, "reopen", day="2024-10-01").status_code == 302
    page = admin.get(reverse("orgs:organisation", args=[cast.SIBLING])).content.decode()
    assert "it is part of" in page
    assert "Noram school No 2" in admin.get(reverse("orgs:organisation", args=[cast.SCHOOL])).content.decode()
    assert not list(ledger.faults())


def test_what_cannot_be_done_is_said_above_the_form(admin: Client) -> None:
    refused = act(admin, "R1-01", "close")
    assert refused.status_code == 200
    assert "move or close them first" in refused.content.decode()
    assert act(admin, cast.SCHOOL, "rename", name="").status_code == 200
    assert "no organisation with this identifier" in act(admin, cast.SCHOOL, "move", parent="nowhere").content.decode()
    assert act(admin, cast.SCHOOL, "rename", name="X", basis="").status_code == 200, "no act without its basis"


def test_open_and_correct_by_forms(admin: Client) -> None:
    given = {**DAY, "is_institution": "1", "code": "0000999", "name": "New school", "parent": "R1-01", "kind": "secondary-school"}
    assert admin.post(reverse("orgs:open"), given).status_code == 302
    assert "is taken" in admin.post(reverse("orgs:open"), given).content.decode()
    version = tree.timeline(cast.organisation("0000999"))[0]
    url = reverse("orgs:correct", args=["0000999", version.pk])
    first = admin.get(url).context["form"].initial
    corrected = {key: "" if value is None else value for key, value in first.items()} | {
        "name": "Newest school",
        "basis": "misspelt",
    }
    assert admin.post(url, corrected).status_code == 302
    history = admin.get(reverse("orgs:history", args=["0000999"])).content.decode()
    assert "Newest school" in history
    assert "1 earlier record" in history


def test_roles_are_given_and_ended_within_reach(people: cast.Cast, admin: Client) -> None:
    pk = people.secretary.pk
    url = reverse("orgs:role_grant", args=[pk])
    assert admin.post(url, {"role_name": "officer", "place": "R1", "levels": ["preschool"]}).status_code == 302
    held = Membership.objects.get(user=people.secretary, role="officer")
    assert held.levels == ["preschool"]
    assert "already" in admin.post(url, {"role_name": "officer", "place": "R1", "levels": ["preschool"]}).content.decode()
    admin.post(reverse("orgs:role_end", args=[pk, held.pk]))
    held.refresh_from_db()
    assert held.valid_to == cast.DAY.date()
    fresh = User.objects.get(pk=pk)
    assert {item.organisation.code for item in fresh.memberships.filter(valid_to=None)} == {cast.SCHOOL}
    assert admin.post(reverse("orgs:role_end", args=[people.head.pk, held.pk])).status_code == 404
    verbs = set(LedgerEntry.objects.values_list("verb", flat=True))
    assert {"role.granted", "role.ended"} <= verbs


def test_an_administrator_of_a_level_gives_no_more_than_that(people: cast.Cast) -> None:
    limited = User.objects.create_user("limited@example.org", cast.PASSWORD, name="Limited")
    Membership.objects.create(
        user=limited, organisation=cast.organisation("REP"), role="administrator", levels=["preschool"], valid_from=cast.SINCE
    )
    client = signed_in(limited)
    assert client.get(reverse("orgs:person", args=[people.region.pk])).status_code == 200
    url = reverse("orgs:role_grant", args=[people.region.pk])
    assert "reaches further" in client.post(url, {"role_name": "manager", "place": "REP"}).content.decode()
    assert client.post(url, {"role_name": "manager", "place": "REP", "levels": ["preschool"]}).status_code == 302


def test_deactivation_ends_sessions_and_needs_the_whole_person(people: cast.Cast, admin: Client) -> None:
    from tests.web.orgs.test_pages import local_administrator

    Membership.objects.create(
        user=people.secretary, organisation=cast.organisation(cast.ELSEWHERE), role="secretary", valid_from=cast.SINCE
    )
    local = signed_in(local_administrator(people))
    answer = local.post(reverse("orgs:deactivate", args=[people.secretary.pk]), follow=True)
    assert "outside your part" in answer.content.decode()
    theirs = Client()
    theirs.post(reverse("account_login"), {"login": "secretary@example.org", "password": cast.PASSWORD})
    admin.post(reverse("orgs:deactivate", args=[people.secretary.pk]))
    assert theirs.get(reverse("orgs:tree")).status_code == 302
    assert not User.objects.get(pk=people.secretary.pk).is_active
    admin.post(reverse("orgs:reactivate", args=[people.secretary.pk]))
    assert User.objects.get(pk=people.secretary.pk).is_active
    own = admin.post(reverse("orgs:deactivate", args=[people.administrator.pk]), follow=True)
    assert "nobody deactivates himself" in own.content.decode()


def test_certificates_are_registered_and_revoked(people: cast.Cast, admin: Client) -> None:
    signer = DemonstrationAuthority("test", founded=cast.DAY).person("Head", cast.SCHOOL, now=cast.DAY)
    der = signer.certificate if isinstance(signer.certificate, bytes) else signer.certificate.public_bytes(Encoding.DER)
    pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    url = reverse("orgs:certificate_add", args=[cast.SCHOOL])
    assert admin.post(url, {"file": SimpleUploadedFile("head.pem", pem)}).status_code == 302
    made = Certificate.objects.get()
    assert "Head" in made.subject
    assert "already" in admin.post(url, {"file": SimpleUploadedFile("head.cer", der)}).content.decode()
    assert "no certificate" in admin.post(url, {"file": SimpleUploadedFile("x.cer", b"nonsense")}).content.decode()
    key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"  # no key at all: allow-host
    assert "private key" in admin.post(url, {"file": SimpleUploadedFile("x.pem", key)}).content.decode()
    assert admin.post(reverse("orgs:certificate_revoke", args=[cast.SIBLING, made.pk])).status_code == 404
    admin.post(reverse("orgs:certificate_revoke", args=[cast.SCHOOL, made.pk]))
    made.refresh_from_db()
    assert made.revoked_at is not None
    assert "Revoked" in admin.get(reverse("orgs:certificates", args=[cast.SCHOOL])).content.decode()


def register_csv(*changes: dict[str, str], without: str = "") -> bytes:
    units = Organisation.objects.unscoped("test").filter(is_institution=True).order_by("code")
    rows = [{"institution": unit.code, **unit.attributes, "name": unit.name} for unit in units if unit.code != without]
    for change in changes:
        found = next((row for row in rows if row["institution"] == change["institution"]), None)
        if found is None:
            rows.append({**rows[0], **change})
        else:
            found.update(change)
    heads = list(dict.fromkeys(key for row in rows for key in row))
    return "\n".join([",".join(heads), *(",".join(row.get(head, "") for head in heads) for row in rows)]).encode()


def upload(client: Client, content: bytes, **more: str) -> Any:
    given = {"file": SimpleUploadedFile("register.csv", content), "pack": "demo", **DAY, **more}
    return client.post(reverse("orgs:import_new"), given)


def test_a_register_is_shown_then_applied(people: cast.Cast) -> None:
    manager = signed_in(people.manager)
    content = register_csv(
        {"institution": cast.SCHOOL, "name": "Noram gymnasium", "type": "gymnasium", "district": "R1-02"},
        {"institution": cast.KINDERGARTEN, "status": "closed", "closed": "2024-08-31"},
        {"institution": cast.COLLEGE, "capacity": "777"},
        {"institution": "0000777", "name": "New school", "district": "R1-03"},
        without=cast.ELSEWHERE,
    )
    answer = upload(manager, content, complete="on")
    assert answer.status_code == 302, answer.context["form"].errors
    taken = RegisterImport.objects.get()
    assert cast.organisation(cast.SCHOOL).name == "Noram school No 1", "nothing changes before it was seen"
    page = manager.get(reverse("orgs:import", args=[taken.pk]))
    plan = page.context["plan"]
    assert not plan.problems
    acts = {step.code: step.act for step in plan.steps if not step.entry or step.entry.is_institution}
    assert acts == {
        cast.SCHOOL: "moved", cast.KINDERGARTEN: "closed", cast.COLLEGE: "changed", "0000777": "opened", cast.ELSEWHERE: "closed"
    }  # fmt: skip
    assert signed_in(people.administrator).get(reverse("orgs:import", args=[taken.pk])).status_code == 404

    manager.post(reverse("orgs:import_apply", args=[taken.pk]), {"shown": "another plan"})
    assert cast.organisation(cast.SCHOOL).name == "Noram school No 1"
    manager.post(reverse("orgs:import_apply", args=[taken.pk]), {"shown": page.context["digest"]})
    school, new = cast.organisation(cast.SCHOOL), cast.organisation("0000777")
    assert (school.name, school.parent.code, school.levels.get().level) == ("Noram gymnasium", "R1-02", "general")
    assert (new.parent.code, new.parent.name, new.parent.parent.code) == ("R1-03", "Kesar district", "R1")
    assert cast.organisation(cast.COLLEGE).parent.code == "R1", "what hangs on a region stays there"
    assert not cast.organisation(cast.KINDERGARTEN).is_open
    assert not cast.organisation(cast.ELSEWHERE).is_open
    stepwise = sorted(Organisation.objects.unscoped("test").values_list("code", "is_open", "parent__code"))
    tree.refresh()
    assert stepwise == sorted(Organisation.objects.unscoped("test").values_list("code", "is_open", "parent__code"))
    again = manager.post(reverse("orgs:import_apply", args=[taken.pk]), {"shown": page.context["digest"]}, follow=True)
    assert "applied already" in again.content.decode()
    assert not list(ledger.faults())


def test_a_register_with_faults_cannot_be_applied(people: cast.Cast) -> None:
    manager = signed_in(people.manager)
    upload(manager, register_csv({"institution": cast.SCHOOL, "type": "castle"}))
    taken = RegisterImport.objects.get()
    assert taken.counts["blocks"] >= 1
    page = manager.get(reverse("orgs:import", args=[taken.pk]))
    assert not page.context["ready"]
    manager.post(reverse("orgs:import_apply", args=[taken.pk]), {"shown": page.context["digest"]})
    taken.refresh_from_db()
    assert taken.applied_at is None
    assert upload(manager, b"\x00\x01 nonsense").status_code == 200


def test_a_district_imports_its_own_institutions_only(people: cast.Cast) -> None:
    from tests.web.orgs.test_pages import local_administrator

    local = signed_in(local_administrator(people))
    upload(local, register_csv({"institution": cast.ELSEWHERE, "name": "Stolen"}))
    page = local.get(reverse("orgs:import", args=[RegisterImport.objects.get().pk]))
    assert (cast.ELSEWHERE, "outside") in page.context["plan"].problems
    assert not page.context["ready"]


def test_the_ledger_is_searched_and_verified(people: cast.Cast, admin: Client) -> None:
    act(admin, cast.SCHOOL, "rename", name="Lyceum")
    act(admin, cast.SIBLING, "rename", name="Gymnasium")
    url = reverse("orgs:ledger")
    for given, count in [
        ({"unit": cast.SCHOOL}, 1), ({"verb": "organisation.renamed"}, 2), ({"actor": "administrator"}, 2),
        ({"verb": "organisation.renamed", "since": "2024-09-17"}, 0), ({"since": "nonsense"}, LedgerEntry.objects.count()),
    ]:  # fmt: skip
        assert admin.get(url, given).context["page"].paginator.count == count, given
    assert "The chain holds" in admin.post(reverse("orgs:ledger_verify")).content.decode()

    from tests.web.orgs.test_pages import local_administrator

    local = signed_in(local_administrator(people))
    units = {row["entry"].unit for row in local.get(url).context["rows"]}
    assert units <= {cast.SCHOOL, cast.SIBLING, cast.KINDERGARTEN, "R1-01"}
    assert local.post(reverse("orgs:ledger_verify")).status_code == 403


def test_a_founder_reaches_what_it_has_founded_and_nothing_else(people: cast.Cast) -> None:
    tree.change("system:test", cast.organisation(cast.SCHOOL), date(2020, 1, 1), "changed", founder="R2")
    tree.change("system:test", cast.organisation(cast.COLLEGE), date(2020, 1, 1), "changed", founder="R2")
    founder = User.objects.create_user("founder@example.org", cast.PASSWORD, name="Founder")
    Membership.objects.create(
        user=founder, organisation=cast.organisation("R2"), role="officer", founded=True, valid_from=cast.SINCE
    )
    reach = Organisation.objects.for_scope(scope_of(founder, "see"))
    assert {item.code for item in reach} == {cast.SCHOOL, cast.COLLEGE}
    client = signed_in(founder)
    assert client.get(reverse("orgs:organisation", args=[cast.SCHOOL])).status_code == 200
    assert client.get(reverse("orgs:organisation", args=[cast.ELSEWHERE])).status_code == 404, "below it, but not founded by it"
    assert client.get(reverse("orgs:organisation", args=["R1-01"])).status_code == 404
    page = client.get(reverse("orgs:tree")).content.decode()
    assert "Noram school No 1" in page
    assert "Southern school" not in page
    Membership.objects.filter(user=founder).update(levels=["vocational"])
    fresh = User.objects.get(pk=founder.pk)
    assert {item.code for item in Organisation.objects.for_scope(scope_of(fresh, "see"))} == {cast.COLLEGE}


def test_a_role_ends_with_its_day(people: cast.Cast) -> None:
    Membership.objects.filter(user=people.officer).update(valid_to=date(2024, 9, 17))
    assert scope_of(User.objects.get(pk=people.officer.pk), "see")
    with clock.standing_at(cast.DAY.replace(day=17)):
        assert not scope_of(User.objects.get(pk=people.officer.pk), "see")
