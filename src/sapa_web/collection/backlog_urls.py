"""Addresses of the offices' pages: the backlog, what an officer does with a return."""

from django.urls import path

from sapa_web.collection.views import backlog, officer

app_name = "backlog"
urlpatterns = [
    path("", backlog.home, name="home"),
    path("at/<str:code>/", backlog.node, name="node"),
    path("at/<str:code>/units/", backlog.units, name="units"),
    path("at/<str:code>/units.<str:form>", backlog.export, name="export"),
    path("at/<str:code>/remind/", officer.remind_many, name="remind-many"),
    path("returns/<int:pk>/", officer.detail, name="return"),
    path("returns/<int:pk>/send-back/", officer.send_back, name="send-back"),
    path("returns/<int:pk>/remind/", officer.remind, name="remind"),
]
