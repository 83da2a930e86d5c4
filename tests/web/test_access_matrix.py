"""The access matrix: every route × every relation of the person to the unit concerned has an expected answer.

The routes are taken from the site itself; the answers stand in ``access_matrix.yaml``, one line a route: ``as`` is the role that
works with it, ``with`` what fills the address, ``body`` what is sent; then the answer for that role held at the unit itself
(``own``; where ``at`` is ``REP``, at the office of the whole country), at the office above, at another unit of the same office,
at a unit below, in another region, for another level of education, as the unit's founder; without sign-in; with a role that has
no use for it. ``else`` stands for the columns that are not named. A route without a line fails, and so does a line that lets
somebody from outside see something without saying why it is ``open``, or anybody at all without saying why it is ``public``.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from sapa_web.api.domain import tokens
from sapa_web.collection.models import Campaign, Freeze, Obligation, Submission, Upload
from sapa_web.common import clock
from sapa_web.common.models import JobRun, Notice
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.domain.tree import Entry, Facts, open_many
from sapa_web.orgs.models import Certificate, Invitation, Membership, Organisation, OrganisationVersion, RegisterImport, User
from sapa_web.orgs.roles import Capability
from sapa_web.surveys.domain import drafts
from tests.web import cast
from tests.web.collection.office import sign_register
from tests.web.evaluation.one_of_everything import everything_of
from tests.web.monitoring.one_of_everything import monitoring_of, people_of, rating_of, regulations_of
from tests.web.security.routes import Route, routes
from tests.web.surveys import coders, world

TABLE = Path(__file__).with_name("access_matrix.yaml")
BRANCH, FOUNDER = "0000111", "F-1"
AT: dict[str, tuple[str, dict[str, Any]]] = {
    "own": (cast.SCHOOL, {}),
    "parent": ("R1-01", {}),
    "sibling": (cast.SIBLING, {}),
    "child": (BRANCH, {}),
    "other_region": ("R2", {}),
    "other_level": ("REP", {"levels": ["preschool"]}),
    "founder": (FOUNDER, {"founded": True}),
}
COLUMNS = [*AT, "no_login", "wrong_role"]
OUTSIDE = ("sibling", "child", "other_region", "other_level", "wrong_role")
REFUSED = {302, 401, 403, 404, 405}
ALL = ("see", "enter", "sign", "persons", "analyse")


def key(route: Route) -> str:
    """A route's line: its name and its address."""
    values = {name: f"<{name}>" for name in route.pieces}
    return f"{route.name} /{route.template % values}".strip()


@lru_cache
def table() -> dict[str, dict[str, Any]]:
    """The expected answers."""
    return yaml.safe_load(TABLE.read_text()) if TABLE.exists() else {}


class World:
    """A republic in which the school has one of everything; people come into being as they are asked for."""

    def __init__(self, people: cast.Cast) -> None:
        self.people = people
        open_many("system:test", [Entry(FOUNDER, Facts("Founder", "REP"), is_institution=False)], cast.SINCE)
        data = cast.attributes("Branch", "secondary-school", "general", "R1-01")
        branch = Facts("Branch", cast.SCHOOL, "secondary-school", ("general",), attributes=data)
        open_many("system:test", [Entry(BRANCH, branch)], cast.SINCE)
        self.school = cast.organisation(cast.SCHOOL)
        everybody = Organisation.objects.unscoped("test")
        everybody.filter(pk=self.school.pk).update(founder=cast.organisation(FOUNDER))
        cast.campaigns()
        self.owed: Obligation = sign_register(people, cast.SCHOOL)
        self._clients: dict[tuple[str, str, str], Client] = {}
        self._made: dict[tuple[str, str], Any] = {}

    def viewer(self, role: str, column: str, at: str = "") -> Client:
        """Who asks; at ``at`` instead of the school."""
        if column == "no_login":
            return Client()
        kind = ("teacher" if role != "teacher" else "analyst") if column == "wrong_role" else role
        where, more = AT["own" if column == "wrong_role" else column]
        where = at if at and column == "own" else where
        if (role, column, at) not in self._clients:
            self._clients[role, column, at] = (
                self._system(column, where, more) if role == "token" else self._person(kind, column, where, more)
            )
        return self._clients[role, column, at]

    def _person(self, role: str, column: str, where: str, more: dict[str, Any]) -> Client:
        user = User.objects.create_user(
            f"{role}-{column}-{len(self._clients)}@example.org", cast.PASSWORD, name=f"{role} {column}"
        )
        Membership.objects.create(
            user=user, organisation=cast.organisation(where), role=role, valid_from=cast.SINCE, classes=["x"], **more
        )
        client = Client(raise_request_exception=False)
        client.force_login(user)
        client.user = user  # type: ignore[attr-defined]
        return client

    def _system(self, column: str, where: str, more: dict[str, Any]) -> Client:
        capabilities = ("analyse",) if column == "wrong_role" else ALL
        limits = {"levels": more["levels"]} if "levels" in more else {}
        at = where if not more.get("founded") else "REP"  # a token is never a founder's: this column repeats the republic's
        wanted = tokens.Wanted(
            f"System {column}",
            cast.organisation(at),
            capabilities,
            expires_at=clock.now() + timedelta(days=30),
            burst=5000,
            **limits,
        )
        scope = scope_of(self.people.administrator, Capability.ADMINISTER)
        secret = tokens.issue(self.people.administrator, scope, wanted)[1]
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})

    def value(self, name: str, role: str) -> Any:
        """What fills a place of an address: something of the school's (or of the person's who works there), or a plain word."""
        maker = getattr(self, f"_{name}", None)
        if maker is None:
            return name
        if (name, role) not in self._made:
            owner = getattr(self.viewer(role, "own"), "user", self.people.head)
            self._made[name, role] = maker(owner)
        return self._made[name, role]

    def _school(self, owner: User) -> Any:
        return cast.SCHOOL

    def _return(self, owner: User) -> Any:
        return self.owed.pk

    def _receipt(self, owner: User) -> Any:
        return Submission.objects.unscoped("test").get(obligation=self.owed).receipt

    def _upload(self, owner: User) -> Any:
        """The school's own workbook, handed in again."""
        client = self.viewer("head", "own")
        with clock.standing_at(cast.DAY):
            book = b"".join(client.get(f"/returns/{self.owed.pk}/workbook.xlsx"))
            client.post(f"/returns/{self.owed.pk}/upload/", {"file": SimpleUploadedFile("book.xlsx", book)})
        return Upload.objects.get().pk

    def _transfer(self, owner: User) -> Any:
        asked = {"pack": cast.PACK, "dataset": "institutions", "period": cast.PERIOD, "unit": cast.SCHOOL}
        body = json.dumps({**asked, "form": "json", "size": 2, "sha256": "0" * 64})
        headers = {"Idempotency-Key": str(uuid4())}
        made = self.viewer("token", "own").post("/api/v1/uploads", body, content_type="application/json", headers=headers)
        assert made.status_code == 201, made.content
        return made.json()["id"]

    def _campaign(self, owner: User) -> Any:
        return Campaign.objects.get(dataset="staff").pk

    def _freeze(self, owner: User) -> Any:
        days = dict.fromkeys(("as_of", "announce_by", "suspend_from", "resume_on"), cast.DAY.date() + timedelta(days=30))
        regime = Campaign.objects.get(dataset="staff").regime
        return Freeze.objects.create(pack=cast.PACK, period=cast.PERIOD, regime=regime, **days).pk

    def _job(self, owner: User) -> Any:
        return JobRun.objects.create(kind="x", title="x", state="failed", asked_by=owner, asked_at=clock.now()).pk

    def _notice(self, owner: User) -> Any:
        return Notice.objects.create(user=owner, kind="x", at=clock.now(), url="/").pk

    def _certificate(self, owner: User) -> Any:
        dates = {"not_before": cast.DAY, "not_after": cast.DAY + timedelta(days=400), "registered_at": cast.DAY}
        names = {"fingerprint": "1" * 64, "subject": "CN=x", "issuer": "CN=x", "serial": "1"}
        return Certificate.objects.create(organisation=self.school, **names, **dates).pk

    def _invitation(self, owner: User) -> Any:
        return Invitation.objects.create(
            email="new@example.org", name="New", organisation=self.school, role="secretary", token_hash="1" * 64,
            invited_by=owner, invited_at=cast.DAY, expires_at=cast.DAY + timedelta(days=14),
        ).pk  # fmt: skip

    def _import(self, owner: User) -> Any:
        return RegisterImport.objects.create(
            pack="demo", dataset="institutions", period="2024", as_of=cast.DAY.date(), basis="x", file_name="x.csv",
            digest="1" * 64, uploaded_by=owner, uploaded_at=cast.DAY, counts={"rows": 0, "blocks": 0},
        ).pk  # fmt: skip

    def _person_there(self, owner: User) -> Any:
        return self.people.secretary.pk

    def _role_there(self, owner: User) -> Any:
        return Membership.objects.get(user=self.people.secretary).pk

    def _survey(self, owner: User) -> Any:
        return world.survey(cast.SCHOOL, paper=True).pk

    def _survey_planned(self, owner: User) -> Any:
        return world.survey(cast.SCHOOL, opened=False).pk

    def _survey_closed(self, owner: User) -> Any:
        return world.counted(cast.SCHOOL).pk

    def _survey_key(self, owner: User) -> Any:
        return world.survey(cast.SCHOOL).key

    def _instrument(self, owner: User) -> Any:
        return world.version(world.questionnaire(), cast.SCHOOL).instrument_id

    def _draft(self, owner: User) -> Any:
        version = world.version(world.questionnaire(), cast.SCHOOL)
        return drafts.begin_version(world.head(cast.SCHOOL), version.instrument).pk

    def _protocol(self, owner: User) -> Any:
        return world.protocol(cast.SCHOOL).pk

    def _coding(self, owner: User) -> Any:
        return coders.coded(self._coding_of(owner), finished=False).pk

    def _coding_drafted(self, owner: User) -> Any:
        return coders.begun(code=cast.SCHOOL, two=False, first=owner).pk

    def _coding_in_dispute(self, owner: User) -> Any:
        return coders.coded(self._coding_of(owner), {1: ["c3"]}).pk

    def _coding_of(self, owner: User) -> Any:
        return coders.started(cast.SCHOOL, first=owner)

    def _criterion(self, owner: User) -> Any:
        coders.agreed_protocol({"base": "The fence is broken."}, cast.SCHOOL)
        return "environment.base"

    # The school's own quality system: a self-assessment that is being planned, with one of everything.

    def _quality_school(self, owner: User) -> Any:
        self.value("assessment", "head")
        return cast.SCHOOL

    def _assessment(self, owner: User) -> Any:
        return self._quality["assessment"]

    @cached_property
    def _quality(self) -> dict[str, Any]:
        return everything_of(self.people.head, self.school)

    def _quality_component(self, owner: User) -> Any:
        return self._quality["component"]

    def _quality_member(self, owner: User) -> Any:
        return self._quality["member"]

    def _quality_evidence(self, owner: User) -> Any:
        return self._quality["evidence"]

    def _quality_digest(self, owner: User) -> Any:
        return self._quality["digest"]

    def _quality_measure(self, owner: User) -> Any:
        return self._quality["measure"]

    def _quality_meeting(self, owner: User) -> Any:
        return self._quality["meeting_pk"]

    def _quality_guest(self, owner: User) -> Any:
        return self._quality["guest"]

    def _quality_dossier(self, owner: User) -> Any:
        return self._quality["dossier"]

    # Its monitoring: a plan in force with one of everything, a draft of another half-year.

    def _mon_school(self, owner: User) -> Any:
        self.value("mon_plan", "head")
        return cast.SCHOOL

    @cached_property
    def _regulations(self) -> dict[str, Any]:
        return regulations_of(self.people.head, self.people.teacher, self.school)

    def _mon_edition(self, owner: User) -> Any:
        return self._regulations["edition"]

    def _mon_edition_draft(self, owner: User) -> Any:
        return self._regulations["edition_draft"]

    def _mon_remark(self, owner: User) -> Any:
        return self._regulations["remark"]

    @cached_property
    def _people_at_work(self) -> dict[str, Any]:
        return people_of(self.people.head, self.people.teacher, self.school)

    def _mon_people(self, owner: User) -> Any:
        return cast.SCHOOL if self._people_at_work else ""

    def _mon_laid_open(self, owner: User) -> Any:
        return self._people_at_work["laid_open"]

    def _mon_rating(self, owner: User) -> Any:
        return self._people_at_work["rating"]

    def _mon_own_rating(self, owner: User) -> Any:
        return rating_of(self.people.head, owner, self.school).rating_id

    def _mon_rated(self, owner: User) -> Any:
        return self._people_at_work["rated"]

    def _mon_account(self, owner: User) -> Any:
        return self._people_at_work["account"]

    def _mon_expert(self, owner: User) -> Any:
        return self._people_at_work["expert"]

    def _mon_seat(self, owner: User) -> Any:
        return self._people_at_work["seat"]

    @cached_property
    def _monitoring(self) -> dict[str, Any]:
        return monitoring_of(self.people.head, self.people.teacher, self.school)

    def _mon_plan(self, owner: User) -> Any:
        return self._monitoring["plan"]

    def _mon_draft(self, owner: User) -> Any:
        return self._monitoring["draft"]

    def _mon_line(self, owner: User) -> Any:
        return self._monitoring["line"]

    def _mon_line_in_force(self, owner: User) -> Any:
        return self._monitoring["line_in_force"]

    def _mon_watch(self, owner: User) -> Any:
        return self._monitoring["watch"]

    def _mon_note(self, owner: User) -> Any:
        return self._monitoring["note"]

    def _mon_issued(self, owner: User) -> Any:
        return self._monitoring["issued"]

    def _mon_visit(self, owner: User) -> Any:
        return self._monitoring["visit"]

    def _mon_task(self, owner: User) -> Any:
        return self._monitoring["task"]

    def _number(self, owner: User) -> Any:
        return 1

    def _version(self, owner: User) -> Any:
        return OrganisationVersion.objects.filter(organisation=self.school).latest("pk").pk


def sent_by(line: dict[str, Any]) -> bytes:
    return json.dumps(line["body"]).encode() if "body" in line else b""


def answer(world: World, route: Route, line: dict[str, Any], column: str) -> int:
    """What the site says; whatever it does is undone."""
    role = line.get("as", "head")
    client = world.viewer(role, column, line.get("at", ""))
    sent = {"headers": {"Idempotency-Key": str(uuid4())}} if role == "token" else {}
    values = {name: world.value(str(value), role) for name, value in line.get("with", {}).items()}
    with transaction.atomic():
        body = sent_by(line)
        kind = "application/json" if "body" in line else line.get("type", "application/x-www-form-urlencoded")
        given = client.generic(line.get("method", "GET"), route.path(**values), body, content_type=kind, **sent)
        status: int = given.status_code
        transaction.set_rollback(True)
    return status


FAMILIES = sorted({route.template.split("/")[0] for route in routes()})


def test_every_route_has_a_line() -> None:
    mounted = {key(route) for route in routes()}
    assert sorted(mounted - set(table())) == [], "a new route: write its line into access_matrix.yaml"
    assert sorted(set(table()) - mounted) == [], "a route that is gone: take its line out of access_matrix.yaml"


def test_nobody_from_outside_sees_an_object_without_a_reason() -> None:
    """The table itself: another node's object is not there (404), unless the line says why it is open to all."""
    for name, line in table().items():
        if "with" not in line or "open" in line:
            continue
        given = {column: line.get(column, line.get("else")) for column in OUTSIDE}
        # Who never has the page may be told so; who has it elsewhere must not learn that there is anything.
        loose = {
            column: code for column, code in given.items() if code not in (404, 405, *([403] if column == "wrong_role" else []))
        }
        assert not loose, (name, loose)
    for name, line in table().items():
        if "public" not in line:
            assert line.get("no_login", line.get("else")) in REFUSED, name


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_the_site_answers_as_the_table_says(people: cast.Cast, family: str) -> None:
    world = World(people)
    wrong: dict[str, dict[str, int]] = {}
    for route in routes():
        if route.template.split("/")[0] != family:
            continue
        line = table().get(key(route), {})
        seen = {column: answer(world, route, line, column) for column in COLUMNS}
        expected = {column: line.get(column, line.get("else")) for column in COLUMNS}
        if seen != expected:
            wrong[key(route)] = {column: status for column, status in seen.items() if status != expected[column]}
    assert not wrong, "\n".join(f"{name}: seen {seen}" for name, seen in wrong.items())
