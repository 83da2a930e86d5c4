"""Addresses of notices and jobs; their names stand alone, since the frame of every page links to them."""

from django.urls import path

from sapa_web.common import pages

urlpatterns = [
    path("notices/", pages.notice_list, name="notices"),
    path("notices/read/", pages.notices_read, name="notices-read"),
    path("notices/<int:pk>/", pages.notice_open, name="notice-open"),
    path("jobs/", pages.job_list, name="jobs"),
    path("jobs/<int:pk>/", pages.job_detail, name="job"),
    path("jobs/<int:pk>/again/", pages.job_again, name="job-again"),
]
