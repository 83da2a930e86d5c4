"""Public addresses, below ``/statistics/``: nobody signs in here."""

from django.urls import URLPattern, URLResolver, path

from sapa_web.portal.lineage_urls import patterns as lineage
from sapa_web.portal.views import public

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [path("", public.home, name="home"), *lineage]
