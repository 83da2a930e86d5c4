from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "sapa_web.indicators"
    label = "indicators"
