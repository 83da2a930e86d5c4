"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from sapa_web.indicators.views import explorer, trace

app_name = "indicators"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", explorer.index, name="index"),
    path("<slug:pack>/", explorer.list_indicators, name="catalogue"),
    path("<slug:pack>/trace/", trace.show, name="trace"),
    path("<slug:pack>/<str:indicator>/", explorer.explore, name="explore"),
    path("<slug:pack>/<str:indicator>/figures.<slug:kind>", explorer.download, name="download"),
]
