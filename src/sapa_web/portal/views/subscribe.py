"""Subscriptions: ask, confirm, stop. Opening a link changes nothing, since programmes that read mail open links too."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from sapa_web.common.clock import now
from sapa_web.portal.domain import subscribing
from sapa_web.portal.domain.queries import published
from sapa_web.portal.models import Publication, Subscriber
from sapa_web.portal.templatetags.portal import words
from sapa_web.portal.views.common import too_many

ASKED_AN_HOUR = 20


class Series(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A publication by its title."""

    def label_from_instance(self, obj: Any) -> str:
        """The title in the reader's language."""
        return words(obj.title)


class SubscribeForm(forms.Form):
    """An address and what it is told of."""

    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    publication = Series(Publication.objects.none(), label=gettext_lazy("Releases of"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["publication"]
        field.queryset, field.empty_label = published.publications(now()), _("all publications")


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form; after it the same words for everybody."""
    form = SubscribeForm(request.POST or None)
    context: dict[str, Any] = {"title": _("Releases by e-mail"), "form": form}
    if request.method == "POST" and form.is_valid():
        if too_many(request, "subscribe", ASKED_AN_HOUR):
            context["refused"] = _("Too many addresses within an hour. Please go on later.")
            return render(request, "portal/subscribe.html", context, status=429)
        subscribing.subscribe(form.cleaned_data["email"], (get_language() or "en")[:5], form.cleaned_data["publication"])
        context["asked"] = True
    return render(request, "portal/subscribe.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def subscription(request: HttpRequest, key: str) -> HttpResponse:
    """What the key of an address opens: to confirm, or to stop."""
    found = Subscriber.objects.filter(key=key).select_related("publication").first()
    if found is None:
        raise Http404
    if request.method == "POST":
        subscribing.confirm(key)
        return redirect("portal:subscription", key=key)
    return render(request, "portal/subscription.html", {"title": _("Releases by e-mail"), "subscriber": found})


@csrf_exempt  # a mail programme's one click (RFC 8058) brings no token of ours; the key in the address is the door
@require_POST
def unsubscribe(request: HttpRequest, key: str) -> HttpResponse:
    """No further letter; the address is forgotten."""
    if not subscribing.stop(key):
        raise Http404
    return render(request, "portal/subscription.html", {"title": _("Releases by e-mail"), "subscriber": None})
