"""Public addresses of what a reader checks a figure with."""

from django.urls import path

from sapa_web.portal.views import figure, law, rootlog, verify

FIGURE = "figure/<slug:pack>/<str:version>/<str:fact>/"
"""A published cell: pack, version of the data, the fact's name (``queries.lineage.address`` writes it)."""

patterns = [
    path("roots/", rootlog.show, name="roots"),
    path("roots/log.json", rootlog.download, name="roots_json"),
    path("roots/consistency.json", rootlog.consistency, name="roots_consistency"),
    path(FIGURE, figure.show, name="figure"),
    path(f"{FIGURE}figure.json", figure.as_json, name="figure_json"),
    path(f"{FIGURE}bundle.zip", figure.bundle, name="figure_bundle"),
    path("verify/", verify.verify, name="verify"),
    path("verify/standalone_bundle.py", verify.tool, name="verify_tool"),
    path("law/", law.listing, name="law"),
    path("law/<slug:document>/", law.document, name="law_document"),
]
