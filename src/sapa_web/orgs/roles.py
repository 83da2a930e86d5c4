"""Roles and what each may do. A role is held at a node; it reaches what lies below it."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Capability(StrEnum):
    """One thing a person may do within a scope."""

    SEE = "see"  # states of returns, figures
    ENTER = "enter"  # type and upload returns
    ENTER_CLASS = "enter_class"  # the forms of one's own classes
    SIGN = "sign"
    CHECK = "check"  # the backlog: return, remind
    FREEZE = "freeze"
    PERSONS = "persons"  # rows about persons, with names where the institution holds them
    ANALYSE = "analyse"
    PUBLISH = "publish"  # prepare releases
    APPROVE = "approve"  # of a release somebody else has prepared
    QUALITY = "quality"  # the institution's own quality system: its instruments, surveys, protocols, self-assessment
    TAKE_PART = "take_part"  # in that system: a working group, a task, a report of one's own
    ADMINISTER = "administer"


C = Capability
ROLES: dict[str, frozenset[Capability]] = {
    "secretary": frozenset({C.SEE, C.ENTER, C.PERSONS, C.ANALYSE, C.TAKE_PART}),
    "head": frozenset({C.SEE, C.ENTER, C.SIGN, C.PERSONS, C.ANALYSE, C.APPROVE, C.QUALITY, C.TAKE_PART}),
    "deputy": frozenset({C.SEE, C.ENTER, C.PERSONS, C.ANALYSE, C.QUALITY, C.TAKE_PART}),
    "teacher": frozenset({C.ENTER_CLASS, C.TAKE_PART}),
    "officer": frozenset({C.SEE, C.CHECK, C.ANALYSE}),
    "manager": frozenset({C.SEE, C.CHECK, C.FREEZE, C.ANALYSE, C.PUBLISH, C.APPROVE}),
    "analyst": frozenset({C.SEE, C.ANALYSE}),
    "administrator": frozenset({C.SEE, C.ADMINISTER}),
}
TITLES = {
    "secretary": _("School secretary"),
    "head": _("Head"),
    "deputy": _("Deputy head"),
    "teacher": _("Teacher"),
    "officer": _("Officer"),
    "manager": _("Data manager"),
    "analyst": _("Analyst"),
    "administrator": _("Administrator"),
}
CHOICES = list(TITLES.items())


def roles_with(capability: Capability | str) -> list[str]:
    """The roles that hold a capability."""
    return [role for role, held in ROLES.items() if capability in held]
