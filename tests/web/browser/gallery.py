"""A page with every component, and a small server that speaks the grid protocol: ``python gallery.py PORT``.

It runs in a process and with settings of its own, so that the components are shown and tested without a database. What
the grid was sent can be asked for at ``/grid/state``; ``/grid/say`` lets the next answers be conflicts or failures.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

WEB = Path(__file__).resolve().parents[3] / "src" / "sapa_web"
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'"


class Policy:
    """The content policy of the real site, without its libraries."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response


settings.configure(
    SECRET_KEY="gallery",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DEBUG=True,
    INSTALLED_APPS=["django.contrib.staticfiles"],
    MIDDLEWARE=[f"{__name__}.Policy", "django.middleware.locale.LocaleMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    LANGUAGES=[("en", "English"), ("ru", "Russian"), ("kk", "Kazakh"), ("uk", "Ukrainian"), ("be", "Belarusian")],
    LOCALE_PATHS=[WEB / "locale"],
    STATIC_URL="static/",
    STATICFILES_DIRS=[WEB / "static"],
    USE_TZ=True,
    SAPA_DEMO=False,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [WEB / "common" / "templates", Path(__file__).parent / "pages"],
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "libraries": {"ui": "sapa_web.common.templatetags.ui"},
                "builtins": ["django.templatetags.i18n", "django.templatetags.static", "sapa_web.common.templatetags.ui"],
            },
        }
    ],
)
sys.path.insert(0, str(WEB.parent))
django.setup()

from django.conf.urls.i18n import set_language  # noqa: E402,F401  (documents which view the language menu posts to)
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.paginator import Paginator  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402


class Person:
    """Somebody who is signed in."""

    is_authenticated = True
    name = "Айгүл Қасымова"
    email = "a.kasymova@example.org"


def frame(active: str) -> dict[str, Any]:
    """What the site's context processors would give."""
    entries = [
        ("Overview", "/", "home", None),
        ("Returns", "/grid", "clipboard-list", 3),
        ("Sign", "/sign", "signature", 1),
        ("Places", "#places", "hierarchy-2", None),
        ("Figures", "#figures", "chart-bar", None),
        ("Freeze", "#freeze", "snowflake", None),
        ("People", "#people", "users", None),
    ]
    nav = [{"label": a, "url": b, "icon": c, "count": d, "active": b == active} for a, b, c, d in entries]
    return {"nav": nav, "user": Person(), "demonstration": True, "site_today": date(2026, 10, 5), "unread": 4}


def components(request: HttpRequest) -> HttpResponse:
    """Every component once."""
    context = frame("/") | gallery_data()
    context["page"] = Paginator(range(1, 1234), 25).get_page(request.GET.get("page", 4))
    return render(request, "gallery.html", context)


def gallery_form() -> Any:
    """A form with a mistake in it."""
    from django import forms

    class Form(forms.Form):
        name = forms.CharField(
            label="Name of the institution", help_text="As it stands in the charter.", initial="№ 12 мектеп-гимназия"
        )
        opened = forms.DateField(label="Opened on", help_text="Day, month, year: 01.09.1975", required=False)
        kind = forms.ChoiceField(label="Kind", choices=[("a", "General school"), ("b", "Kindergarten")])
        shifts = forms.ChoiceField(label="Shifts", choices=[("1", "One"), ("2", "Two")], widget=forms.RadioSelect)
        sure = forms.BooleanField(label="The founder has agreed", help_text="Ask before the change is entered.")

    return Form({"name": "", "kind": "a", "shifts": "2", "opened": "tomorrow"})


def gallery_data() -> dict[str, Any]:
    """Invented figures for the components."""
    states = ["not_begun", "draft", "with_findings", "ready", "signed", "returned", "late", "frozen", "provisional", "official"]
    return {
        "states": states,
        "form": gallery_form(),
        "crumbs": [("Republic", "#"), ("North region", "#"), ("Lake district", "#")],
        "columns": COLUMNS,
        "rows": [
            {
                "cells": [
                    {"text": f"School № {i}", "url": "#"},
                    {"state": s, "days": 3 if s == "late" else None},
                    1234 + i,
                    "05.10.2026",
                ]
            }
            for i, s in enumerate(states)
        ],
        "stats": STATS,
        "causes": CAUSES,
        "events": EVENTS,
        "nodes": NODES,
        "spec": SPEC,
        "svg": "<svg viewBox='0 0 100 20' role='img' aria-label='drawn by the server'><rect width='60' height='20'/></svg>",
        "tabs": TABS,
    }


COLUMNS = [
    {"key": "name", "label": "Institution", "sort": True},
    {"key": "state", "label": "State"},
    {"key": "rows", "label": "Learners", "num": True, "sort": True},
    {"key": "due", "label": "Due", "num": True},
]
STATS = [
    {"name": "Returns due", "figure": "128", "remark": "by 5 October, 3 working days left", "icon": "clipboard-list"},
    {"name": "Signed", "figure": "93.4%", "remark": "120 of 128", "url": "#", "icon": "circle-check"},
    {"name": "With findings", "figure": "5", "unit": "schools", "url": "#", "icon": "alert-triangle"},
    {"name": "Pupils per teacher", "figure": "11.8", "state": "provisional"},
]
EVENTS = [
    {
        "when": datetime(2026, 10, 5, 14, 2, tzinfo=UTC),
        "what": "Signed",
        "who": "Head",
        "tone": "green",
        "icon": "signature",
    },
    {
        "when": datetime(2026, 10, 2, 9, 30, tzinfo=UTC),
        "what": "Returned",
        "who": "District",
        "tone": "amber",
        "icon": "corner-up-left",
        "remark": "Row 14: two learners with one number.",
    },
    {"when": datetime(2026, 9, 28, 8, 0, tzinfo=UTC), "what": "Draft begun", "who": "Secretary"},
]
NODES = [
    {
        "label": "Republic",
        "url": "#",
        "open": True,
        "extra": "93%",
        "children": [
            {
                "label": "North region",
                "url": "#",
                "open": True,
                "extra": "97%",
                "children": [
                    {"label": "School № 1", "url": "#", "state": "signed"},
                    {"label": "School № 2", "url": "#", "state": "late", "current": True},
                ],
            },
            {"label": "South region", "url": "#", "extra": "88%"},
        ],
    }
]
TABS = [
    {"label": "Open", "url": "#", "active": True, "count": 12},
    {"label": "Signed", "url": "#", "count": 116},
    {"label": "All", "url": "#"},
]
CAUSES = [
    {
        "severity": "blocks",
        "rule": "sex-code",
        "cause": "The sex is not in the code list",
        "remedy": "Choose f or m.",
        "count": 2,
        "clause": "Annex 3, 2",
    },
    {
        "severity": "explain",
        "rule": "age",
        "cause": "The learner is older than the class usually is",
        "remedy": "Check the year of birth, or explain it.",
        "count": 14,
        "clause": "Annex 3, 7",
        "places": [{"label": "Row 3, year of birth", "url": "#"}],
    },
]
SPEC = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {
        "values": [{"region": "North", "share": 0.97}, {"region": "South", "share": 0.88}, {"region": "East", "share": 0.91}]
    },
    "mark": {"type": "bar", "tooltip": True},
    "transform": [{"calculate": "datum.share * 100", "as": "percent"}],
    "encoding": {
        "x": {"field": "percent", "type": "quantitative", "title": "Signed, %"},
        "y": {"field": "region", "type": "nominal", "title": None},
    },
}


def field(name: str, title: str, kind: str, **more: Any) -> dict[str, Any]:
    """A field as the grid protocol describes it."""
    plain = {"help": "", "required": False, "codes": None, "max_length": None, "key": False}
    return {"id": name, "title": title, "type": kind, **plain, **more}


FIELDS = [
    field("number", "Personal number", "text", help="Twelve digits", required=True, max_length=12, key=True, frozen=True),
    field("name", "Name", "text", required=True, max_length=80),
    field("sex", "Sex", "code", help="From the code list", required=True, codes=[["f", "Female"], ["m", "Male"]]),
    field("class", "Class", "integer"),
    field("born", "Born on", "date", help="YYYY-MM-DD"),
]


class Table:
    """The table of the fake server; it refuses the letter x in the field of the sex, as a rule of a pack would."""

    def __init__(self) -> None:
        self.reset(6, 5)

    def reset(self, rows: int, columns: int) -> None:
        """Begin again with so many rows and columns."""
        self.version, self.said, self.log = 7, [], []
        self.fields = [dict(item) for item in FIELDS]
        self.fields += [field(f"f{i}", f"Figure {i + 1}", "number") for i in range(columns - 5)]
        self.rows = [
            {
                "_id": f"r{i}",
                "number": f"{100000000000 + i}",
                "name": f"Learner {i}",
                "sex": "fm"[i % 2],
                "class": str(1 + i % 11),
                "born": f"{2008 + i % 9}-03-{1 + i % 28:02}",
                **{f"f{k}": str(i * k % 97) for k in range(columns - 5)},
            }
            for i in range(1, rows + 1)
        ]

    def findings(self) -> list[dict[str, Any]]:
        """One finding for each wrong sex."""
        return [
            {
                "row": row["_id"],
                "field": "sex",
                "severity": "blocks",
                "rule": "sex-code",
                "message": f"“{row.get('sex', '')}” is not in the code list.",
                "remedy": "Choose f or m.",
            }
            for row in self.rows
            if row.get("sex") not in ("f", "m")
        ]

    def causes(self) -> list[dict[str, Any]]:
        """The same, by cause."""
        count = len(self.findings())
        return [CAUSES[0] | {"count": count}] if count else []

    def apply(self, change: dict[str, Any]) -> None:
        """One change of the protocol."""
        at = next((i for i, row in enumerate(self.rows) if row["_id"] == change["row"]), None)
        if change["op"] == "add":
            after = next((i for i, row in enumerate(self.rows) if row["_id"] == change["after"]), len(self.rows) - 1)
            self.rows.insert(after + 1, {"_id": change["row"], **change["values"]})
        elif at is None:
            raise LookupError(change)
        elif change["op"] == "delete":
            del self.rows[at]
        else:
            self.rows[at][change["field"]] = change["value"]


TABLE = Table()


def grid(request: HttpRequest) -> HttpResponse:
    """The page with the grid: ``?rows=1000&columns=25``."""
    TABLE.reset(int(request.GET.get("rows", 6)), int(request.GET.get("columns", 5)))
    return render(request, "grid.html", frame("/grid") | {"crumbs": [("Returns", "#"), ("Learners", "#")]})


def grid_data(request: HttpRequest) -> JsonResponse:
    """The protocol's first request."""
    return JsonResponse(
        {
            "version": TABLE.version,
            "readonly": False,
            "fields": TABLE.fields,
            "rows": TABLE.rows,
            "findings": TABLE.findings(),
            "causes": TABLE.causes(),
        }
    )


@csrf_exempt
def grid_changes(request: HttpRequest) -> JsonResponse:
    """The protocol's changes; what was ordered with ``say`` comes first."""
    sent = json.loads(request.body)
    TABLE.log.append(sent)
    if TABLE.said:
        answer = TABLE.said.pop(0)
        for change in answer.get("apply", []):
            TABLE.apply(change)
        TABLE.version = answer["body"].get("version", TABLE.version)
        return JsonResponse(answer["body"], status=answer["status"])
    if sent["version"] != TABLE.version:
        return JsonResponse({"detail": f"version {sent['version']}, here {TABLE.version}"}, status=400)
    for change in sent["changes"]:
        TABLE.apply(change)
    TABLE.version += 1
    return JsonResponse({"version": TABLE.version, "findings": TABLE.findings(), "causes": TABLE.causes()})


@csrf_exempt
def grid_say(request: HttpRequest) -> JsonResponse:
    """Orders the next answers: a list of {status, body, apply}."""
    TABLE.said.extend(json.loads(request.body))
    return JsonResponse({})


def grid_state(request: HttpRequest) -> JsonResponse:
    """What the server holds and was sent."""
    return JsonResponse({"version": TABLE.version, "rows": TABLE.rows, "log": TABLE.log})


SIGNED: list[str] = []


@csrf_exempt
def sign(request: HttpRequest) -> HttpResponse:
    """The signing page; a posted signature is kept for ``/sign/state``."""
    if request.method == "POST":
        SIGNED.append(request.POST["signature"])
        return render(request, "message.html", frame("/sign") | {"title": "Received"})
    return render(
        request, "sign.html", frame("/sign") | {"manifest": request.GET.get("manifest", ""), "unit": request.GET.get("unit", "")}
    )


def sign_state(request: HttpRequest) -> JsonResponse:
    """The signatures received."""
    return JsonResponse({"signed": SIGNED})


urlpatterns = [
    path("", components, name="home"),
    path("notices/", components, name="notices"),
    path("grid", grid),
    path("grid/data", grid_data),
    path("grid/changes", grid_changes),
    path("grid/say", grid_say),
    path("grid/state", grid_state),
    path("sign", sign),
    path("sign/state", sign_state),
    path("i18n/", include("django.conf.urls.i18n")),
]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


if __name__ == "__main__":
    with make_server("127.0.0.1", int(sys.argv[1]), StaticFilesHandler(WSGIHandler()), _Server, _Quiet) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()
