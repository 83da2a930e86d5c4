"""Public addresses of the portal's own pages."""

from django.urls import path

from sapa_web.portal.views import data, indicators, institutions, kept, places, public, releases, search, subscribe, tables

patterns = [
    path("", public.home, name="home"),
    path("indicators/", indicators.find, name="indicators"),
    path("indicators/<slug:pack>/<str:indicator>/", indicators.indicator, name="indicator"),
    path("indicators/<slug:pack>/<str:indicator>/chart.<slug:kind>", indicators.chart, name="chart"),
    path("indicators/<slug:pack>/<str:indicator>/download.<slug:kind>", indicators.download, name="indicator_download"),
    path("tables/", tables.show, name="tables"),
    path("tables/table.<slug:kind>", tables.download, name="table_download"),
    path("places/", places.index, name="places"),
    path("places/<str:code>/", places.profile, name="place"),
    path("institutions/", institutions.find, name="institutions"),
    path("institutions/<slug:pack>/<str:code>/", institutions.profile, name="institution"),
    path("search/", search.find, name="search"),
    path("feed.xml", search.feed, name="feed"),
    path("language/", public.language, name="language"),
    path("keep/", kept.keep, name="keep"),
    path("kept/<slug:key>/", kept.show, name="kept"),
    path("kept/<slug:key>/table.csv", kept.file, name="kept_file"),
    path("subscribe/", subscribe.ask, name="subscribe"),
    path("subscribe/<str:key>/", subscribe.subscription, name="subscription"),
    path("subscribe/<str:key>/stop/", subscribe.unsubscribe, name="unsubscribe"),
    path("releases/", releases.index, name="releases"),
    path("releases/<slug:publication>/<str:period>/", releases.show, name="release"),
    path("releases/<slug:publication>/<str:period>/v<int:version>/files/<str:name>", releases.file, name="release_file"),
    path("releases/<slug:publication>/<str:period>/<str:chapter>/", releases.chapter, name="chapter"),
    path(
        "releases/<slug:publication>/<str:period>/v<int:version>/<str:chapter>/<str:chart>.<slug:kind>",
        releases.chart,
        name="release_chart",
    ),
    path("data/", data.index, name="data"),
    path("data/catalogue.jsonld", data.catalogue_json, name="catalogue"),
    path("data/<slug:pack>/<str:number>/", data.version, name="data_version"),
    path("data/<slug:pack>/<str:number>/all.<slug:kind>", data.download, name="data_download"),
    path("data/<slug:pack>/<str:number>/<str:name>", data.file, name="data_file"),
]
