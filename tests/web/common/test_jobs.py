"""Jobs: asked for in a transaction, tried again with pauses, put back when a worker is gone, begun by the schedule once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from sapa.errors import UserError
from sapa_web.common.domain import jobs
from sapa_web.common.models import JobRun, Schedule

QUEUE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def _queue(settings: Any) -> None:
    settings.TASKS = QUEUE


@pytest.fixture(autouse=True)
def _own_kinds() -> Iterator[None]:
    kinds, periodics = dict(jobs.kinds), list(jobs.periodics)
    jobs.periodics.clear()
    yield
    jobs.kinds.clear()
    jobs.kinds.update(kinds)
    jobs.periodics[:] = periodics


def work_off() -> None:
    """One worker does what is in the queue and ends."""
    call_command("worker", batch=True, interval=0, verbosity=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_queue")
def test_a_job_is_asked_for_only_if_the_transaction_holds() -> None:
    done: list[dict[str, Any]] = []
    jobs.kind("t.note", "Note of %(what)s")(lambda job: done.append(job.arguments))
    with transaction.atomic():
        jobs.enqueue("t.note", {"what": "lost"})
        transaction.set_rollback(True)
    assert not JobRun.objects.exists()
    assert not DBTaskResult.objects.exists()
    run = jobs.enqueue("t.note", {"what": "kept"})
    work_off()
    run.refresh_from_db()
    assert done == [{"what": "kept"}]
    assert (run.state, run.attempts, jobs.title_of(run)) == ("done", 1, "Note of kept")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_queue")
def test_a_failing_job_is_tried_again_after_growing_pauses_and_then_given_up() -> None:
    def fails(job: jobs.Job) -> None:
        raise OSError("disk full")

    jobs.kind("t.fails", "Fails", attempts=3)(fails)
    run = jobs.enqueue("t.fails")
    pauses = []
    for _ in range(3):
        work_off()
        run.refresh_from_db()
        place = DBTaskResult.objects.get(pk=run.task)
        if run.state == "waiting":
            pauses.append(round((place.run_after - timezone.now()).total_seconds() / jobs.PAUSE))
            DBTaskResult.objects.filter(pk=run.task).update(run_after=timezone.now())
    assert pauses == [1, 2]
    assert (run.state, run.attempts, run.error) == ("failed", 3, "OSError: disk full")


@pytest.mark.django_db
def test_what_the_user_can_mend_is_not_tried_again() -> None:
    def refuses(job: jobs.Job) -> None:
        raise UserError("no keeper", todo="name one")

    jobs.kind("t.refuses", "Refuses")(refuses)
    run = jobs.enqueue("t.refuses")
    assert (run.state, run.attempts, run.error) == ("failed", 1, "no keeper → name one")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_queue")
def test_a_silent_worker_loses_its_job_and_can_no_longer_write() -> None:
    lost: list[bool] = []
    attempts: list[int] = []

    def slow(job: jobs.Job) -> None:
        attempts.append(job.attempt)
        if job.attempt == 1:  # the machine sleeps; meanwhile the reaper comes by and another worker does the job
            JobRun.objects.update(beat_at=timezone.now() - timedelta(minutes=5))
            assert jobs.reap() == 1
            jobs.run_job.func(job.run.pk, 2)
            try:
                job.progress("late", 1, 1)
            except jobs.Lost:
                lost.append(True)
                raise

    jobs.kind("t.slow", "Slow")(slow)
    run = jobs.enqueue("t.slow")
    jobs.run_job.func(run.pk, 1)
    run.refresh_from_db()
    assert (attempts, lost) == ([1, 2], [True])
    assert (run.state, run.attempts, run.step) == ("done", 2, "")


@pytest.mark.django_db
@pytest.mark.usefixtures("_queue")
def test_a_job_whose_worker_died_before_it_began_is_put_back() -> None:
    jobs.kind("t.note", "Note")(lambda job: None)
    run = jobs.enqueue("t.note")
    assert jobs.reap() == 0
    DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now() - timedelta(hours=1))
    assert jobs.reap() == 1
    run.refresh_from_db()
    assert DBTaskResult.objects.get(pk=run.task).status == "READY"
    assert DBTaskResult.objects.filter(status="RUNNING").count() == 0


@pytest.mark.django_db
def test_the_schedule_begins_each_turn_once() -> None:
    count: list[int] = []
    jobs.kind("t.daily", "Daily")(lambda job: count.append(1))
    jobs.kind("t.idle", "Idle")(lambda job: count.append(100))
    jobs.daily("t.daily")
    jobs.each_minute("t.idle", lambda: False)
    assert jobs.begin_due() == ["t.daily"]
    assert jobs.begin_due() == []
    assert sum(count) == 1
    assert Schedule.objects.get(name="t.daily").slot == "2024-09-16"


WORKER = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "sapa_web.config.settings"
import django
django.setup()
from django.core.management import call_command
from sapa_web.common.domain import jobs

@jobs.kind("t.long", "Long")
def long(job):
    job.progress("begun", job.attempt, 9)
    if job.attempt == 1:
        time.sleep(60)

if sys.argv[1] == "ask":
    call_command("migrate", verbosity=0)
    jobs.enqueue("t.long")
else:
    call_command("worker", batch=sys.argv[1] == "batch", lease=1.0, beat=0.2, interval=0.1)
"""


@pytest.mark.slow
def test_a_killed_workers_job_is_finished_by_the_next(tmp_path: Path) -> None:
    env = {**os.environ, "SAPA_HOME": str(tmp_path), "SAPA_DEMO": "1", "PYTHONPATH": "src"}
    start = [sys.executable, "-c", WORKER]
    subprocess.run([*start, "ask"], env=env, check=True, timeout=120)

    def held() -> tuple[str, int, int]:
        with sqlite3.connect(tmp_path / "site.sqlite3") as base:
            row: tuple[str, int, int] = base.execute(
                "SELECT state, attempts, done FROM common_jobrun WHERE kind = 't.long'"
            ).fetchone()
            return row

    with subprocess.Popen([*start, "stay"], env=env) as first:
        limit = time.monotonic() + 60
        while held() != ("running", 1, 1) and time.monotonic() < limit:
            time.sleep(0.1)
        assert held() == ("running", 1, 1)
        os.kill(first.pid, signal.SIGKILL)
    time.sleep(1.2)
    subprocess.run([*start, "batch"], env=env, check=True, timeout=60)
    assert held() == ("done", 2, 2)
