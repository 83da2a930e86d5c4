"""Addresses of the quality system, below ``/quality/``: of the institution's own people, but for a guest's link."""

from django.urls import path

from sapa_web.evaluation.views import assessments, home, outcome, sharing

app_name = "evaluation"
OF = "assessment/<int:pk>/"
urlpatterns = [
    path("", home.home, name="home"),
    path("at/<str:code>/start/", home.start, name="start"),
    path("at/<str:code>/goals/", home.goals, name="goals"),
    path("at/<str:code>/components/", home.components, name="components"),
    path("at/<str:code>/components/new/", home.component, name="component_new"),
    path("at/<str:code>/components/<int:pk>/", home.component, name="component"),
    path("at/<str:code>/components/<int:pk>/check/", home.check, name="component_check"),
    path("at/<str:code>/components/<int:pk>/out/", home.component_out, name="component_out"),
    path("at/<str:code>/criteria/", home.criteria, name="criteria"),
    path("at/<str:code>/criteria/<str:name>/", home.line, name="line"),
    path("at/<str:code>/criteria/<str:name>/out/", home.line_out, name="line_out"),
    path("at/<str:code>/levels/", home.levels, name="levels"),
    path("at/<str:code>/plan/", assessments.plan, name="plan"),
    path(OF, assessments.assessment, name="assessment"),
    path(f"{OF}plan/", assessments.replan, name="replan"),
    path(f"{OF}do/<str:verb>/", assessments.act, name="act"),
    path(f"{OF}groups/", assessments.groups, name="groups"),
    path(f"{OF}groups/<int:member>/out/", assessments.member_out, name="member_out"),
    path(f"{OF}requirement/<str:name>/", assessments.requirement, name="requirement"),
    path(f"{OF}requirement/<str:name>/add/", assessments.add, name="add"),
    path(f"{OF}requirement/<str:name>/unrate/", assessments.unrate, name="unrate"),
    path(f"{OF}evidence/<int:evidence>/out/", assessments.evidence_out, name="evidence_out"),
    path(f"{OF}file/<str:digest>/", assessments.file, name="file"),
    path(f"{OF}results/", outcome.results, name="results"),
    path(f"{OF}summary/", outcome.summary, name="summary"),
    path(f"{OF}improve/", outcome.improve, name="improve"),
    path(f"{OF}improve/new/", outcome.measure, name="measure_new"),
    path(f"{OF}improve/<int:measure>/", outcome.measure, name="measure"),
    path(f"{OF}improve/<int:measure>/do/<str:verb>/", outcome.measure_act, name="measure_act"),
    path(f"{OF}improve/<int:measure>/effect/", outcome.effect, name="effect"),
    path(f"{OF}minutes/", outcome.meetings, name="meetings"),
    path(f"{OF}minutes/new/", outcome.record, name="record"),
    path(f"{OF}minutes/<int:meeting_pk>/", outcome.record, name="meeting"),
    path(f"{OF}minutes/<int:meeting_pk>/out/", outcome.meeting_out, name="meeting_out"),
    path(f"{OF}guests/", sharing.guest_list, name="guests"),
    path(f"{OF}guests/<int:guest>/out/", sharing.guest_out, name="guest_out"),
    path(f"{OF}report.<str:kind>", sharing.report, name="report"),
    path(f"{OF}publish/", sharing.publish, name="publish"),
    path(f"{OF}publish/preview.<str:kind>", sharing.preview, name="preview"),
    path(f"{OF}publish/withdraw/", sharing.withdraw, name="withdraw"),
    path(f"{OF}dossiers/", sharing.dossier_list, name="dossiers"),
    path(f"{OF}dossiers/<int:dossier>/dossier.zip", sharing.dossier, name="dossier"),
    path(f"{OF}dossiers/file/<str:application>/", sharing.file_for, name="file_for"),
    path("guest/<str:token>/", sharing.guest, name="guest"),
]
