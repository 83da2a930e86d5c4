"""Addresses of the campaigns."""

from django.urls import path

from sapa_web.collection.views.campaigns import change, listing, open_period

app_name = "campaigns"
urlpatterns = [
    path("", listing, name="home"),
    path("open/", open_period, name="open"),
    path("<int:pk>/<str:verb>/", change, name="change"),
]
