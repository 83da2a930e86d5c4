"""Certificates registered for an organisation."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.orgs.domain import certificates as domain
from sapa_web.orgs.forms.common import Form
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import find, refuse, requires, scope_in
from sapa_web.orgs.views.places import tabs_of

ADMIN = Capability.ADMINISTER


class CertificateForm(Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("Certificate"),
        help_text=gettext_lazy("A .cer, .crt or .pem file: the certificate alone, never the private key."),
        widget=forms.ClearableFileInput(attrs={"accept": ".cer,.crt,.pem,.der"}),
    )

    def clean_file(self) -> bytes:
        """The bytes, few as they are."""
        given = self.cleaned_data["file"]
        if given.size > domain.LARGEST:
            raise forms.ValidationError(_("This file is too large for a certificate."))
        content: bytes = given.read()
        return content


@requires(ADMIN)
@require_GET
def of_place(request: HttpRequest, code: str) -> HttpResponse:
    """The certificates of an organisation."""
    found = find(scope_in(request), code)
    context = {
        "organisation": found, "certificates": list(found.certificates.all()), "now": now(),
        "crumbs": [(_("Institutions"), reverse("orgs:tree")), (str(found), "")], **tabs_of(request, found, "certificates"),
    }  # fmt: skip
    return render(request, "orgs/certificates.html", context)


@requires(ADMIN)
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Register another."""
    found = find(scope_in(request), code)
    form = CertificateForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            domain.register(request.user, found, form.cleaned_data["file"])
        except UserError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The certificate is registered."))
            return redirect("orgs:certificates", code=code)
    back = reverse("orgs:certificates", args=[code])
    crumbs = [(_("Institutions"), reverse("orgs:tree")), (str(found), back), (_("Register a certificate"), "")]
    return render(request, "orgs/certificate_add.html", {"form": form, "organisation": found, "crumbs": crumbs, "back": back})


@requires(ADMIN)
@require_POST
def revoke(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """It counts no longer."""
    found = find(scope_in(request), code)
    certificate = get_object_or_404(found.certificates, pk=pk)
    try:
        domain.revoke(request.user, certificate)
        messages.success(request, _("The certificate is revoked."))
    except UserError as error:
        refuse(request, error)
    return redirect("orgs:certificates", code=code)
