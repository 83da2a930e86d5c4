"""Verification of a working list by the engine: the same rules, in the page, in an upload, by API."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.db.models import F

from sapa.archive.manifest import Manifest
from sapa.chain.places import once
from sapa.datasets import Findings, Reading, parse_canonical, read_records, verify
from sapa.datasets.findings import sort_findings
from sapa.datasets.layout import ROW
from sapa.errors import EngineError
from sapa.packs.models_data import Dataset
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.domain.states import OBLIGATION
from sapa_web.collection.domain.working import Row, filled
from sapa_web.collection.models import Campaign, Draft, Explanation, Obligation, Submission
from sapa_web.common.crypto import pseudonym_key, seal, unseal
from sapa_web.common.files import archive


@dataclass(frozen=True)
class Checked:
    """Rows of one unit, read and verified: ``reading.table`` has one row for each record."""

    dataset: Dataset
    reading: Reading
    findings: Findings

    @property
    def counts(self) -> dict[str, int]:
        """Findings by severity."""
        return {severity: sum(rules.values()) for severity, rules in self.findings.counts().items()}


def check_records(campaign: Campaign, unit: str, records: Sequence[Mapping[str, Any]]) -> Checked:
    """Read and verify records of one unit."""
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    pack = pack_named(campaign.pack)
    reading = typed(campaign, unit, records)
    found = verify(
        reading.table, dataset, pack, campaign.period, previous=previous_rows(campaign, unit), others=other_rows(campaign, unit)
    )
    found = once(found, [reading], reading.table[ROW])
    table = sort_findings(pa.concat_tables([reading.findings.table, found.table]))
    return Checked(dataset, reading, replace(found, table=table))


def typed(campaign: Campaign, unit: str, records: Sequence[Mapping[str, Any]]) -> Reading:
    """Records of one unit as the layout types them, without running the rules; the unit is put in, so that nobody types it."""
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    given = [{**{name: value for name, value in record.items() if name[:1] != "_"}, dataset.unit: unit} for record in records]
    return read_records(given, dataset, campaign.period, pack=pack_named(campaign.pack), pseudonym_key=pseudonym_key())


def check_draft(obligation: Obligation) -> Checked:
    """Verify the working list and keep what was found; the return is ready where nothing blocks and all is explained.

    The rules run outside of any lock; what they found is kept only if the list is still the one that was verified.
    """
    draft = Draft.objects.get(obligation=obligation)
    rows = filled(unseal(draft.content)) if draft.version else []
    checked = check_records(obligation.campaign, obligation.organisation.code, rows)
    keep(obligation, draft.version, rows, checked.findings)
    return checked


@transaction.atomic
def keep(obligation: Obligation, version: int, rows: Sequence[Row], findings: Findings) -> bool:
    """Write what a verification of ``version`` found; ``False`` where the list has moved on since."""
    draft = Draft.objects.select_for_update().get(obligation=obligation)
    if draft.version != version:
        return False
    fresh = Obligation.objects.unscoped("the caller was scoped").select_for_update().get(pk=obligation.pk)
    draft.findings = seal(_frozen(findings))
    draft.checked_version = version
    draft.save(update_fields=["findings", "checked_version"])
    counts = {severity: sum(rules.values()) for severity, rules in findings.counts().items()}
    if fresh.state in OBLIGATION.table["find"][0]:
        fresh.rows = len(rows)
        fresh.blocks, fresh.notes = counts.get("blocks", 0), counts.get("note", 0)
        fresh.explains = counts.get("explain", 0) - len(explained(fresh, findings, rows))
        if fresh.blocks or fresh.explains:
            fresh.state = OBLIGATION.to("find", fresh.state)
        elif rows:
            fresh.state = OBLIGATION.to("pass", fresh.state)
        fresh.save(update_fields=["rows", "blocks", "explains", "notes", "state"])
    for name in ("rows", "blocks", "explains", "notes", "state"):
        setattr(obligation, name, getattr(fresh, name))
    return True


def kept_findings(obligation: Obligation) -> Findings | None:
    """What the last verification found; ``None`` where nothing was verified."""
    draft = Draft.objects.filter(obligation=obligation).first()
    if draft is None or draft.findings is None or not draft.version:
        return None
    campaign = obligation.campaign
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    with pa.ipc.open_stream(b64decode(unseal(draft.findings))) as reader:
        return Findings(reader.read_all(), dataset)


def row_key(dataset: Dataset, period: str, row: Mapping[str, Any], place: int) -> str:
    """What names a row in an explanation: its key as typed, or its place where it has none; hashed, for keys name persons."""
    names = [name for name in dataset.key(period) if name != dataset.unit]
    text = "\x1f".join(str(row.get(name, "")) for name in names)
    return mark(text) if text.strip("\x1f") else f"#{place}"


def mark(text: str) -> str:
    """A keyed hash: tells whether two texts are equal and nothing else."""
    return hmac.new(pseudonym_key(), b"explanation\x1f" + text.encode(), sha256).hexdigest()[:40] if text else ""


def explained(obligation: Obligation, findings: Findings, rows: Sequence[Row]) -> dict[int, Explanation]:
    """Explanations that stand, at the value they were given for, by the finding's place in ``findings.table``."""
    kept = {(item.rule, item.key, item.field): item for item in Explanation.objects.filter(obligation=obligation)}
    if not kept:
        return {}
    out: dict[int, Explanation] = {}
    period = obligation.campaign.period
    for place, line in enumerate(findings.table.select(["severity", "rule", "row", "field", "value"]).to_pylist()):
        if line["severity"] != "explain":
            continue
        number = line["row"]
        key = row_key(findings.dataset, period, rows[number - 1], number) if number and number <= len(rows) else ""
        found = kept.get((line["rule"], key, line["field"] or ""))
        if found is not None and found.value == mark(line["value"] or ""):
            out[place] = found
    return out


def signed_rows(submission: Submission) -> pa.Table:
    """The rows of a signed submission, from the archive; they never change, so the last ones are kept."""
    campaign = submission.obligation.campaign
    return _signed_rows(settings.SAPA_ARCHIVE_URL, campaign.pack, campaign.dataset, campaign.period, _name(submission))


@lru_cache(maxsize=32)
def _signed_rows(archives: str, pack: str, dataset: str, period: str, name: str) -> pa.Table:
    content = archive(pack, period).read(name + ".csv")
    return parse_canonical(content, dataset_of(pack, dataset, period), period)


def newest(campaign_filter: Mapping[str, Any], unit: str) -> Submission | None:
    """The newest signed submission of a unit."""
    wanted = {f"obligation__campaign__{name}": value for name, value in campaign_filter.items()}
    found = Submission.objects.unscoped("verification compares with what the unit itself has signed")
    found = found.filter(obligation__organisation__code=unit, **wanted)
    made: Submission | None = (
        found.select_related("obligation__campaign", "obligation__organisation")
        .order_by("-obligation__campaign__period", "-revision")
        .first()
    )
    return made


def previous_rows(campaign: Campaign, unit: str) -> pa.Table | None:
    """What the unit signed for the newest earlier period; ``None`` where it signed nothing."""
    found = newest({"pack": campaign.pack, "dataset": campaign.dataset, "period__lt": campaign.period}, unit)
    return signed_rows(found) if found else None


def other_rows(campaign: Campaign, unit: str) -> dict[str, pa.Table]:
    """What the unit signed for the other data sets of the period, for rules across data sets: the newest revision of each."""
    found = Submission.objects.unscoped("verification compares with what the unit itself has signed").filter(
        obligation__organisation__code=unit,
        obligation__campaign__pack=campaign.pack,
        obligation__campaign__period=campaign.period,
        revision=F("obligation__revision"),
    )
    found = found.exclude(obligation__campaign=campaign).select_related("obligation__campaign", "obligation__organisation")
    return {item.obligation.campaign.dataset: signed_rows(item) for item in found}


def _name(submission: Submission) -> str:
    return Manifest.from_bytes(bytes(submission.manifest)).name


def _frozen(findings: Findings) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, findings.table.schema) as writer:
        writer.write_table(findings.table)
    buffer = sink.getvalue()
    if buffer.size > 256 * 1024 * 1024:
        raise EngineError("the findings of one return are larger than 256 MiB", todo="report it")
    return b64encode(buffer.to_pybytes()).decode()
