"""Forms of the work on a release. Texts are asked for once in each language of the site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from sapa_web.collection.domain.queries.packs import collecting_packs
from sapa_web.indicators.domain.queries.sources import frozen_periods
from sapa_web.portal.domain.queries.templates import templates_of
from sapa_web.portal.models import ExternalSource, PreRelease

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
MINUTE = {
    "widget": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    "input_formats": ["%Y-%m-%dT%H:%M"],
}
LARGEST = 20 * 1024 * 1024
"""Bytes of an external source's file."""


class StartForm(forms.Form):
    """Which report, of which frozen period."""

    report = forms.ChoiceField(label=_l("Which report"))
    period = forms.ChoiceField(label=_l("Period"), help_text=_l("Only a period whose data are fixed can be released."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lang = (get_language() or "en").split("-")[0]
        reports, periods = [], set()
        for pack in collecting_packs():
            frozen = {item.period for item in frozen_periods(pack.id)}
            if frozen:
                periods |= frozen
                name = pack.meta.title.get(lang) or pack.id
                reports += [
                    (f"{pack.id}:{item.report.id}", f"{item.report.title.get(lang) or item.report.id} · {name}")
                    for item in templates_of(pack.id)
                ]
        self.fields["report"].choices = reports  # type: ignore[attr-defined]
        self.fields["period"].choices = [(item, item) for item in sorted(periods, reverse=True)]  # type: ignore[attr-defined]

    def chosen(self) -> tuple[str, str, str]:
        """Pack, report, period."""
        pack, _colon, report = self.cleaned_data["report"].partition(":")
        return pack, report, self.cleaned_data["period"]


class TextsForm(forms.Form):
    """One text in each language; ``rows`` high."""

    def __init__(
        self, *args: Any, texts: dict[str, str] | None = None, rows: int = 2, needed: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update({f"text_{lang}": text for lang, text in (texts or {}).items()})
        for lang, name in settings.LANGUAGES:
            widget = forms.Textarea(attrs={"rows": rows, "lang": lang})
            self.fields[f"text_{lang}"] = forms.CharField(label=name, required=False, max_length=8000, widget=widget)
        self.needed = needed

    def clean(self) -> dict[str, Any]:
        """At least one language has words, where some are needed."""
        found = super().clean() or {}
        if self.needed and not any(self.texts().values()):
            raise forms.ValidationError(_("Write it in at least one language."))
        return found

    def texts(self) -> dict[str, str]:
        """The words by language."""
        return {lang: self.cleaned_data.get(f"text_{lang}", "") for lang, _name in settings.LANGUAGES}


class HeadForm(TextsForm):
    """The headline, and the day of the next release."""

    next_on = forms.DateField(label=_l("Next release on"), required=False, **DAY)  # type: ignore[arg-type]


class ScheduleForm(forms.Form):
    """The announced minute."""

    at = forms.DateTimeField(label=_l("Public from"), help_text=_l("Day and minute; nothing can be seen before."), **MINUTE)  # type: ignore[arg-type]


class ReasonForm(forms.Form):
    """A reason, in words."""

    reason = forms.CharField(label=_l("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class PreReleaseForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """Who may see it early, and why."""

    from_at = forms.DateTimeField(label=_l("From"), **MINUTE)  # type: ignore[arg-type]

    class Meta:
        model = PreRelease
        fields = ("name", "position", "reason", "from_at")
        labels = {"name": _l("Name"), "position": _l("Position"), "reason": _l("Reason")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_at"].initial = timezone.localtime()


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A source outside the snapshots, with its file."""

    address = forms.URLField(label=_l("Web address"), required=False, max_length=500, assume_scheme="https")
    dated = forms.DateField(label=_l("Issued on"), **DAY)  # type: ignore[arg-type]
    file = forms.FileField(label=_l("File"), help_text=_l("The very file the figures were taken from; its digest is published."))

    class Meta:
        model = ExternalSource
        fields = ("issuer", "title", "dated", "address")
        labels = {"issuer": _l("Issuer"), "title": _l("Title")}

    def clean_file(self) -> Any:
        """Not larger than the site keeps."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is too large."))
        return file


class DecisionForm(forms.Form):
    """Whether a proposed correction is made, and from when it is in force."""

    accept = forms.TypedChoiceField(
        label=_l("Decision"), coerce=lambda value: value == "yes", choices=[("yes", _l("Accept")), ("no", _l("Decline"))]
    )
    reason = forms.CharField(label=_l("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    in_force_from = forms.DateField(label=_l("In force from"), required=False, **DAY)  # type: ignore[arg-type]

    def clean(self) -> dict[str, Any]:
        """What is accepted has a first day."""
        found = super().clean() or {}
        if found.get("accept") and not found.get("in_force_from"):
            self.add_error("in_force_from", _("Say from which day it is in force."))
        return found
