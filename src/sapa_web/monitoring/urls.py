"""Addresses of internal monitoring, below ``/monitoring/``: of the institution's own people."""

from django.urls import include, path

from sapa_web.monitoring.views import home

app_name = "monitoring"
AT = "at/<str:code>/"
urlpatterns = [
    path("", home.home, name="home"),
    path("", include("sapa_web.monitoring.urls_people")),
]
