"""One account for each role, with the password printed: a demonstration has no secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sapa_web.orgs.models import Membership, Organisation, User

PASSWORD = "demonstration-2024"  # noqa: S105 - printed on purpose, so allow-host
SINCE = date(2020, 9, 1)


@dataclass(frozen=True)
class Person:
    """Who signs in as what, where."""

    login: str
    name: str
    role: str
    node: str  # identifier of the organisation, or the name of a place in ``Places``
    what: str
    levels: tuple[str, ...] = ()
    founded: bool = False


@dataclass(frozen=True)
class Places:
    """The organisations whose people the demonstration introduces."""

    school: str
    district: str
    region: str
    republic: str


PEOPLE = (
    Person("secretary", "Sofia Marin", "secretary", "school", "School secretary: enters the returns of one school"),
    Person("head", "Pavel Rosek", "head", "school", "Head of the school: compares and signs"),
    Person("teacher", "Mira Talan", "teacher", "school", "Teacher: the forms of her own classes"),
    Person("district", "Timur Keran", "officer", "district", "District officer: backlog, returns, reminders"),
    Person("district-head", "Ada Dolin", "head", "district", "Head of the district office: signs its own returns"),
    Person("region", "Daria Lanov", "officer", "region", "Officer of the region"),
    Person("ministry", "Emil Verin", "officer", "republic", "Officer of the republic"),
    Person("preschool", "Nina Baran", "officer", "republic", "Body for preschool education: the whole republic", ("preschool",)),
    Person("manager", "Oleg Navin", "manager", "republic", "Data manager: campaigns, the year's freeze, imports, releases"),
    Person("ministry-head", "Irena Solan", "head", "republic", "Head of the ministry: approves what is published"),
    Person("analyst", "Alin Zanek", "analyst", "republic", "Analyst: tables, charts, traces"),
    Person("admin", "Vera Moran", "administrator", "republic", "Administrator: institutions, people, packs, jobs, ledger"),
)


def address(login: str) -> str:
    """The e-mail address an account signs in with."""
    return f"{login}@demo.example"


def settle(places: Places, classes: Sequence[str]) -> list[tuple[str, str, str]]:
    """Make the accounts; returns (address, password, what the role is) in order. The teacher has these ``classes``."""
    codes = {name: getattr(places, name) for name in ("school", "district", "region", "republic")}
    found = Organisation.objects.unscoped("the demonstration's places").in_bulk(list(codes.values()), field_name="code")
    return [_settled(person, found[codes[person.node]], classes) for person in PEOPLE]


def _settled(person: Person, node: Any, classes: Sequence[str]) -> tuple[str, str, str]:
    user, made = User.objects.get_or_create(email=address(person.login), defaults={"name": person.name})
    if made:
        user.set_password(PASSWORD)
        user.save()
        Membership.objects.create(
            user=user, organisation=node, role=person.role, levels=list(person.levels), founded=person.founded,
            classes=list(classes) if person.role == "teacher" else [], valid_from=SINCE,
        )  # fmt: skip
    return user.email, PASSWORD, person.what
