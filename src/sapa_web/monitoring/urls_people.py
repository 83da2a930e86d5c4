"""Addresses of the people of internal monitoring: regulations, ratings, experts, families."""

urlpatterns: list[object] = []
