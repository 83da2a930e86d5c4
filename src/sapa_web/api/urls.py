"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, include, path

from sapa_web.api.rest import application
from sapa_web.api.views import docs, tokens

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include((application.patterns(), "v1"))),
    path("v1/<path:rest>", application.nowhere),
    path("v1", application.nowhere),
    path("docs/", docs.docs, name="docs"),
    path("tokens/", tokens.listing, name="tokens"),
    path("tokens/new/", tokens.issue, name="token_new"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="token_revoke"),
]
