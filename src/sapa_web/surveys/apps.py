"""Surveys: what they make known at start."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "sapa_web.surveys"
    label = "surveys"
