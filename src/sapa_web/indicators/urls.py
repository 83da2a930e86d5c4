"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from sapa_web.indicators.views import explorer, places, trace

app_name = "indicators"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", explorer.index, name="index"),
    path("summary/", places.summaries, name="summaries"),
    path("<slug:pack>/", explorer.list_indicators, name="catalogue"),
    path("<slug:pack>/trace/", trace.show, name="trace"),
    path("<slug:pack>/at/<str:code>/", places.place, name="place"),
    path("<slug:pack>/summary/<str:period>/<str:code>/", places.summary, name="summary"),
    path("<slug:pack>/<str:indicator>/", explorer.explore, name="explore"),
    path("<slug:pack>/<str:indicator>/chart.svg", explorer.picture, name="chart"),
    path("<slug:pack>/<str:indicator>/figures.<slug:kind>", explorer.download, name="download"),
]
