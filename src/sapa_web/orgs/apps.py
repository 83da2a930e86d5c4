from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "sapa_web.orgs"
    label = "orgs"
