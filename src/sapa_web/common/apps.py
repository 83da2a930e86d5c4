from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "sapa_web.common"
    label = "common"
