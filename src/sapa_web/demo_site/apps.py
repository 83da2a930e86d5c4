from django.apps import AppConfig


class DemoSiteConfig(AppConfig):
    name = "sapa_web.demo_site"
    label = "demo_site"
