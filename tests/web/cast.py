"""The standing cast of the web tests: a small republic, its people, and a day in September."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sapa_web.collection.domain.campaigns import open_campaign
from sapa_web.collection.models import Campaign, Obligation
from sapa_web.orgs.domain.tree import Entry, Facts, open_many
from sapa_web.orgs.models import Membership, Organisation, User

PACK, PERIOD = "demo", "2024"
DAY = datetime(2024, 9, 16, 9, 0, tzinfo=UTC)
SINCE = date(2015, 9, 1)
PASSWORD = "correct horse battery staple"

SCHOOL, SIBLING, KINDERGARTEN, ELSEWHERE, COLLEGE = "0000101", "0000102", "0000103", "0000201", "0000301"


def attributes(name: str, kind: str, level: str, district: str) -> dict[str, Any]:
    """What the register holds of an institution of the demonstration country."""
    return {
        "name": name, "as_of": "2024-09-16", "type": kind, "main_level": level, "district": district, "settlement": "urban",
        "ownership": "communal", "subordination": "district", "status": "active", "opened": "2015-09-01", "capacity": "400",
    }  # fmt: skip


OFFICES = [
    Entry("REP", Facts("Ministry of Education"), is_institution=False),
    Entry("R1", Facts("Northern region", "REP"), is_institution=False),
    Entry("R2", Facts("Southern region", "REP"), is_institution=False),
    Entry("R1-01", Facts("Noram district", "R1"), is_institution=False),
    Entry("R1-02", Facts("Valda district", "R1"), is_institution=False),
    Entry("R2-01", Facts("Southern first district", "R2"), is_institution=False),
]


def _institution(code: str, name: str, parent: str, kind: str, level: str) -> Entry:
    district = parent if "-" in parent else f"{parent}-01"
    return Entry(code, Facts(name, parent, kind, (level,), attributes=attributes(name, kind, level, district)))


INSTITUTIONS = [
    _institution(SCHOOL, "Noram school No 1", "R1-01", "secondary-school", "general"),
    _institution(SIBLING, "Noram school No 2", "R1-01", "secondary-school", "general"),
    _institution(KINDERGARTEN, "Noram kindergarten", "R1-01", "kindergarten", "preschool"),
    _institution(ELSEWHERE, "Southern school", "R2-01", "secondary-school", "general"),
    _institution(COLLEGE, "Northern college", "R1", "vocational-college", "vocational"),
]

ROLES = {
    "secretary": ("secretary", SCHOOL), "head": ("head", SCHOOL), "teacher": ("teacher", SCHOOL),
    "sibling": ("secretary", SIBLING), "sibling_head": ("head", SIBLING), "elsewhere": ("head", ELSEWHERE),
    "officer": ("officer", "R1-01"), "other_officer": ("officer", "R1-02"), "region": ("officer", "R1"),
    "other_region": ("officer", "R2"), "ministry": ("officer", "REP"), "manager": ("manager", "REP"),
    "analyst": ("analyst", "REP"), "administrator": ("administrator", "REP"),
}  # fmt: skip


@dataclass
class Cast:
    """People by name; ``nobody`` has an account and no role."""

    people: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None


def build() -> Cast:
    """The tree, the people, their roles."""
    open_many("system:test", OFFICES + INSTITUTIONS, SINCE)
    out = Cast()
    for name, (role, node) in ROLES.items():
        user = User.objects.create_user(f"{name}@example.org", PASSWORD, name=name.replace("_", " ").title())
        Membership.objects.create(user=user, organisation=organisation(node), role=role, valid_from=SINCE)
        out.people[name] = user
    body = User.objects.create_user("body@example.org", PASSWORD, name="Body for preschool")
    Membership.objects.create(user=body, organisation=organisation("REP"), role="officer", levels=["preschool"], valid_from=SINCE)
    out.people["body"] = body
    out.people["nobody"] = User.objects.create_user("nobody@example.org", PASSWORD, name="Nobody")
    return out


def organisation(code: str) -> Organisation:
    """An organisation by its identifier."""
    return Organisation.objects.unscoped("test").get(code=code)


def campaigns(period: str = PERIOD) -> dict[str, Campaign]:
    """The demonstration country's data sets, asked for the period."""
    return {
        name: open_campaign("system:test", PACK, name, period, opens_on=date(2024, 9, 1))
        for name in ("institutions", "learners", "staff")
    }


def obligation(dataset: str, code: str, period: str = PERIOD) -> Obligation:
    """What a unit owes."""
    return Obligation.objects.unscoped("test").get(campaign__dataset=dataset, campaign__period=period, organisation__code=code)
