"""The job that fixes the data: archive and site compared, the engine's freeze, the facts computed, the report written.

It may be killed at any moment. The engine's freeze goes on from its own list; a freeze that stands already is recognised; the
facts are a function of the frozen rows. So however often it is begun, it ends with the same root.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from sapa.archive.freeze import WORK, FreezeOrder, FrozenSnapshot, begun_at, standing
from sapa.archive.freeze import freeze as freeze_archive
from sapa.archive.store import FolderStore, Store
from sapa.archive.submissions import latest_revisions
from sapa.chain.context import Run
from sapa.chain.run import KEEPER, Outcome, compute_run
from sapa.errors import EngineError, UserError
from sapa.signing.signer import Signer
from sapa_web.collection.domain.adopting import adopt, newer_than_known
from sapa_web.collection.domain.campaigns import CAMPAIGN
from sapa_web.collection.domain.deadlines import regime_for
from sapa_web.collection.domain.freezing import ACTOR, _dates, _facts, _held
from sapa_web.collection.domain.packs import pack_named
from sapa_web.collection.domain.people import with_capability
from sapa_web.collection.domain.states import FREEZE
from sapa_web.collection.domain.trust import demonstration_authority, trust_now
from sapa_web.collection.models import Campaign, Freeze, Obligation
from sapa_web.common.clock import now
from sapa_web.common.domain import jobs, ledger, notices
from sapa_web.common.files import archive
from sapa_web.orgs.roles import Capability

LISTED = 500
"""Units named in the report of each kind; the numbers are always complete."""

jobs.steps.update(
    {
        "compare": _("Archive and site are compared"),
        "freeze: signatures": _("Signatures are checked"),
        "freeze:": _("Rows are written"),
        "compute": _("Indicators are computed"),
    }
)


@jobs.kind("freeze.fix", _("Fixing of the data of %(period)s"), attempts=8)
def fix(job: jobs.Job) -> dict[str, Any]:
    """Fix the data of a freeze; raises ``UserError`` (and tells the managers) where something must be mended first."""
    freeze = Freeze.objects.get(pk=job.arguments["freeze"])
    if freeze.state != Freeze.FREEZING:
        return {"root": freeze.root}
    try:
        notes = compare(freeze, job)
        snapshot, at = _freeze(freeze, job)
        facts = _compute(freeze, at, job)
    except UserError as error:
        tell = {"period": freeze.period, "reason": str(error)}
        url = reverse("freeze:detail", args=[freeze.pk])
        notices.tell(with_capability(Capability.FREEZE), "freeze.failed", tell, url=url)
        raise
    done = _finish(freeze, snapshot, facts, notes)
    return {"root": done.root, "size": done.size, "facts": facts.facts}


def compare(freeze: Freeze, job: jobs.Job) -> list[str]:
    """What lies signed in the archive and is not known here becomes known; what is known and not there stops the freeze."""
    store = archive(freeze.pack, freeze.period)
    campaigns = list(_campaigns(freeze))
    if not campaigns:
        raise UserError(_t("nothing was asked for %s") % freeze.period, todo=_t("open its campaigns first"))
    notes: list[str] = []
    for number, campaign in enumerate(campaigns, start=1):
        if next(newer_than_known(campaign), None) is not None:
            found = adopt(ACTOR, campaign)
            notes += [f"not in the tree: {unit} ({campaign.dataset})" for unit in found.strangers or []]
            notes += [f"not adopted: {name}" for name in found.doubtful or []]
        _nothing_lost(campaign, store)
        job.progress("compare", number, len(campaigns))
    return notes


def _nothing_lost(campaign: Campaign, store: Store) -> None:
    there = latest_revisions(store, campaign.dataset, campaign.period)
    known = Obligation.objects.unscoped("the freeze is of everybody").filter(campaign=campaign, revision__gt=0)
    for unit, revision in known.values_list("organisation__code", "revision").iterator(chunk_size=5000):
        if there.get(unit, 0) < revision:
            raise UserError(
                _t("the archive lacks revision %(revision)s of %(dataset)s from %(unit)s, for which a receipt was given")
                % {"revision": revision, "dataset": campaign.dataset, "unit": unit},
                todo=_t("restore the archive from its backup, then begin again; nothing was fixed"),
            )


def _campaigns(freeze: Freeze) -> Any:
    return Campaign.objects.filter(pack=freeze.pack, period=freeze.period)


def _freeze(freeze: Freeze, job: jobs.Job) -> tuple[FrozenSnapshot, datetime]:
    store, pack = archive(freeze.pack, freeze.period), pack_named(freeze.pack)
    regime = regime_for(freeze.pack, freeze.regime)
    at = begun_at(store) or now()
    order = FreezeOrder(
        period=freeze.period,
        datasets=tuple(sorted(_campaigns(freeze).values_list("dataset", flat=True))),
        as_of=freeze.as_of,
        at=at,
        regime=regime.pack.id,
        borrowed=regime.notice,
    )
    made = standing(store, pack, order) or freeze_archive(
        store, pack, order, keeper(at), trust_now(at), processes=settings.SAPA_PROCESSES, progress=job.progress
    )
    return made, at


def keeper(at: datetime) -> Signer:
    """Who signs the root: the keeper the site names, on a demonstration site the demonstration's."""
    if settings.SAPA_KEEPER:
        return Signer.from_pkcs12(Path(settings.SAPA_KEEPER).read_bytes(), settings.SAPA_KEEPER_PASSWORD)
    if not settings.SAPA_DEMO:
        raise UserError(
            _t("this site has no keeper of its archive"), todo=_t("name his PKCS#12 file in SAPA_KEEPER and begin again")
        )
    return demonstration_authority().person(*KEEPER, now=at)


class _Clock:
    """The steps of the engine's chain, with their seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - begun


def _compute(freeze: Freeze, at: datetime, job: jobs.Job) -> Outcome:
    """Compute and store the facts of the frozen state in the archive's folder ``facts``."""
    job.progress("compute", 0, 1)
    store = archive(freeze.pack, freeze.period)
    run = Run(pack_named(freeze.pack), freeze.period, store, at, freeze.as_of, processes=settings.SAPA_PROCESSES)
    outcome = Outcome()
    compute_run(run, _Clock(), outcome, earlier=_earlier(freeze))
    job.progress("compute", 1, 1)
    return outcome


def _earlier(freeze: Freeze) -> list[Path]:
    """Official facts of the pack's earlier periods, for growth and cohort rates."""
    out = []
    before = Freeze.objects.filter(pack=freeze.pack, period__lt=freeze.period).exclude(root="")
    for period in before.values_list("period", flat=True):
        store = archive(freeze.pack, period)
        if isinstance(store, FolderStore) and (store.folder / "facts").is_dir():
            out.append(store.folder / "facts")
    return out


@transaction.atomic
def _finish(freeze: Freeze, snapshot: FrozenSnapshot, facts: Outcome, notes: list[str]) -> Freeze:
    held = _held(freeze)
    held.state, held.frozen_at = FREEZE.to("freeze", held.state), now()
    held.root, held.size = snapshot.root, snapshot.size
    held.report = {**report_of(held), "rows": snapshot.rows, "facts": facts.facts, "notes": [*notes, *facts.notes]}
    held.save()
    for state in CAMPAIGN.table["freeze"][0]:
        _campaigns(held).filter(state=state).update(state=CAMPAIGN.to("freeze", state))
    tell = {**_facts(held), "size": held.size, "root": held.root}
    notices.tell(with_capability(Capability.FREEZE), "freeze.frozen", tell, url=reverse("freeze:detail", args=[held.pk]))
    ledger.append(ACTOR, "freeze.frozen", obj=held, data={"root": held.root, "size": held.size, **_dates(held)})
    return held


def report_of(freeze: Freeze) -> dict[str, Any]:
    """Who is missing, who was late, whose rows were refused or returned, by data set; the first of each by name."""
    mine = Obligation.objects.unscoped("the freeze is of everybody").filter(campaign__in=_campaigns(freeze))
    kinds = {
        "missing": Q(revision=0) & ~Q(state=Obligation.FINDINGS),
        "refused": Q(revision=0, state=Obligation.FINDINGS),
        "late": Q(revision__gt=0, late_days__gt=0),
        "returned": Q(revision__gt=0, state=Obligation.RETURNED),
        "unsigned": Q(revision__gt=0, state__in=[Obligation.DRAFT, Obligation.FINDINGS, Obligation.READY]),
    }
    counts = {name: Count("pk", filter=condition) for name, condition in kinds.items()}
    rows = mine.values("campaign__dataset").annotate(owed=Count("pk"), received=Count("pk", filter=Q(revision__gt=0)), **counts)
    listed = {}
    for name, condition in kinds.items():
        found = mine.filter(condition).order_by("organisation__name", "campaign__dataset")
        fields = ("organisation__code", "organisation__name", "campaign__dataset", "late_days")
        listed[name] = [
            dict(zip(("code", "name", "dataset", "late_days"), row, strict=True)) for row in found.values_list(*fields)[:LISTED]
        ]
    datasets = [{"dataset": row.pop("campaign__dataset"), **row} for row in rows.order_by("campaign__dataset")]
    return {"datasets": datasets, "listed": listed}


@transaction.atomic
def abandon(actor: Any, freeze: Freeze) -> Freeze:
    """Give up a freeze that can't end (a signature that no longer holds): its unfinished work is removed, nothing else."""
    held = _held(freeze)
    if held.job is not None and held.job.state != jobs.FAILED:
        raise UserError(_t("the job has not failed"), todo=_t("wait until it ends"))
    held.state = FREEZE.to("abandon", held.state)
    held.save(update_fields=["state"])
    store = archive(held.pack, held.period)
    if store.exists(f"{WORK}/plan.json"):
        store.remove(f"{WORK}/plan.json")
    elif any(True for _name in store.names(WORK)):
        raise EngineError("the freeze was about to end", todo="begin it again: it will go on from there")
    ledger.append(actor, "freeze.abandoned", obj=held, data=_dates(held))
    return held
