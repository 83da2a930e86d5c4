"""The application's part for internal monitoring."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "sapa_web.monitoring"
    label = "monitoring"
