"""Who sits at which return: the unit's own people enter and sign, a teacher fills the rows of the own classes, nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db import models

from sapa.packs.models_data import DataField, Dataset
from sapa_web.collection.domain.gate import is_open
from sapa_web.collection.domain.packs import dataset_of
from sapa_web.collection.domain.working import Part, Row, fields_of, written_by
from sapa_web.collection.models import Obligation
from sapa_web.common.clock import today
from sapa_web.common.scope import Grant, Scope
from sapa_web.orgs.domain.queries.access import memberships_of, scope_of
from sapa_web.orgs.models import User
from sapa_web.orgs.roles import Capability, roles_with

CLASS_CONCEPT = "class-identifier"
"""The concept of the field that names a learner's class: a data set that has one can be filled class by class."""


@dataclass(frozen=True)
class Desk:
    """A return as one person meets it."""

    obligation: Obligation
    user: User
    signs: bool = False
    classes: frozenset[str] | None = None  # a teacher's own; None: the whole return

    @cached_property
    def dataset(self) -> Dataset:
        """The data set as it holds in the period."""
        campaign = self.obligation.campaign
        return dataset_of(campaign.pack, campaign.dataset, campaign.period)

    @cached_property
    def fields(self) -> tuple[DataField, ...]:
        """What a person fills."""
        return fields_of(self.obligation)

    @property
    def is_form(self) -> bool:
        """One row a unit: nothing but the unit names the row."""
        return self.dataset.key(self.obligation.campaign.period) == (self.dataset.unit,)

    @property
    def may_change(self) -> bool:
        """Whether the campaign takes changes now."""
        return is_open(self.obligation.campaign)

    @cached_property
    def class_field(self) -> str:
        """The field that names the class, or nothing."""
        return class_field(self.dataset, self.obligation.campaign.period)

    def part(self, rows: list[Row]) -> Part | None:
        """What of the list this person may change; ``None``: all of it.

        A teacher is not asked what the school holds: keys, names, what another data set says, and every field that is filled
        in all rows of the own classes unless the teacher has filled it.
        """
        if self.classes is None:
            return None
        own, written = self.own(rows), written_by(self.user, self.obligation)
        held = {item.id for item in self.fields if item.role in ("key", "unit") or item.protect != "none" or item.same_as}
        held |= {self.class_field, *self.dataset.key(self.obligation.campaign.period)}
        full = {item.id for item in self.fields if own and all(row.get(item.id) for row in own)} - written
        return Part(self.class_field, self.classes, frozenset(item.id for item in self.fields) - held - full)

    def own(self, rows: list[Row]) -> list[Row]:
        """The rows this person sees."""
        return rows if self.classes is None else [row for row in rows if row.get(self.class_field, "") in self.classes]


def class_field(dataset: Dataset, period: str) -> str:
    """The field of a layout that names the class; empty where there is none."""
    return next((item.id for item in dataset.layout(period) if item.concept == CLASS_CONCEPT), "")


def own_units(user: User, *capabilities: str) -> list[int]:
    """The organisations at which the person holds one of the capabilities: their own, not what lies below."""
    roles = {role for name in capabilities for role in roles_with(name)}
    return [item.organisation_id for item in memberships_of(user) if item.role in roles]


def reporting_scope(user: User) -> Scope:
    """What a person may enter or sign."""
    grants: tuple[Grant, ...] = scope_of(user, Capability.ENTER).grants + scope_of(user, Capability.SIGN).grants
    return Scope(grants, Capability.ENTER, user)


def reports(user: User) -> bool:
    """Whether the person has returns of an own unit."""
    return user.is_authenticated and bool(own_units(user, Capability.ENTER, Capability.SIGN, Capability.ENTER_CLASS))


def obligations_of(user: User) -> models.QuerySet[Obligation]:
    """Returns of the person's own units, in the open campaigns and those before, the nearest deadline first."""
    found: models.QuerySet[Obligation] = Obligation.objects.for_scope(reporting_scope(user))
    found = found.filter(organisation__in=own_units(user, Capability.ENTER, Capability.SIGN), campaign__opens_on__lte=today())
    return found.select_related("campaign", "organisation").order_by("-campaign__period", "due_on", "campaign__dataset")


def class_obligations(user: User) -> list[Desk]:
    """Returns of which the person fills the rows of the own classes."""
    classes = own_classes(user)
    if not classes:
        return []
    scope = scope_of(user, Capability.ENTER_CLASS)
    found = Obligation.objects.for_scope(scope).filter(organisation__in=list(classes), campaign__opens_on__lte=today())
    out = []
    for item in found.select_related("campaign", "organisation").order_by("-campaign__period", "due_on", "campaign__dataset"):
        desk = Desk(item, user, classes=classes[item.organisation_id])
        if desk.class_field:
            out.append(desk)
    return out


def own_classes(user: User) -> dict[int, frozenset[str]]:
    """A teacher's classes by organisation."""
    out: dict[int, frozenset[str]] = {}
    for item in memberships_of(user):
        if item.role in roles_with(Capability.ENTER_CLASS) and item.classes:
            out[item.organisation_id] = out.get(item.organisation_id, frozenset()) | frozenset(item.classes)
    return out


def desk_of(user: User, pk: int) -> Desk | None:
    """The return, if it is one of the person's own; ``None`` where it does not exist for them."""
    if not user.is_authenticated:
        return None
    found = obligations_of(user).filter(pk=pk).first()
    if found is not None:
        signs = found.organisation_id in own_units(user, Capability.SIGN)
        return Desk(found, user, signs=signs)
    return next((desk for desk in class_obligations(user) if desk.obligation.pk == pk), None)
