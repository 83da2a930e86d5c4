"""Addresses where surveys are answered: nobody signs in, and nobody is known (see ``sapa_web.common.edge.Traceless``)."""

from django.urls import path

from sapa_web.surveys.views import answering

app_name = "answer"
urlpatterns = [
    path("worker.js", answering.worker, name="worker"),
    path("<slug:key>/", answering.form, name="form"),
    path("<slug:key>/thanks/", answering.thanks, name="thanks"),
]
