"""Addresses of the year's freeze."""

from django.urls import path

from sapa_web.collection.views import freeze

app_name = "freeze"
urlpatterns = [
    path("", freeze.home, name="home"),
    path("plan/", freeze.plan, name="plan"),
    path("<int:pk>/", freeze.detail, name="detail"),
    path("<int:pk>/progress/", freeze.progress, name="progress"),
    path("<int:pk>/<str:verb>/", freeze.act, name="act"),
]
