"""Forms of what an administrator does to the tree: each with its day and its basis."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sapa.packs.models_data import DataField
from sapa_web.common.clock import today
from sapa_web.orgs.domain.registers import CLOSED, LEVEL, SUCCESSOR, TERRITORY, TYPE, Register, site_register
from sapa_web.orgs.domain.tree import Entry, Facts
from sapa_web.orgs.domain.versions import by_code
from sapa_web.orgs.forms.common import Form, PlaceField, day_field
from sapa_web.orgs.models import Organisation, OrganisationVersion

ATTRIBUTE = "attribute_"


class DatedForm(Form):
    """From which day, and on what basis."""

    day = day_field(_("From which day"), initial=today)
    basis = forms.CharField(label=_("Basis"), max_length=300, help_text=_("Number and date of the order."))


class NameForm(DatedForm):
    """Another name."""

    field_order = ("name", "day", "basis")
    name = forms.CharField(label=_("New name"), max_length=300)

    def changes(self) -> dict[str, Any]:
        """What the tree is told."""
        return {"name": self.cleaned_data["name"]}


class MoveForm(DatedForm):
    """Another place in the tree."""

    field_order = ("parent", "day", "basis")
    parent = PlaceField(label=_("Belongs to"))

    def __init__(self, *args: Any, facts: Facts | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facts = facts

    def changes(self) -> dict[str, Any]:
        """What the tree is told: under a territory's own office, the attribute says that territory too."""
        code = self.cleaned_data["parent"].code
        out: dict[str, Any] = {"parent": code}
        register = site_register()
        item = register.field_of(TERRITORY) if register else None
        if register and item and self.facts and item.id in self.facts.attributes:
            codes = register.items(TERRITORY)
            lowest = {one.code for one in codes} - {one.parent for one in codes}
            if code in lowest:
                out["attributes"] = {**self.facts.attributes, item.id: code}
        return out


class CloseForm(DatedForm):
    """The end."""

    day = day_field(_("First day without it"), initial=today)


class MergeForm(DatedForm):
    """The end, joined to another."""

    field_order = ("into", "day", "basis")
    into = PlaceField(label=_("Joined to"))
    day = day_field(_("First day without it"), initial=today)


class FactsForm(DatedForm):
    """Type, levels, founder and the register's attributes."""

    kind = forms.CharField(label=_("Type"), required=False, max_length=60)
    levels = forms.MultipleChoiceField(label=_("Levels of education"), required=False, widget=forms.CheckboxSelectMultiple)
    founder = PlaceField(label=_("Founder"), required=False)

    def __init__(self, *args: Any, facts: Facts | None = None, **kwargs: Any) -> None:
        self.facts = facts or Facts("")
        register = site_register()
        initial = {"kind": self.facts.kind, "levels": list(self.facts.levels), "founder": self.facts.founder}
        initial |= {f"{ATTRIBUTE}{key}": value for key, value in self.facts.attributes.items()}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.own: dict[str, str] = {}
        if self.facts.founder:
            self.fields["founder"].kept = by_code([self.facts.founder])[self.facts.founder]  # type: ignore[attr-defined]
        if register is not None:
            self._from_register(register)
        else:
            del self.fields["levels"]
        self.order_fields([name for name in self.fields if name not in ("day", "basis")] + ["day", "basis"])

    def _from_register(self, register: Register) -> None:
        """Fields as the register's layout has them; those that other verbs change are left out."""
        lang = get_language() or "en"
        empty = [("", "–")]
        self.fields["kind"] = forms.ChoiceField(
            label=_("Type"), required=False, choices=empty + register.choices(TYPE, lang)
        )  # fmt: skip
        self.fields["levels"].choices = register.choices(LEVEL, lang)  # type: ignore[attr-defined]
        for item in register.fields:
            if item.concept in (TYPE, LEVEL, CLOSED, SUCCESSOR):
                continue
            name = f"{ATTRIBUTE}{item.id}"
            self.own[name] = item.id
            self.fields[name] = field_for(item, register, lang)

    def changes(self) -> dict[str, Any]:
        """What differs from the facts before."""
        data = self.cleaned_data
        founder = data["founder"].code if data["founder"] else None
        attributes = dict(self.facts.attributes)
        for name, key in self.own.items():
            value = _written(data.get(name))
            if value or key in attributes:
                attributes[key] = value
        asked = {
            "kind": data["kind"], "levels": tuple(data.get("levels", ())), "founder": founder, "attributes": attributes
        }  # fmt: skip
        return {name: value for name, value in asked.items() if value != getattr(self.facts, name)}


class OpenForm(FactsForm):
    """A new organisation."""

    code = forms.CharField(label=_("Identifier"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=300)
    parent = PlaceField(label=_("Belongs to"))
    is_institution = forms.TypedChoiceField(
        label=_("What it is"), choices=[("1", _("Institution")), ("", _("Office"))], coerce=bool, empty_value=False,  # type: ignore[arg-type]
        required=False, initial="1", widget=forms.RadioSelect,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["is_institution", "code", "name", "parent"])
        register = site_register()
        unit = register.dataset.field(register.dataset.unit) if register else None
        if unit is not None and unit.width:
            self.fields["code"].help_text = _("The register's identifiers have %(n)s characters.") % {"n": unit.width}

    def clean_code(self) -> str:
        """Nobody else has it, whoever may see it."""
        code = str(self.cleaned_data["code"]).strip()
        if "/" in code:
            raise forms.ValidationError(_("An identifier holds no slash."))
        if Organisation.objects.unscoped("identifiers are unique").filter(code=code).exists():
            raise forms.ValidationError(_("This identifier is taken."))
        return code

    def entry(self) -> Entry:
        """What is opened."""
        data = self.cleaned_data
        facts = Facts(data["name"], data["parent"].code, **self.changes())
        return Entry(data["code"], facts, data["is_institution"])


class CorrectForm(FactsForm):
    """What should have been recorded."""

    name = forms.CharField(label=_("Name"), max_length=300)
    parent = PlaceField(label=_("Belongs to"), required=False)
    day = day_field(_("Began on"))
    end = day_field(_("First day without it"), required=False, help_text=_("Empty: it was not closed."))
    basis = forms.CharField(label=_("What was wrong"), max_length=300)

    def __init__(self, *args: Any, version: OrganisationVersion, may_end: bool, **kwargs: Any) -> None:
        self.version = version
        first = {
            "name": version.name, "parent": version.parent.code if version.parent else "", "day": version.valid_from,
            "end": version.valid_to,
        }  # fmt: skip
        super().__init__(*args, initial=first, **kwargs)
        self.order_fields(["name", "parent"])
        self.order_fields([name for name in self.fields if name not in ("day", "end", "basis")] + ["day", "end", "basis"])
        self.fields["parent"].kept = version.parent  # type: ignore[attr-defined]
        if not may_end:
            del self.fields["end"]

    def changes(self) -> dict[str, Any]:
        """What differs from the version."""
        data = self.cleaned_data
        parent = data["parent"].code if data["parent"] else None
        out = super().changes()
        if data["name"] != self.facts.name:
            out["name"] = data["name"]
        if parent != self.facts.parent:
            out["parent"] = parent
        return out


def field_for(item: DataField, register: Register, lang: str) -> forms.Field:
    """A form field for a field of the layout."""
    common: dict[str, Any] = {"label": register.pack.text(item.title, lang), "required": False}
    if item.help:
        common["help_text"] = register.pack.text(item.help, lang)
    if item.code_list:
        codes = [(code.code, register.pack.text(code.title, lang)) for code in register.codes(item.code_list)]
        return forms.ChoiceField(choices=[("", "–"), *codes], **common)
    if item.type == "boolean":
        return forms.ChoiceField(choices=[("", "–"), ("true", _("Yes")), ("false", _("No"))], **common)
    if item.type == "date":
        return day_field(**common)
    if item.type in ("integer", "decimal", "number"):
        places = item.scale if item.type == "decimal" else 0 if item.type == "integer" else None
        return forms.DecimalField(min_value=item.minimum, max_value=item.maximum, decimal_places=places, **common)
    return forms.CharField(max_length=item.max_length, **common)


def _written(value: Any) -> str:
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
