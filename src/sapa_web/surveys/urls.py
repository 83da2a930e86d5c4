"""Addresses of an institution's work on instruments, surveys and protocols, below ``/surveys/``."""

from django.urls import path

from sapa_web.surveys.views import instruments, letters, protocols, results, staff

app_name = "surveys"
urlpatterns = [
    path("", staff.home, name="home"),
    path("new/", staff.new, name="new"),
    path("<int:pk>/", staff.detail, name="detail"),
    path("<int:pk>/change/", staff.change, name="change"),
    path("<int:pk>/extend/", staff.extend, name="extend"),
    path("<int:pk>/do/<slug:verb>/", staff.act, name="act"),
    path("<int:pk>/count/", staff.count, name="count"),
    path("<int:pk>/preview/", staff.preview, name="preview"),
    path("<int:pk>/results/", results.results, name="results"),
    path("<int:pk>/results/chart/<str:block>/", results.chart, name="results_chart"),
    path("<int:pk>/results/file/<slug:kind>/", results.file, name="results_file"),
    path("<int:pk>/results/years/", results.years, name="results_years"),
    path("<int:pk>/results/years/chart/<str:block>/", results.years_chart, name="results_years_chart"),
    path("<int:pk>/links/", letters.print_links, name="links"),
    path("<int:pk>/letters/", letters.people, name="letters"),
    path("<int:pk>/paper/", letters.paper, name="paper"),
    path("instruments/", instruments.home, name="instruments"),
    path("instruments/take/", instruments.take, name="take"),
    path("instruments/bring/", instruments.bring, name="bring"),
    path("instruments/<int:pk>/bring/", instruments.bring_version, name="bring_version"),
    path("instruments/<int:pk>/file.<slug:kind>", instruments.file, name="instrument_file"),
    path("instruments/<int:pk>/", instruments.detail, name="instrument"),
    path("instruments/<int:pk>/do/<slug:verb>/", instruments.act, name="instrument_act"),
    path("protocols/", protocols.home, name="protocols"),
    path("protocols/new/", protocols.new, name="protocol_new"),
    path("protocols/<int:pk>/", protocols.detail, name="protocol"),
    path("protocols/<int:pk>/head/", protocols.head, name="protocol_head"),
    path("protocols/<int:pk>/write/", protocols.write, name="protocol_write"),
    path("protocols/<int:pk>/agree/", protocols.agree, name="protocol_agree"),
]
