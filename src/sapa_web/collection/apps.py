from django.apps import AppConfig


class CollectionConfig(AppConfig):
    name = "sapa_web.collection"
    label = "collection"
