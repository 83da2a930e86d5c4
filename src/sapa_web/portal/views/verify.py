"""Check a bundle on the site; take the stand-alone verifier away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from sapa.archive import standalone_bundle
from sapa_web.common.clock import now
from sapa_web.portal.domain.verifying import MOST_BYTES, Verdict, verify_bundle

STEPS: dict[str, tuple[Any, Any]] = {
    "figure": (
        gettext_lazy("The figure stands in the version"),
        gettext_lazy("A hash tree leads from the figure to the root of all figures of the version."),
    ),
    "statement": (
        gettext_lazy("The version says what it is"),
        gettext_lazy("Pack, number, file and frozen states of the version stand in the same tree."),
    ),
    "figures_logged": (
        gettext_lazy("The version was logged"),
        gettext_lazy("The root of the figures is a line of the public log, fixed before it was public."),
    ),
    "snapshot": (
        gettext_lazy("The signed returns are frozen"),
        gettext_lazy("The leaf hashes of all signed returns give the logged root of the frozen state."),
    ),
    "description": (
        gettext_lazy("The description speaks of this figure"),
        gettext_lazy("Title, formula and clauses are words of the site; the figures in them are the proved ones."),
    ),
    "witness": (
        gettext_lazy("The log is the one your witness saw"),
        gettext_lazy("The log still begins with the lines of the head that you or somebody you trust has kept."),
    ),
    "log": (gettext_lazy("The log has only grown"), gettext_lazy("The head in the bundle is one this site's log once had.")),
    "signature": (
        gettext_lazy("The keeper has signed the frozen state"),
        gettext_lazy("The signature over the root leads to an authority this site trusts."),
    ),
    "here": (
        gettext_lazy("This site publishes the same"),
        gettext_lazy("The version here has the same root, the figure the same value."),
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The form; with a bundle, the verdict. What is sent is checked in memory and thrown away."""
    context: dict[str, Any] = {
        "title": _("Verify a figure"),
        "crumbs": [(_("Education statistics"), reverse("portal:home")), (_("Verify"), "")],
        "most": MOST_BYTES,
        "meanings": {code: [str(title), str(meaning)] for code, (title, meaning) in STEPS.items()},
        "figure_pages": figure_pages(),
    }
    status = 200
    if request.method == "POST":
        given = request.FILES.get("bundle")
        if given is None:
            context["error"], status = _("Choose a bundle: the zip file from the page of a figure."), 400
        elif given.size is None or given.size > MOST_BYTES:
            context["error"], status = _("The file is too large to be a bundle."), 400
        else:
            try:
                verdict = verify_bundle(given.read(), now())
                context |= {"verdict": verdict, "steps": _steps(verdict)}
            except standalone_bundle.NotABundleError:
                context["error"], status = _("The file is no bundle. Take the zip file from the page of a figure as it is."), 400
    return render(request, "portal/verify.html", context, status=status)


def figure_pages() -> str:
    """What the addresses of all cells begin with: the browser's check leads to the page of the figure it has proved."""
    return reverse("portal:figure", args=["-", "-", "-"]).removesuffix("-/-/-/")


def _steps(verdict: Verdict) -> list[dict[str, Any]]:
    tones = {
        "ok": ("tone-green", "circle-check", _("holds")),
        "failed": ("tone-red", "circle-x", _("does not hold")),
        "note": ("tone-grey", "circle-minus", _("not shown by this bundle")),
    }
    out = []
    for step in verdict.steps:
        title, meaning = STEPS[step.code]
        tone, picture, word = tones[step.state]
        out.append(
            {"title": title, "meaning": meaning, "words": step.words, "tone": tone, "picture": picture, "word": word,
             "failed": step.state == "failed"}
        )  # fmt: skip
    return out


@require_safe
def tool(request: HttpRequest) -> HttpResponse:
    """The stand-alone verifier: one file."""
    source = Path(standalone_bundle.__file__).read_bytes()
    answer = HttpResponse(source, content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="standalone_bundle.py"'
    return answer
