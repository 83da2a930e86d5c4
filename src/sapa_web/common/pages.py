"""Pages of notices and jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sapa.errors import UserError
from sapa_web.common.domain import jobs, notices
from sapa_web.common.models import JobRun, Notice
from sapa_web.common.templatetags.ui import number

PAGE = 25


@login_required
@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    """A person's notices, newest first, or only the unread."""
    user: Any = request.user
    mine = Notice.objects.filter(user=user)
    unread = notices.unread(user)
    only_unread = request.GET.get("unread") == "1"
    page = Paginator(mine.filter(read_at=None) if only_unread else mine, PAGE).get_page(request.GET.get("page"))
    items = [(item, notices.words_of(item)) for item in page.object_list]
    tabs = [
        {"label": _("All"), "url": "?", "active": not only_unread},
        {"label": _("Unread"), "url": "?unread=1", "active": only_unread, "count": unread},
    ]
    context = {"page": page, "items": items, "unread_count": unread, "tabs": tabs, "only_unread": only_unread}
    return render(request, "common/notices.html", context)


@login_required
@require_POST
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice read and go where it leads."""
    notice = get_object_or_404(Notice, pk=pk, user=request.user)
    notices.read(request.user, notice.pk)
    inside = notice.url.startswith("/") and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None)
    return redirect(notice.url if inside and "stay" not in request.POST else "notices")


@login_required
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark all of a person's notices read."""
    count = notices.read(request.user)
    text = ngettext("%(n)s notice marked as read.", "%(n)s notices marked as read.", count) % {"n": number(count)}
    messages.success(request, text)
    return redirect("notices")


@login_required
@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """The jobs a person has asked for; whoever oversees the site sees everybody's."""
    everybody = jobs.may_see_all(request.user)
    quiet = everybody and request.GET.get("quiet") == "1"
    runs = jobs.visible(request.user, quiet=quiet)
    state = request.GET.get("state", "")
    if state in (jobs.WAITING, jobs.RUNNING, jobs.DONE, jobs.FAILED):
        runs = runs.filter(state=state)
    page = Paginator(runs, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "items": [(run, jobs.title_of(run)) for run in page.object_list],
        "moving": any(run.state in (jobs.WAITING, jobs.RUNNING) for run in page.object_list),
        "state_chosen": state,
        "states": [
            (jobs.WAITING, _("Waiting")),
            (jobs.RUNNING, _("Running")),
            (jobs.DONE, _("Done")),
            (jobs.FAILED, _("Failed")),
        ],
        "everybody": everybody,
        "quiet": quiet,
    }
    return render(request, "common/jobs_rows.html" if request.headers.get("HX-Request") else "common/jobs.html", context)


@login_required
@require_GET
def job_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: how far it is, what came of it. The page asks again every two seconds while it moves."""
    run = _visible(request, pk)
    moving = run.state in (jobs.WAITING, jobs.RUNNING)
    context = {"run": run, "job_title": jobs.title_of(run), "step": jobs.step_of(run), "moving": moving}
    return render(request, "common/job_state.html" if request.headers.get("HX-Request") else "common/job.html", context)


@login_required
@require_POST
def job_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a failed job once more."""
    run = _visible(request, pk)
    try:
        jobs.again(run, request.user)
    except UserError as error:
        messages.error(request, str(error))
    return redirect("job", pk=pk)


def _visible(request: HttpRequest, pk: int) -> JobRun:
    run: JobRun | None = jobs.visible(request.user, quiet=True).filter(pk=pk).first()
    if run is None:
        raise Http404
    return run
