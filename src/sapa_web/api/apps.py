from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "sapa_web.api"
    label = "api"
