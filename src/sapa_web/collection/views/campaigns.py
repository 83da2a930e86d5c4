"""Campaigns: what is asked of whom, by when; a manager opens a period in one go and closes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import SapaError, UserError
from sapa_web.collection.domain import campaigns
from sapa_web.collection.domain.deadlines import days_left, default_due
from sapa_web.collection.domain.packs import pack_named
from sapa_web.collection.domain.queries.packs import collecting_packs
from sapa_web.collection.domain.subjects import addressees_of
from sapa_web.collection.domain.texts import title_in
from sapa_web.collection.models import Campaign
from sapa_web.collection.views.guards import needs
from sapa_web.common.clock import today
from sapa_web.common.scope import Scope
from sapa_web.common.templatetags.ui import number
from sapa_web.orgs.domain.queries.access import whole
from sapa_web.orgs.roles import Capability

NOT_ASKED = "nobody"


@needs(Capability.FREEZE)
@require_GET
def listing(request: HttpRequest, scope: Scope) -> HttpResponse:
    """All campaigns with their deadlines and how much of each has come."""
    received = Count("obligations", filter=Q(obligations__revision__gt=0))
    found = Campaign.objects.annotate(owed=Count("obligations"), received=received)
    lang = get_language() or "en"
    items = [
        {
            "campaign": item,
            "title": title_in(item, lang),
            "left": days_left(item, item.due_on, today()) if item.state == Campaign.OPEN else None,
            "verbs": [verb for verb in campaigns.CAMPAIGN.verbs(item.state) if verb in ("close", "reopen")],
        }
        for item in found
    ]
    return render(request, "collection/campaigns.html", {"items": items, "may_open": whole(scope)})


class PeriodForm(forms.Form):
    """First step: which pack, which period."""

    pack = forms.ChoiceField(label=_l("Pack"), help_text=_l("The rules under which the data are collected."))
    period = forms.RegexField(
        r"^\d{4}([-/].{1,8})?$", label=_l("Period"), help_text=_l("A year, for example 2025."), max_length=20
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lang = (get_language() or "en").split("-")[0]
        choices = [(pack.id, pack.meta.title.get(lang) or pack.meta.title.get("en", pack.id)) for pack in collecting_packs()]
        self.fields["pack"].choices = choices  # type: ignore[attr-defined]


class OpeningForm(forms.Form):
    """Second step: whom each data set is asked of, and the days."""

    opens_on = forms.DateField(label=_l("Opens on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    due_on = forms.DateField(
        label=_l("Due on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_l("By default the last working day before updates are suspended for the freeze."),
    )

    def __init__(self, pack: str, period: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lang = (get_language() or "en").split("-")[0]
        there = set(Campaign.objects.filter(pack=pack, period=period).values_list("dataset", flat=True))
        self.datasets = [item for item in pack_named(pack).datasets if item.holds(period) and item.id not in there]
        known = addressees_of(pack)
        for item in self.datasets:
            title = item.title.get(lang) or item.title.get("en", item.id)
            choices = [(NOT_ASKED, _("nobody")), *((name, label) for name, label in Campaign.ADDRESSEES if name in known)]
            self.fields[f"ask_{item.id}"] = forms.ChoiceField(
                label=_("%(dataset)s is asked of") % {"dataset": title},
                choices=choices,
                initial=Campaign.INSTITUTIONS,
            )

    def asked(self) -> dict[str, str]:
        """Data set → addressees."""
        chosen = {item.id: self.cleaned_data.get(f"ask_{item.id}", NOT_ASKED) for item in self.datasets}
        return {name: value for name, value in chosen.items() if value != NOT_ASKED}


@needs(Capability.FREEZE)
@require_http_methods(["GET", "POST"])
def open_period(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Open the campaigns of a period: choose pack and period, then see deadlines and data sets, then open all in one go."""
    if not whole(scope):
        raise Http404
    first = PeriodForm(request.GET or None)
    context: dict[str, Any] = {"first": first}
    status = 200
    if request.GET and first.is_valid():
        pack, period = first.cleaned_data["pack"], first.cleaned_data["period"]
        try:
            initial = {"opens_on": today(), "due_on": default_due(pack, period)}
            second = OpeningForm(pack, period, request.POST or None, initial=initial)
        except SapaError as error:
            messages.error(request, str(error))
            return render(request, "collection/campaigns_open.html", context, status=400)
        if request.method == "POST" and second.is_valid():
            if (made := _open(request, pack, period, second)) is not None:
                text = ngettext("%(n)s campaign was opened.", "%(n)s campaigns were opened.", made) % {"n": number(made)}
                messages.success(request, text)
                return redirect("campaigns:home")
            status = 400
        context |= {"second": second, "pack": pack, "period": period, "days": initial}
    return render(request, "collection/campaigns_open.html", context, status=status)


def _open(request: HttpRequest, pack: str, period: str, form: OpeningForm) -> int | None:
    days = {"opens_on": form.cleaned_data["opens_on"], "due_on": form.cleaned_data["due_on"]}
    try:
        return len(campaigns.open_period(request.user, pack, period, form.asked(), **days))
    except UserError as error:
        form.add_error(None, str(error))
        return None


@needs(Capability.FREEZE)
@require_POST
def change(request: HttpRequest, scope: Scope, pk: int, verb: str) -> HttpResponse:
    """Close a campaign, or open it again."""
    if verb not in ("close", "reopen") or not whole(scope):
        raise Http404
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        campaigns.change_state(request.user, campaign, verb)
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The campaign is closed.") if verb == "close" else _("The campaign is open again."))
    return redirect("campaigns:home")
