from django.apps import AppConfig


class CollectionConfig(AppConfig):
    name = "sapa_web.collection"
    label = "collection"

    def ready(self) -> None:
        """Make the jobs, notices and navigation of the collection known."""
        from sapa_web.collection import office, unit

        unit.register()
        office.register()
