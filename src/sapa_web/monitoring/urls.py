"""Addresses of internal monitoring, below ``/monitoring/``: of the institution's own people."""

from django.urls import include, path

from sapa_web.monitoring.views import desk, home, papers, plan, steps

app_name = "monitoring"
AT, PLAN, OBJECT, PAPER = "at/<str:code>/", "plan/<int:pk>/", "object/<int:pk>/", "paper/<int:pk>/"
urlpatterns = [
    path("", home.home, name="home"),
    path(f"{AT}start/", home.start, name="start"),
    path(PLAN, plan.plan, name="plan"),
    path(f"{PLAN}line/new/", plan.line_new, name="line_new"),
    path("plan/line/<int:pk>/", plan.line, name="line"),
    path("plan/line/<int:pk>/out/", plan.line_out, name="line_out"),
    path("plan/line/<int:pk>/turn/", steps.turn, name="turn"),
    path(f"{PLAN}undo/", plan.undo, name="undo"),
    path(f"{PLAN}people/", plan.people, name="people"),
    path(f"{PLAN}order/", plan.order, name="order"),
    path(f"{PLAN}order.<str:kind>", plan.order_file, name="order_file"),
    path(f"{PLAN}close/", plan.close, name="close"),
    path(OBJECT, steps.watch, name="object"),
    path(f"{OBJECT}value/", steps.value, name="value"),
    path(f"{AT}analysis/", steps.analysis, name="analysis"),
    path(f"{AT}table/", desk.desk, name="desk"),
    path(f"{AT}visits/new/", desk.visit_new, name="visit_new"),
    path("visit/<int:pk>/", desk.visit, name="visit"),
    path("task/<int:pk>/", desk.task, name="task"),
    path(f"{AT}papers/", papers.papers, name="papers"),
    path(f"{AT}papers/new/", papers.paper_new, name="paper_new"),
    path(PAPER, papers.paper, name="paper"),
    path(f"{PAPER}issue/", papers.issue, name="issue"),
    path(f"{PAPER}publish/", papers.publish, name="publish"),
    path(f"{PAPER}read/", papers.acquaint, name="acquaint"),
    path(f"{PAPER}paper.<str:kind>", papers.paper_file, name="paper_file"),
    path("", include("sapa_web.monitoring.urls_people")),
]
