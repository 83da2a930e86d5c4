"""Jobs: work that outlives a request, survives a killed worker, and shows how far it is.

The queue is the library's table (``django_tasks_db``): a job is asked for inside a transaction and vanishes with it. What the
library lacks stands here: a lease, so that the jobs of a worker that was killed are begun again; tries with growing pauses; and
jobs that come round by themselves, without cron. Work must therefore be repeatable: begun twice, it ends in the same state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks import default_task_backend, task
from django_tasks_db.models import DBTaskResult

from sapa.errors import UserError
from sapa_web.common import clock
from sapa_web.common.models import JobRun, Schedule

log = logging.getLogger(__name__)

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
LEASE = timedelta(seconds=60)
"""A running job that has given no sign of life for so long belonged to a worker that is gone."""
BEAT = 10.0
"""Seconds between signs of life."""
PAUSE = 5.0
"""Seconds before the second try; doubled before each further one."""

Work = Callable[["Job"], Mapping[str, Any] | None]


class Lost(Exception):
    """The job was taken from this worker (it was silent too long) and given to another."""


@dataclass(frozen=True)
class Kind:
    """What a job does, how often it is tried, and how people read it."""

    name: str
    title: Any  # translated lazily; the job's arguments are put in by %
    work: Work
    attempts: int = 5
    quiet: bool = False  # housekeeping: not in people's list


@dataclass(frozen=True)
class Periodic:
    """A job that comes round: once for each ``slot`` (a day, a minute), where ``due`` says there is something to do."""

    kind: str
    slot: Callable[[], str]
    due: Callable[[], bool] = lambda: True


kinds: dict[str, Kind] = {}
periodics: list[Periodic] = []
oversight: list[Callable[[Any], bool]] = []
"""Who may see everybody's jobs: any of these, asked with the user."""
steps: dict[str, Any] = {}
"""What a step is called, by the name the work gives it (lazily translated)."""
_here: set[tuple[int, int]] = set()  # (job, attempt) this process works on


def kind(name: str, title: Any, *, attempts: int = 5, quiet: bool = False) -> Callable[[Work], Work]:
    """Register the function as the work of a kind of jobs."""

    def registered(work: Work) -> Work:
        kinds[name] = Kind(name, title, work, attempts, quiet)
        return work

    return registered


def daily(name: str) -> None:
    """The kind ``name`` runs once on each day of the site's clock."""
    periodics.append(Periodic(name, lambda: clock.today().isoformat()))


def each_minute(name: str, due: Callable[[], bool]) -> None:
    """The kind ``name`` runs once a minute while ``due``."""
    periodics.append(Periodic(name, lambda: f"{clock.now():%Y-%m-%dT%H:%M}", due))


@dataclass
class Job:
    """What the work is handed: its arguments, and where it says how far it is."""

    run: JobRun
    attempt: int
    _said: float = field(default=-10.0)
    _step: str = ""

    @property
    def arguments(self) -> dict[str, Any]:
        """What the job was asked with."""
        return dict(self.run.arguments)

    def progress(self, step: str, done: int, of: int) -> None:
        """Show how far the work is; raises :class:`Lost` where the job is another worker's by now."""
        if step == self._step and done < of and monotonic() - self._said < 0.5:
            return
        self._said, self._step = monotonic(), step
        mine = JobRun.objects.filter(pk=self.run.pk, attempts=self.attempt, state=RUNNING)
        if not mine.update(step=step[:120], done=done, of=of, beat_at=timezone.now()):
            raise Lost(f"job {self.run.pk}, attempt {self.attempt}")


def enqueue(name: str, arguments: Mapping[str, Any] | None = None, *, by: Any = None) -> JobRun:
    """Ask for a job. Inside a transaction it is asked for only if the transaction holds."""
    registered = kinds[name]
    with transaction.atomic():
        run = JobRun.objects.create(
            kind=name,
            title=str(registered.title)[:200],
            arguments=dict(arguments or {}),
            asked_by=by if hasattr(by, "email") else None,
            asked_at=clock.now(),
        )
        _queue(run)
    run.refresh_from_db()
    return run


def once(name: str, arguments: Mapping[str, Any] | None = None, *, by: Any = None) -> JobRun:
    """As :func:`enqueue`, where no such job with the same arguments waits already."""
    waiting = JobRun.objects.filter(kind=name, state=WAITING, arguments=dict(arguments or {})).first()
    return waiting or enqueue(name, arguments, by=by)


def again(run: JobRun, by: Any) -> None:
    """Try a failed job once more, from the first attempt on."""
    with transaction.atomic():
        run = JobRun.objects.select_for_update().get(pk=run.pk)
        if run.state != FAILED:
            raise UserError(_("only a job that failed can be begun again"), todo=_("wait until it has ended"))
        run.state, run.attempts, run.error, run.ended_at = WAITING, 0, "", None
        run.asked_by = by
        run.save()
        _queue(run)


def _queue(run: JobRun, after: float = 0.0) -> None:
    """Put the next attempt into the library's queue. The caller is inside a transaction."""
    asked = run_job
    if after and default_task_backend.supports_defer:
        # The queue compares with the machine's clock, whatever day the site stands at.
        asked = run_job.using(run_after=timezone.now() + timedelta(seconds=after))
    JobRun.objects.filter(pk=run.pk).update(task="")
    result = asked.enqueue(run.pk, run.attempts + 1)
    JobRun.objects.filter(pk=run.pk, attempts=run.attempts, task="").update(task=str(result.id))


@task()
def run_job(job: int, attempt: int) -> None:
    """One attempt. What the queue holds twice is done once: an attempt begins only where it is the next one."""
    at = timezone.now()
    mine = JobRun.objects.filter(pk=job, state=WAITING, attempts=attempt - 1)
    if not mine.update(state=RUNNING, attempts=attempt, started_at=at, beat_at=at, step="", done=0, of=0, error=""):
        return
    run = JobRun.objects.get(pk=job)
    _here.add((job, attempt))
    try:
        result = kinds[run.kind].work(Job(run, attempt))
        _end(run, attempt, DONE, result=dict(result or {}))
    except Lost:
        log.warning("job %s (%s): taken over by another worker", job, run.kind)
    except UserError as error:
        _end(run, attempt, FAILED, error=str(error))
    except Exception as error:
        log.exception("job %s (%s): attempt %s failed", job, run.kind, attempt)
        _retry(run, attempt, f"{type(error).__name__}: {error}"[:2000])
    finally:
        _here.discard((job, attempt))


def _end(run: JobRun, attempt: int, state: str, **values: Any) -> None:
    mine = JobRun.objects.filter(pk=run.pk, attempts=attempt, state=RUNNING)
    mine.update(state=state, ended_at=timezone.now(), **values)


def _retry(run: JobRun, attempt: int, error: str) -> None:
    most = kinds[run.kind].attempts
    if attempt >= most:
        _end(run, attempt, FAILED, error=error)
        return
    with transaction.atomic():
        held = JobRun.objects.select_for_update().filter(pk=run.pk, attempts=attempt, state=RUNNING).first()
        if held is None:
            return
        held.state, held.error = WAITING, error
        held.save(update_fields=["state", "error"])
        _queue(held, PAUSE * 2 ** (attempt - 1))


def beat() -> None:
    """A sign of life of every job this process works on."""
    for job, attempt in list(_here):
        JobRun.objects.filter(pk=job, attempts=attempt, state=RUNNING).update(beat_at=timezone.now())


def reap(lease: timedelta = LEASE) -> int:
    """Put back the jobs of workers that are gone; returns how many."""
    limit = timezone.now() - lease
    count = 0
    for pk in JobRun.objects.filter(state=RUNNING, beat_at__lt=limit).values_list("pk", flat=True):
        count += _put_back(pk, limit)
    for run in JobRun.objects.filter(state=WAITING, asked_at__isnull=False):
        count += _put_into_queue(run.pk, limit)
    return count


def _put_back(pk: int, limit: datetime) -> int:
    with transaction.atomic():
        run = JobRun.objects.select_for_update().filter(pk=pk, state=RUNNING, beat_at__lt=limit).first()
        if run is None:
            return 0
        _forget(run.task)
        known = kinds.get(run.kind)
        if known is None or run.attempts >= known.attempts:
            run.state, run.ended_at = FAILED, timezone.now()
            run.error = _("the worker was lost %d times") % run.attempts
            run.save(update_fields=["state", "ended_at", "error"])
            return 0
        run.state = WAITING
        run.save(update_fields=["state"])
        _queue(run)
    return 1


def _put_into_queue(pk: int, limit: datetime) -> int:
    """A waiting job whose place in the queue is gone or was taken by a worker that died before it began."""
    with transaction.atomic():
        run = JobRun.objects.select_for_update().filter(pk=pk, state=WAITING).first()
        if run is None:
            return 0
        held = _place(run.task)
        if held is not None and (held.status == "READY" or (held.status == "RUNNING" and held.started_at >= limit)):
            return 0
        _forget(run.task)
        _queue(run)
    return 1


def _place(task_id: str) -> Any:
    with suppress(ObjectDoesNotExist, ValueError):
        return DBTaskResult.objects.get(pk=task_id) if task_id else None
    return None


def _forget(task_id: str) -> None:
    held = _place(task_id)
    if held is not None and held.status in ("READY", "RUNNING"):
        held.set_failed(Lost("the worker was lost"))


def begin_due() -> list[str]:
    """Ask for every periodic job whose turn has come; returns their kinds. Of several workers one does."""
    begun = []
    for item in periodics:
        slot = item.slot()
        if Schedule.objects.filter(name=item.kind, slot=slot).exists() or not item.due():
            continue
        with transaction.atomic():
            Schedule.objects.get_or_create(name=item.kind)
            if Schedule.objects.filter(name=item.kind).exclude(slot=slot).update(slot=slot):
                enqueue(item.kind)
                begun.append(item.kind)
    return begun


def title_of(run: JobRun) -> str:
    """The job's title in the reader's language."""
    known = kinds.get(run.kind)
    if known is None:
        return run.title
    try:
        return str(str(known.title) % run.arguments)
    except (KeyError, TypeError, ValueError):
        return str(known.title)


def step_of(run: JobRun) -> str:
    """The step a job is at, in the reader's language."""
    return str(steps.get(run.step) or steps.get(run.step.partition(" ")[0]) or run.step)


def may_see_all(user: Any) -> bool:
    """Whether a person sees the jobs others have asked for."""
    return bool(user.is_superuser) or any(may(user) for may in oversight)


def visible(user: Any, *, quiet: bool = False) -> Any:
    """The jobs a person sees, newest first."""
    runs = JobRun.objects.select_related("asked_by")
    if not may_see_all(user):
        runs = runs.filter(asked_by=user)
    return runs if quiet else runs.exclude(kind__in=[item.name for item in kinds.values() if item.quiet])


@kind("jobs.prune", gettext_lazy("Housekeeping of the job list"), quiet=True)
def prune(job: Job) -> dict[str, int]:
    """Housekeeping jobs are forgotten after a week, places in the queue that are done after two."""
    old = timezone.now() - timedelta(days=7)
    quiet = [item.name for item in kinds.values() if item.quiet]
    runs, _ = JobRun.objects.filter(kind__in=quiet, state=DONE, ended_at__lt=old).delete()
    places, _ = DBTaskResult.objects.filter(finished_at__lt=old - timedelta(days=7)).delete()
    return {"runs": runs, "places": places}


daily("jobs.prune")
