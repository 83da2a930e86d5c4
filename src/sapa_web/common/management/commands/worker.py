"""The worker: does the jobs of the queue, begins those that come round, puts back those of a worker that was killed."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from sapa_web.common.domain import jobs
from sapa_web.common.health import worker_lives

log = logging.getLogger(__name__)


class Keeper(threading.Thread):
    """Beside the work: signs of life; at the start and every minute the reaper and the schedule."""

    def __init__(self, lease: timedelta, beat: float, round_every: float) -> None:
        super().__init__(daemon=True, name="keeper")
        self.lease, self.beat, self.round_every = lease, beat, round_every
        self.over = threading.Event()

    def run(self) -> None:
        passed = self.round_every
        while not self.over.wait(0 if passed == self.round_every else self.beat):
            try:
                close_old_connections()
                worker_lives()
                jobs.beat()
                if passed >= self.round_every:
                    passed = 0.0
                    jobs.reap(self.lease)
                    jobs.begin_due()
            except DatabaseError:
                log.exception("the keeper goes on after a failure of the database")
            passed += self.beat
        connections.close_all()


class Command(BaseCommand):
    """``sapa-web worker``."""

    help = "Do the jobs of the site: run one or more of these beside the web server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", action="store_true", help="Do what is in the queue and what is due, then end.")
        parser.add_argument("--interval", type=float, default=1.0, help="Seconds between looks into an empty queue.")
        parser.add_argument(
            "--lease",
            type=float,
            default=jobs.LEASE.total_seconds(),
            help="Seconds of silence after which a worker is taken for lost.",
        )
        parser.add_argument("--beat", type=float, default=jobs.BEAT, help="Seconds between signs of life.")

    def handle(self, *args: Any, **options: Any) -> None:
        lease = timedelta(seconds=options["lease"])
        worker = Worker(
            queue_names=["*"],
            interval=options["interval"],
            batch=options["batch"],
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        if options["batch"]:
            jobs.reap(lease)
            jobs.begin_due()
        keeper = Keeper(lease, options["beat"], 60.0)
        keeper.start()
        if threading.current_thread() is threading.main_thread():
            worker.configure_signals()
        try:
            worker.run()
        finally:
            keeper.over.set()
            keeper.join(timeout=5)
