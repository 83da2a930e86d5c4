"""The page a person lands on, mounted at the root of the site."""

from django.urls import URLPattern, URLResolver, path

from sapa_web.indicators.views import home

urlpatterns: list[URLPattern | URLResolver] = [path("", home.home, name="home")]
