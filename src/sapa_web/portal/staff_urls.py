"""Addresses of the work on releases, below ``/releases/``."""

from django.urls import path

from sapa_web.portal.views import staff

app_name = "releases"
urlpatterns = [
    path("", staff.home, name="home"),
    path("new/", staff.start, name="start"),
    path("<int:pk>/", staff.detail, name="detail"),
    path("<int:pk>/progress/", staff.progress, name="progress"),
    path("<int:pk>/prepare/", staff.prepare, name="prepare"),
    path("<int:pk>/do/<str:verb>/", staff.act, name="act"),
    path("<int:pk>/change/<str:what>/", staff.change, name="change"),
    path("<int:pk>/section/<str:chapter>/", staff.section, name="section"),
    path("<int:pk>/override/<str:check>/", staff.override, name="override"),
    path("<int:pk>/proposal/<int:proposal>/", staff.decide, name="decide"),
]
