"""Who may see what: scope = node × levels of education × data sets, and a manager that refuses a query without one.

No clause sets access; the reading is ours (requirement A1). A person holds *grants*; each covers the subtree of a node (or the
institutions a founder has founded), at some levels of education, for some data sets. An object outside is not refused, it
does not exist: views answer 404.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, cast

from django.db import models

EVERYTHING: frozenset[str] = frozenset()
"""An empty set of levels or data sets in a grant means all of them."""


class UnscopedQuery(RuntimeError):
    """A query over units' data was evaluated without saying for whom."""


@dataclass(frozen=True)
class Grant:
    """One node with what is below it; ``founded`` means the institutions this organisation has founded instead."""

    node: int
    levels: frozenset[str] = EVERYTHING
    datasets: frozenset[str] = EVERYTHING
    founded: bool = False


@dataclass(frozen=True)
class Scope:
    """What one person (or system) may reach with one capability; no grants, nothing."""

    grants: tuple[Grant, ...] = ()
    capability: str = ""
    actor: Any = field(default=None, compare=False)

    def __bool__(self) -> bool:
        return bool(self.grants)

    def within(self, **paths: str) -> models.Q:
        """The condition for a model: ``organisation``, and where it has them ``dataset``, are names of its lookups."""
        organisation, dataset = paths["organisation"], paths.get("dataset")
        whole = models.Q(pk__in=[])
        for grant in self.grants:
            via = "founders" if grant.founded else "ancestors"
            part = models.Q(**{f"{organisation}__in": _units(grant, via)})
            if dataset and grant.datasets:
                part &= models.Q(**{f"{dataset}__in": sorted(grant.datasets)})
            whole |= part
        return whole


def _units(grant: Grant, via: str) -> Any:
    from django.apps import apps  # the tree of units belongs to a layer above; only its tables are asked

    if via == "founders":
        found = apps.get_model("orgs", "Organisation").objects.unscoped("scope").filter(founder_id=grant.node)
        units = found.values("pk")
    else:
        closure = apps.get_model("orgs", "Closure").objects.filter(ancestor_id=grant.node)
        units = closure.values("descendant_id")
    if grant.levels:
        levels = apps.get_model("orgs", "OrganisationLevel").objects.filter(level__in=sorted(grant.levels))
        offices = apps.get_model("orgs", "Organisation").objects.unscoped("scope").filter(is_institution=False)
        at_level = models.Q(pk__in=levels.values("organisation_id")) | models.Q(pk__in=offices.values("pk"))
        found = apps.get_model("orgs", "Organisation").objects.unscoped("scope").filter(at_level, pk__in=units)
        return found.values("pk")
    return units


class ScopedQuerySet(models.QuerySet[Any]):
    """Refuses to touch the database until a scope was given, or the reason why none is needed."""

    _allowed = False

    def _clone(self) -> Self:
        clone = cast(Self, super()._clone())  # type: ignore[misc]
        clone._allowed = self._allowed
        return clone

    def for_scope(self, scope: Scope) -> Self:
        """Only what the scope reaches."""
        chosen = self.filter(scope.within(**self.model.scope_paths))
        chosen._allowed = True
        return chosen

    def unscoped(self, why: str) -> Self:
        """All rows, for the system's own work; ``why`` is for the reader of the code."""
        if not why:
            raise ValueError("say why no scope is needed")
        clone = self.all()
        clone._allowed = True
        return clone

    def _demand(self) -> None:
        if not self._allowed:
            raise UnscopedQuery(f"{self.model.__name__} was asked for without a scope: for_scope(…) or unscoped('why')")

    # Every road to the database passes one of these.

    def _fetch_all(self) -> None:
        self._demand()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        self._demand()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self._demand()
        return super().count()

    def exists(self) -> bool:
        self._demand()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> Any:
        self._demand()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._demand()
        return super().update(**kwargs)

    def delete(self) -> Any:
        self._demand()
        return super().delete()


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """``Model.objects``: writes by ``create`` pass, reads must name their scope."""

    use_in_migrations = False

    def create(self, **kwargs: Any) -> Any:
        return self.get_queryset().unscoped("creation reads nothing").create(**kwargs)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
        return self.get_queryset().unscoped("creation reads nothing").bulk_create(objs, *args, **kwargs)


class ScopedModel(models.Model):
    """A model whose rows belong to a unit; ``scope_paths`` names the lookups of its organisation and data set."""

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "organisation"}
    objects = ScopedManager()
    # Foreign keys are followed by Django's own code, from an object that a scoped query has given.
    followed = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "followed"
