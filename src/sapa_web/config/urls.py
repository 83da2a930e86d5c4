"""Addresses of the site."""

from django.urls import include, path

from sapa_web.common.health import health

urlpatterns = [
    path("", include("sapa_web.indicators.home_urls")),
    path("health/", health, name="health"),
    path("", include("sapa_web.common.urls")),
    path("account/", include("sapa_web.orgs.account_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("returns/", include("sapa_web.collection.urls")),
    path("backlog/", include("sapa_web.collection.backlog_urls")),
    path("campaigns/", include("sapa_web.collection.campaign_urls")),
    path("imports/", include("sapa_web.collection.import_urls")),
    path("freeze/", include("sapa_web.collection.freeze_urls")),
    path("surveys/", include("sapa_web.surveys.urls")),
    path("answer/", include("sapa_web.surveys.answer_urls")),
    path("places/", include("sapa_web.orgs.urls")),
    path("figures/", include("sapa_web.indicators.urls")),
    path("quality/", include("sapa_web.evaluation.urls")),
    path("monitoring/", include("sapa_web.monitoring.urls")),
    path("releases/", include("sapa_web.portal.staff_urls")),
    path("statistics/", include("sapa_web.portal.urls")),
    path("api/", include("sapa_web.api.urls")),
]
