"""Institutions and offices in a time-valid tree, people, and the roles they hold."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sapa_web.common.scope import ScopedModel
from sapa_web.orgs.roles import CHOICES


class Organisation(ScopedModel):
    """A subject of monitoring: an institution, an office, a body. What can change over time stands in its versions.

    ``name``, ``parent``, ``kind``, ``founder``, ``attributes`` and ``is_open`` repeat the version that is valid
    today, so that lists need no history; only ``domain.tree`` writes them.
    """

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "pk"}

    code = models.CharField(_("identifier"), max_length=40, unique=True)
    is_institution = models.BooleanField(_("institution"), default=True)
    name = models.CharField(_("name"), max_length=300)
    names = models.JSONField(default=dict, blank=True)  # by language, where the register has them
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    founder = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="founded")
    kind = models.CharField(_("type"), max_length=60, blank=True)  # code of the pack's list of types
    attributes = models.JSONField(default=dict, blank=True)  # settlement, ownership, subordination … as the register has them
    is_open = models.BooleanField(default=True)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["name", "code"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["parent", "is_open"])]

    def __str__(self) -> str:
        """The name in the reader's language where the register has it."""
        return str(self.names.get((get_language() or "").split("-")[0]) or self.name)


class OrganisationVersion(models.Model):
    """An organisation as it was (valid time: from, to) as far as was known (recorded time: from, to).

    A correction closes the recorded time of a version and adds another; nothing is overwritten.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="versions")
    parent = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    founder = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=300)
    names = models.JSONField(default=dict, blank=True)
    kind = models.CharField(max_length=60, blank=True)
    levels = models.JSONField(default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the first day it no longer holds
    recorded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True, blank=True)
    event = models.CharField(max_length=20)  # how it began: opened, reopened, imported, renamed, moved, changed
    ending = models.CharField(max_length=10, blank=True)  # closed, merged; empty: it goes on, or another version follows
    end_basis = models.CharField(max_length=300, blank=True)
    successor = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="predecessors")
    basis = models.CharField(max_length=300, blank=True)  # the order or file it rests on
    recorded_by = models.ForeignKey("orgs.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["organisation", "valid_from", "recorded_at"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["organisation", "superseded_at", "valid_from"])]


class Closure(models.Model):
    """Who is above whom today, itself included (depth 0); rebuilt by ``domain.tree`` when the tree changes."""

    ancestor = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    descendant = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    depth = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["ancestor", "descendant"], name="closure_once")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["descendant", "depth"])]


class OrganisationLevel(models.Model):
    """A level of education an institution offers today."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="levels")
    level = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["organisation", "level"], name="level_once")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["level", "organisation"])]


class UserManager(BaseUserManager["User"]):
    """People are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person; without a password nobody can sign in with one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Whoever may administer the whole site."""
        return self.create_user(email, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(_("language"), max_length=5, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class Membership(models.Model):
    """A role held at a node, for some levels of education and data sets (none named: all), for a time."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=CHOICES)
    founded = models.BooleanField(default=False)  # reaches the institutions this organisation has founded, not its subtree
    levels = models.JSONField(default=list, blank=True)
    datasets = models.JSONField(default=list, blank=True)
    classes = models.JSONField(default=list, blank=True)  # a teacher's own classes
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["user", "role"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["organisation", "role"])]


class Invitation(models.Model):
    """An address to which a role is offered; the token is known to the mail only, here lies its hash."""

    email = models.EmailField()
    name = models.CharField(max_length=150, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=20, choices=CHOICES)
    founded = models.BooleanField(default=False)
    levels = models.JSONField(default=list, blank=True)
    datasets = models.JSONField(default=list, blank=True)
    valid_to = models.DateField(null=True, blank=True)  # of the role that is offered
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-invited_at", "-pk"]


class Certificate(models.Model):
    """A signing certificate seen or registered for the head of an organisation."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="certificates")
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="certificates")
    fingerprint = models.CharField(max_length=64, unique=True)  # SHA-256, hexadecimal
    subject = models.CharField(max_length=300)
    issuer = models.CharField(max_length=300)
    serial = models.CharField(max_length=60)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-not_after", "-pk"]


class RegisterImport(models.Model):
    """A register file somebody has uploaded: what it would change is shown first, then it is applied, or not."""

    pack = models.CharField(max_length=60)
    dataset = models.CharField(max_length=60)
    period = models.CharField(max_length=20)
    as_of = models.DateField()  # the day from which what it says holds
    basis = models.CharField(max_length=300)
    complete = models.BooleanField(default=False)  # an institution that is not in the file has been closed
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # SHA-256 of the file
    rows = models.JSONField(default=list)  # as the layout reads them
    findings = models.JSONField(default=list)  # what can't be read, first hundred
    counts = models.JSONField(default=dict)  # opened, changed, closed, same, blocks
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-uploaded_at", "-pk"]
