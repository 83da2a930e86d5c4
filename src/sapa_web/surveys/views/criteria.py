"""What agreed protocols say about a criterion."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from sapa_web.surveys import forms
from sapa_web.surveys.domain.queries import criteria
from sapa_web.surveys.views.guard import Scope, inside
from sapa_web.surveys.views.staff import tabs


@inside
@require_GET
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Criteria of which protocols say something."""
    named = criteria.titles(scope, forms.language())
    items = [(code, named.get(code, code), many) for code, many in criteria.criteria(scope)]
    return render(request, "surveys/criteria.html", {"items": items, "tabs": tabs("protocols")})


@inside
@require_GET
def detail(request: HttpRequest, scope: Scope, code: str) -> HttpResponse:
    """Answers and notes to the items that inform it or one of its signs, protocol by protocol."""
    named = criteria.titles(scope, forms.language())
    found = criteria.told_about(scope, criteria.below(code))
    if not found and code not in named:
        raise Http404
    return render(request, "surveys/criterion.html", {"code": code, "title": named.get(code, code), "found": found})
