"""Addresses of imports."""

from django.urls import path

from sapa_web.collection.views import imports

app_name = "imports"
urlpatterns = [
    path("", imports.listing, name="home"),
    path("new/", imports.new, name="new"),
    path("<int:pk>/", imports.detail, name="detail"),
    path("<int:pk>/findings/", imports.findings, name="findings"),
    path("<int:pk>/fix/", imports.fix, name="fix"),
]
