"""Addresses of the people of internal monitoring: regulations, ratings, experts, families."""

from django.urls import path

from sapa_web.monitoring.views import regulation

OF = "regulation/<int:pk>/"
urlpatterns = [
    path("at/<str:code>/regulations/", regulation.editions, name="regulations"),
    path("at/<str:code>/regulations/new/", regulation.draft, name="draft"),
    path(OF, regulation.edition, name="edition"),
    path(f"{OF}text/", regulation.text, name="edition_text"),
    path(f"{OF}change/", regulation.choose, name="choose"),
    path(f"{OF}change/<str:kind>/<str:thing>/", regulation.change, name="change"),
    path(f"{OF}undo/<int:place>/", regulation.undo, name="edition_undo"),
    path(f"{OF}comment/", regulation.comment, name="comment"),
    path(f"{OF}comment/<int:remark>/", regulation.answer, name="answer"),
    path(f"{OF}do/<str:verb>/", regulation.act, name="edition_act"),
    path("of/<str:code>/regulation/<int:pk>/", regulation.public, name="edition_public"),
]
