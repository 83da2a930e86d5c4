"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, include, path

from sapa_web.api.rest import application

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include((application.patterns(), "v1"))),
    path("v1/<path:rest>", application.nowhere),
    path("v1", application.nowhere),
]
