"""Compare and Sign: what has changed, what is signed in plain words, the signature made here or outside."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from sapa.archive.manifest import Manifest
from sapa.errors import UserError
from sapa_web.collection.domain import signing
from sapa_web.collection.domain.comparing import difference
from sapa_web.collection.domain.queries.desk import Desk
from sapa_web.collection.domain.queries.sheet import dataset_title, language
from sapa_web.collection.domain.receipts import in_words
from sapa_web.collection.models import Explanation, Obligation, SigningRequest
from sapa_web.collection.views.reporting import at_desk, page, refusals

LARGEST_SIGNATURE = 256 * 1024
REFUSED = {
    "no_signature": gettext_lazy("The file holds no signature. Choose the .p7s file that your signing software has written."),
    "malformed": gettext_lazy(
        "The file is no detached signature (CMS, DER). Choose the .p7s file that your signing software has written."
    ),
    "altered": gettext_lazy(
        "The signature is over something else: another revision, or the return was changed after its statement was downloaded. "
        "Download the statement again and sign that."
    ),
    "weak_algorithm": gettext_lazy("The signature uses an algorithm that is not accepted any more. Ask for a new certificate."),
    "untrusted": gettext_lazy(
        "The certificate was not issued by an authority this site trusts. Use the certificate issued for this work."
    ),
    "expired": gettext_lazy("The certificate has expired. Ask the authority for a new one, then sign again."),
    "not_yet_valid": gettext_lazy("The certificate is not valid yet, or the clock of the signing computer is wrong."),
    "revoked": gettext_lazy("The certificate was revoked. Ask the authority for a new one, then sign again."),
    "wrong_signer": gettext_lazy(
        "The certificate speaks for another institution. The head of this institution must sign, with a certificate made out "
        "for it."
    ),
    "wrong_revision": gettext_lazy("Another revision was signed meanwhile. Look at the changes and sign again."),
}  # fmt: skip
"""What a person is told, by the code of the refusal."""


@require_GET
@at_desk()
def compare(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The working list against the last signed revision."""
    return page(request, "compare", desk, "compare", {"difference": difference(desk.obligation, language())})


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk()
@refusals("collection:sign")
def sign(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The head sees what is signed and signs it; others see what will be signed."""
    if request.method == "POST":
        return _accept(request, desk)
    context: dict[str, Any] = {"difference": difference(desk.obligation, language())}
    if desk.signs and desk.may_change and desk.obligation.state == Obligation.READY:
        try:
            asked = signing.prepare(desk.user, desk.obligation)
        except UserError as error:  # a revision was found in the archive, or the list has just been changed
            context["refused"] = error
            return page(request, "sign", desk, "sign", context)
        content = bytes(asked.manifest)
        context |= {"asked": asked, "manifest": b64encode(content).decode(), "words": _words(desk, content)}
    context["explanations"] = list(Explanation.objects.filter(obligation=desk.obligation).select_related("by")[:50])
    return page(request, "sign", desk, "sign", context)


def _words(desk: Desk, content: bytes) -> list[tuple[str, str]]:
    return in_words(Manifest.from_bytes(content), dataset_title(desk.obligation.campaign), desk.obligation.organisation.name)


@require_GET
@at_desk(signs=True)
def statement(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The bytes to sign outside."""
    asked = SigningRequest.objects.filter(obligation=desk.obligation).first()
    if asked is None:
        raise Http404
    response = HttpResponse(bytes(asked.manifest), content_type="application/json")
    name = get_valid_filename(f"{desk.obligation.campaign}-{desk.obligation.organisation.code}")
    response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


def _accept(request: HttpRequest, desk: Desk) -> HttpResponse:
    if not desk.signs:
        raise Http404
    signature = _signature(request)
    try:
        submission = signing.accept(desk.user, desk.obligation, signature)
    except signing.SignatureRefused as error:
        messages.error(request, REFUSED.get(error.code) or f"{error.message}. {error.todo}")
        return HttpResponseRedirect(reverse("collection:sign", args=[desk.obligation.pk]))
    messages.success(request, _("The return is signed and stored. This is its receipt."))
    return HttpResponseRedirect(reverse("collection:receipt", args=[submission.receipt]))


def _signature(request: HttpRequest) -> bytes:
    """From the page's script as base64, or a file made outside (DER, or base64 with or without PEM lines)."""
    given = request.FILES.get("p7s")
    if given is not None:
        if (given.size or 0) > LARGEST_SIGNATURE:
            raise UserError(_("the file is too large for a signature"), todo=_("choose the .p7s file"))
        data = given.read()
        return data if data[:1] == b"\x30" else _decoded(data)
    text = request.POST.get("signature", "")
    if not text:
        raise UserError(_("no signature was sent"), todo=_("choose the file with the signature"))
    return _decoded(text.encode()[:LARGEST_SIGNATURE])


def _decoded(data: bytes) -> bytes:
    lines = [line for line in data.splitlines() if not line.startswith(b"-----")]
    try:
        return b64decode(b"".join(lines), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError(
            _("the file is no signature"), todo=_("choose the .p7s file your signing software has written")
        ) from error
