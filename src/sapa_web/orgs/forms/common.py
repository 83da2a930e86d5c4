"""What the forms of this app share: fields for a day, for words and for an organisation, and how a domain's refusal is shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sapa.errors import UserError
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain.registers import LEVEL, site_register
from sapa_web.orgs.models import Organisation


class DayInput(forms.DateInput):
    """The browser's own date picker; it sends ISO dates in every language."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    """A day."""
    return forms.DateField(label=label, widget=DayInput(), input_formats=["%Y-%m-%d"], **kwargs)


def area(rows: int = 3) -> forms.Textarea:
    """A field of several lines."""
    return forms.Textarea(attrs={"rows": rows})


def words(label: Any, rows: int = 3, **more: Any) -> forms.CharField:
    """Words of several lines."""
    return forms.CharField(label=label, widget=area(rows), max_length=8000, **more)


class PlaceField(forms.CharField):
    """An organisation by its identifier, offered while typing; only what the scope reaches is found."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {
            "list": "places-offered", "autocomplete": "off", "hx-get": reverse_lazy("orgs:suggest"),
            "hx-trigger": "input changed delay:250ms", "hx-target": "#places-offered",
        }  # fmt: skip
        kwargs.setdefault("help_text", _("Type a part of the name or the identifier and choose."))
        super().__init__(widget=forms.TextInput(attrs=attrs), max_length=340, **kwargs)
        self.scope: Scope | None = None
        self.kept: Organisation | None = None  # what stands there already may stay, in reach or not

    def clean(self, value: Any) -> Organisation | None:
        """The organisation; what was chosen from the list reads "identifier – name"."""
        text = super().clean(value).strip()
        if not text:
            return None
        code = text.split(" – ")[0].strip()
        if self.kept is not None and code == self.kept.code:
            return self.kept
        assert self.scope is not None, "the form gives its fields the scope"
        found: Organisation | None = Organisation.objects.for_scope(self.scope).filter(code=code).first()
        if found is None:
            raise forms.ValidationError(_("There is no organisation with this identifier in your part of the tree."))
        return found


class Form(forms.Form):
    """Base: place fields know the scope; a refusal of the domain stands above the fields."""

    def __init__(self, *args: Any, scope: Scope | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, PlaceField):
                field.scope = scope

    def refuse(self, error: UserError) -> None:
        """Show what can't be done and what to do instead."""
        todo = getattr(error, "todo", "")
        self.add_error(None, f"{error.message} – {todo}" if todo else str(error))


def offer_reach(form: forms.Form) -> None:
    """Let ``levels`` and ``datasets`` be chosen from the site's register; without a register neither is asked."""
    register, lang = site_register(), get_language() or "en"
    if register is None:
        del form.fields["levels"], form.fields["datasets"]
        return
    tops = [(code, title) for code, title in register.choices(LEVEL, lang) if register.topmost(LEVEL, code) == code]
    form.fields["levels"].choices = tops  # type: ignore[attr-defined]
    sets = [(item.id, register.pack.text(item.title, lang)) for item in register.pack.datasets]
    form.fields["datasets"].choices = sets  # type: ignore[attr-defined]
