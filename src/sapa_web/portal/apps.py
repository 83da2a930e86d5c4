from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "sapa_web.portal"
    label = "portal"
