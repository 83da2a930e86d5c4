"""Forms of the work on surveys and protocols."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_email
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from sapa.instruments import Form as Asking
from sapa.instruments.xlsform_read import Imported, read_xlsform
from sapa_web.common.clock import today
from sapa_web.orgs.forms.common import Form, day_field
from sapa_web.surveys.domain import protocols
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.domain.surveys import Plan
from sapa_web.surveys.models import LEAST_THRESHOLD, InstrumentVersion, Participant, Protocol, Survey

LARGEST = 10 * 1024 * 1024
"""Bytes of a workbook."""


def language() -> str:
    """The reader's language, as texts are keyed."""
    return (get_language() or "en").split("-")[0]


def this_year() -> str:
    """The school year of today, as a proposal."""
    day = today()
    begin = day.year if day.month >= 8 else day.year - 1
    return f"{begin}-{begin + 1}"


class SurveyForm(Form):
    """What a head sets before a survey is opened."""

    title = forms.CharField(label=_l("Title"), max_length=200)
    period = forms.CharField(label=_l("Year it speaks of"), max_length=20, initial=this_year)
    opens_on = day_field(_l("First day"), initial=today)
    closes_on = day_field(_l("Last day"))
    languages = forms.MultipleChoiceField(label=_l("Languages"), widget=forms.CheckboxSelectMultiple)
    way = forms.ChoiceField(
        label=_l("How people come in"), choices=Survey.WAYS, widget=forms.RadioSelect, initial=Survey.PERSONAL
    )
    groups = forms.CharField(
        label=_l("Groups of respondents"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_l("One on each line, for example one for each age group. Empty: everybody is one group."),
    )  # fmt: skip
    threshold = forms.IntegerField(
        label=_l("Smallest group that is shown"), initial=5, min_value=LEAST_THRESHOLD, max_value=100,
        help_text=_l("Results of fewer answers are shown to nobody."),
    )  # fmt: skip
    paper = forms.BooleanField(label=_l("Forms are filled in on paper too"), required=False)
    notice = forms.CharField(
        label=_l("Further words to the notice"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_l("What is recorded and how is said by the site itself, before anything is. Here you can add to it."),
    )  # fmt: skip

    def __init__(self, version: InstrumentVersion, *args: Any, survey: Survey | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asking: Asking = form_of(version)
        self.survey = survey
        named = dict(settings.LANGUAGES)
        spoken = [(item.code, named.get(item.code) or item.name or item.code) for item in self.asking.languages]
        self.fields["languages"].choices = spoken  # type: ignore[attr-defined]
        self.initial.setdefault("languages", [code for code, _name in spoken])
        self.initial.setdefault("title", self.asking.say(self.asking.title, language()))
        if survey is not None:
            self.initial.update(self._of(survey))

    @staticmethod
    def _of(survey: Survey) -> dict[str, Any]:
        names = ("period", "opens_on", "closes_on", "languages", "way", "threshold", "paper")
        texts = {"title": _in(survey.title), "notice": _in(survey.notice)}
        groups = "\n".join(_in(item["title"]) for item in survey.groups)
        return {name: getattr(survey, name) for name in names} | texts | {"groups": groups}

    def plan(self) -> Plan:
        """As the domain takes it. A title nobody has changed keeps its translations; so does a group."""
        given, here = self.cleaned_data, language()
        titles = dict(self.survey.title if self.survey else self.asking.title)
        if given["title"] != _in(titles):
            titles = {here: given["title"]}
        spoken = list(given["languages"])
        notice = {here: given["notice"]} if given["notice"] else {}
        kept = {_in(item["title"]): dict(item["title"]) for item in (self.survey.groups if self.survey else [])}
        lines = [line.strip() for line in given["groups"].splitlines() if line.strip()]
        groups = [{"id": f"g{number}", "title": kept.get(line, {here: line})} for number, line in enumerate(lines, start=1)]
        return Plan(
            titles, given["period"], given["opens_on"], given["closes_on"], spoken, given["way"], given["threshold"],
            given["paper"], notice, groups,
        )  # fmt: skip


class ExtendForm(Form):
    """Another last day."""

    closes_on = day_field(_l("Last day"))


class PrintForm(Form):
    """How many links for each group."""

    def __init__(self, survey: Survey, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = {item["id"]: _in(item["title"]) for item in survey.groups} or {"": _("Links")}
        for number, label in enumerate(self.names.values()):
            self.fields[f"count_{number}"] = forms.IntegerField(label=label, required=False, min_value=0, max_value=5000)

    def wanted(self) -> dict[str, int]:
        """Number by group."""
        return {name: self.cleaned_data.get(f"count_{number}") or 0 for number, name in enumerate(self.names)}


class PeopleForm(Form):
    """The list that letters go to."""

    people = forms.CharField(
        label=_l("People"), widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_l("One on each line: e-mail address; name; group. Name and group may be left out."),
    )  # fmt: skip

    def __init__(self, survey: Survey, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = {_in(item["title"]).lower(): item["id"] for item in survey.groups}

    def clean_people(self) -> list[dict[str, str]]:
        """The lines; the first wrong one is named."""
        out = []
        for number, line in enumerate(self.cleaned_data["people"].splitlines(), start=1):
            cells = [cell.strip() for cell in line.replace("\t", ";").split(";")]
            if not cells[0]:
                continue
            try:
                validate_email(cells[0])
            except forms.ValidationError:
                raise forms.ValidationError(_("Line %(n)s does not begin with an e-mail address.") % {"n": number}) from None
            group = cells[2].lower() if len(cells) > 2 else ""
            if group not in ({"": "", **self.groups} if not self.groups else self.groups):
                raise forms.ValidationError(_("Line %(n)s names no group of the survey.") % {"n": number})
            out.append({"email": cells[0], "name": cells[1][:150] if len(cells) > 1 else "", "group": self.groups.get(group, "")})
        return out


class WorkbookForm(Form):
    """An instrument as a workbook in XLSForm."""

    file = forms.FileField(label=_l("Workbook"), help_text=_l("XLSForm, as Kobo, ODK or this site write it (.xlsx)."))
    unit = forms.ChoiceField(label=_l("Institution"), required=False)
    change = forms.CharField(label=_l("What is new"), max_length=500, required=False)
    leave_out = forms.BooleanField(
        label=_l("Leave out what can’t be asked here"), required=False,
        help_text=_l("Photographs, sound, places on a map and the like. What was left out is said afterwards."),
    )  # fmt: skip

    def __init__(self, *args: Any, places: Sequence[Any] = (), change: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not change:
            del self.fields["change"]
        if len(places) > 1:
            self.fields["unit"].choices = [(item.code, str(item)) for item in places]  # type: ignore[attr-defined]
        else:
            del self.fields["unit"]

    def clean_file(self) -> Any:
        """No larger than ten megabytes."""
        if self.cleaned_data["file"].size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 10 MB."))
        return self.cleaned_data["file"]

    def imported(self) -> Imported:
        """Read it. Raises ``SapaError`` with every reason why it can't be asked."""
        with tempfile.TemporaryDirectory() as folder:
            name = re.sub(r"[^\w.-]", "_", Path(str(self.cleaned_data["file"].name)).name)[-80:] or "form.xlsx"
            path = Path(folder) / name
            path.write_bytes(self.cleaned_data["file"].read())
            return read_xlsform(path, language=language(), leave_out=self.cleaned_data["leave_out"])


class HeadForm(Form):
    """What a protocol begins with. Participants: one on each line, with their role."""

    subject = forms.CharField(label=_l("Subject"), max_length=300, help_text=_l("The topic, the lesson, the documents."))
    period = forms.CharField(label=_l("Year it speaks of"), max_length=20, initial=this_year)
    held_on = day_field(_l("Day"), initial=today)
    place = forms.CharField(label=_l("Place"), max_length=200, required=False)
    minutes = forms.IntegerField(label=_l("Length in minutes"), required=False, min_value=1, max_value=600)
    recording = forms.ChoiceField(label=_l("How it is recorded"), choices=Protocol.RECORDINGS)
    informed = forms.BooleanField(label=_l("All who take part were told what is recorded and how, before it was"), required=False)

    def __init__(self, *args: Any, protocol: Protocol | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if protocol is not None:
            names = ("subject", "period", "held_on", "place", "minutes", "recording", "informed")
            self.initial.update({name: getattr(protocol, name) for name in names})

    def head(self, participants: list[tuple[str, str, bool]]) -> protocols.Head:
        """As the domain takes it."""
        return protocols.Head(**self.cleaned_data, participants=participants)


def participants_of(data: Mapping[str, Any], rows: int) -> list[tuple[str, str, bool]]:
    """Role, name and consent of the rows of a sent form."""
    roles = dict(Participant.ROLES)
    out = []
    for number in range(rows):
        role, name = data.get(f"role_{number}", ""), data.get(f"name_{number}", "").strip()[:150]
        if name and role in roles:
            out.append((role, name, f"consent_{number}" in data))
    return out


def _in(texts: Mapping[str, str]) -> str:
    return texts.get(language()) or next(iter(texts.values()), "")
