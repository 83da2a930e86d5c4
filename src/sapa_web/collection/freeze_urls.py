"""Addresses of the year's freeze."""

from django.urls import path

from sapa_web.collection.views.freeze import act, detail, home, plan, progress

app_name = "freeze"
urlpatterns = [
    path("", home, name="home"),
    path("plan/", plan, name="plan"),
    path("<int:pk>/", detail, name="detail"),
    path("<int:pk>/progress/", progress, name="progress"),
    path("<int:pk>/<str:verb>/", act, name="act"),
]
