"""A whole country's returns in one file: read, verified, put into the tree, signed, taken in, as one job.

This is how earlier years and other systems' data come in. Every row goes the engine's way (``sapa collect``): what is refused
is listed, what is accepted becomes one submission a unit. Where units sign with software of their own, their packages come by
API instead.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext_lazy as _

from sapa.chain.collect import Collected, layout_id, read_and_verify, sign_and_store
from sapa.chain.context import Run
from sapa.datasets.report import verified, write_findings_xlsx
from sapa.errors import UserError
from sapa_web.collection.domain.adopting import adopt
from sapa_web.collection.domain.deadlines import regime_for
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.collection.models import Campaign, Freeze
from sapa_web.common.clock import now, today
from sapa_web.common.crypto import pseudonym_key
from sapa_web.common.domain import jobs, ledger
from sapa_web.common.files import archive
from sapa_web.common.models import JobRun
from sapa_web.orgs.domain.following import follow
from sapa_web.orgs.models import Organisation

KIND = "bulk.import"
jobs.steps.update({"read": _("The file is read and verified"), "tree": _("The tree of institutions is brought up"),
                   "sign": _("Returns are signed and taken in"), "adopt": _("What came is entered")})  # fmt: skip


def ask(
    user: Any, name: str, content: bytes, *, pack: str, dataset: str, period: str, as_of: date, under: Organisation,
    complete: bool,
) -> JobRun:  # fmt: skip
    """Keep the file and ask for the job. Raises ``UserError`` where this period holds other returns of the data set already."""
    demonstration_authority()  # a real site takes signed packages only: it says so before anything is uploaded
    dataset_of(pack, dataset, period)
    if Campaign.objects.filter(pack=pack, dataset=dataset, period=period).exclude(state=Campaign.CLOSED).exists():
        raise UserError(f"{dataset} is being collected for {period}", todo="import a period that is not being collected")
    digest = sha256(content).hexdigest()
    path = _folder() / f"{digest}{Path(name).suffix.lower()}"
    path.write_bytes(content)
    arguments = {
        "file": path.name, "name": Path(name).name[:200], "pack": pack, "dataset": dataset, "period": period,
        "as_of": as_of.isoformat(), "under": under.code, "complete": complete,
    }  # fmt: skip
    with transaction.atomic():
        ledger.append(user, "import.asked", unit=under.code, data=arguments)
        return jobs.enqueue(KIND, arguments, by=user)


def _folder() -> Path:
    folder = Path(settings.SAPA_HOME) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def findings_path(job: JobRun) -> Path:
    """The workbook with what was found in the file."""
    return _folder() / f"{job.pk}-findings.xlsx"


@jobs.kind(KIND, _("Import of %(name)s (%(dataset)s, %(period)s)"), attempts=3)
def bulk_import(job: jobs.Job) -> dict[str, Any]:
    """Repeatable: rows already taken in are recognised, the tree is compared again."""
    given = job.arguments
    pack, period = pack_named(given["pack"]), given["period"]
    dataset = dataset_of(given["pack"], given["dataset"], period)
    as_of = date.fromisoformat(given["as_of"])
    store = archive(pack.id, period)
    run = Run(
        pack, period, store, now(), as_of, regime_for(pack.id), processes=settings.SAPA_PROCESSES,
        report=lambda step, done, of: job.progress("sign" if step.startswith("sign") else "read", done, of),
    )  # fmt: skip
    found = read_and_verify(run, dataset, [_folder() / given["file"]], pseudonym_key=pseudonym_key())
    if found.findings is not None:
        write_findings_xlsx(findings_path(job.run), [verified(found.readings[0], found.findings)])
    under: Organisation = Organisation.objects.unscoped("named by whoever asked for the import").get(code=given["under"])
    rows = found.accepted if found.accepted is not None else pa.table({})
    moved = follow(
        job.run.asked_by, pack, dataset, period, rows, under, as_of, basis=given["name"], complete=given["complete"],
        progress=job.progress,
    )  # fmt: skip
    sign_and_store(run, found)
    job.progress("adopt", 0, 1)
    adopted = adopt(job.run.asked_by, _campaign(found, pack.id, period))
    counts = found.findings.counts() if found.findings is not None else {}
    return {
        "rows_read": found.rows_read, "rows_accepted": found.rows_accepted, "rows_refused": found.rows_refused,
        "submissions": adopted.submissions + adopted.known, "tree": asdict(moved),
        "findings": {severity: sum(rules.values()) for severity, rules in counts.items()},
    }  # fmt: skip


def _campaign(found: Collected, pack: str, period: str) -> Campaign:
    """The campaign the returns belong to: closed, since nobody is asked any more."""
    dataset = found.dataset
    made, _made = Campaign.objects.get_or_create(
        pack=pack, dataset=dataset.id, period=period,
        defaults={
            "pack_version": pack_named(pack).version, "regime": regime_for(pack).pack.id, "layout": layout_id(dataset, period),
            "register": dataset.register_, "opens_on": today(), "due_on": today(), "state": Campaign.CLOSED, "created_at": now(),
        },
    )  # fmt: skip
    return made


@transaction.atomic
def fix(user: Any, pack: str, period: str, as_of: date) -> Freeze:
    """Fix imported returns at once: nobody can change them, so nothing is suspended and nobody needs a notice."""
    if Campaign.objects.filter(pack=pack, period=period).exclude(state=Campaign.CLOSED).exists():
        raise UserError(f"{period} is still being collected", todo="plan the year's freeze instead")
    held, made = Freeze.objects.get_or_create(
        pack=pack, period=period,
        defaults={
            "regime": regime_for(pack).pack.id, "as_of": as_of, "announce_by": as_of, "suspend_from": as_of, "resume_on": as_of,
            "state": Freeze.FREEZING, "planned_by": user, "suspended_at": datetime.combine(as_of, time(), get_default_timezone()),
        },
    )  # fmt: skip
    if not made and held.root:
        raise UserError(f"the data of {period} are fixed already", todo="look at them under Freezes")
    ledger.append(user, "freeze.begun", obj=held, data={"imported": True, "as_of": as_of.isoformat()})
    held.job = jobs.once("freeze.fix", {"freeze": held.pk, "period": period}, by=user)
    held.save(update_fields=["job"])
    return held
