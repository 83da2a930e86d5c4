"""Public addresses, below ``/statistics/``: nobody signs in here."""

from django.urls import URLPattern, URLResolver

from sapa_web.portal.lineage_urls import patterns as lineage
from sapa_web.portal.site_urls import patterns as pages

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [*pages, *lineage]
