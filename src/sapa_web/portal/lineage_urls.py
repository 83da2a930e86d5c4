"""Public addresses of what a reader checks a figure with."""

from django.urls import path

from sapa_web.portal.views import rootlog

patterns = [
    path("roots/", rootlog.show, name="roots"),
    path("roots/log.json", rootlog.download, name="roots_json"),
    path("roots/consistency.json", rootlog.consistency, name="roots_consistency"),
]
