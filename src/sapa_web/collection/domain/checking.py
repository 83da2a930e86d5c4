"""Verification of a working list by the engine: the same rules, in the page, in an upload, by API."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from django.db import transaction

from sapa.datasets import Findings, Reading, parse_canonical, read_records, verify
from sapa.datasets.findings import sort_findings
from sapa.errors import EngineError
from sapa.packs.models_data import Dataset
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.domain.states import OBLIGATION
from sapa_web.collection.domain.working import ID, Row
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
    """Read and verify records of one unit; the unit is put in, so that nobody types it."""
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    pack = pack_named(campaign.pack)
    given = [{**{name: value for name, value in record.items() if name != ID}, dataset.unit: unit} for record in records]
    reading = read_records(given, dataset, campaign.period, pack=pack, pseudonym_key=pseudonym_key())
    found = verify(
        reading.table, dataset, pack, campaign.period, previous=previous_rows(campaign, unit), others=other_rows(campaign, unit)
    )
    table = sort_findings(pa.concat_tables([reading.findings.table, found.table]))
    return Checked(dataset, reading, replace(found, table=table))


@transaction.atomic
def check_draft(obligation: Obligation) -> Checked:
    """Verify the working list and keep what was found; the return is ready where nothing blocks and all is explained."""
    draft = Draft.objects.select_for_update().get(obligation=obligation)
    rows: list[Row] = unseal(draft.content) if draft.version else []
    checked = check_records(obligation.campaign, obligation.organisation.code, rows)
    draft.findings = seal(_frozen(checked.findings))
    draft.checked_version = draft.version
    draft.save(update_fields=["findings", "checked_version"])
    counts = checked.counts
    obligation.rows = len(rows)
    obligation.blocks, obligation.notes = counts.get("blocks", 0), counts.get("note", 0)
    obligation.explains = counts.get("explain", 0) - len(explained(obligation, checked, rows))
    verb = "find" if obligation.blocks or obligation.explains else "pass"
    if obligation.state in OBLIGATION.table[verb][0]:
        obligation.state = OBLIGATION.to(verb, obligation.state)
    obligation.save(update_fields=["rows", "blocks", "explains", "notes", "state"])
    return checked


def kept_findings(obligation: Obligation) -> Findings | None:
    """What the last verification found; ``None`` where nothing was verified."""
    draft = Draft.objects.filter(obligation=obligation).first()
    if draft is None or draft.findings is None:
        return None
    campaign = obligation.campaign
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    with pa.ipc.open_stream(b64decode(unseal(draft.findings))) as reader:
        return Findings(reader.read_all(), dataset)


def row_key(dataset: Dataset, period: str, row: Mapping[str, Any], place: int) -> str:
    """What names a row in an explanation: its key as typed, or its place where it has none."""
    names = [name for name in dataset.key(period) if name != dataset.unit]
    text = "\x1f".join(str(row.get(name, "")) for name in names)
    return text[:300] if text.strip("\x1f") else f"#{place}"


def explained(obligation: Obligation, checked: Checked, rows: Sequence[Row]) -> set[int]:
    """Places (in ``checked.findings.table``) of findings whose explanation stands, at the value it was given for."""
    kept = {(item.rule, item.key, item.field): item.value for item in Explanation.objects.filter(obligation=obligation)}
    if not kept:
        return set()
    out: set[int] = set()
    period = obligation.campaign.period
    for place, line in enumerate(checked.findings.table.select(["severity", "rule", "row", "field", "value"]).to_pylist()):
        if line["severity"] != "explain":
            continue
        number = line["row"]
        key = row_key(checked.dataset, period, rows[number - 1], number) if number else ""
        if kept.get((line["rule"], key, line["field"] or "")) == (line["value"] or ""):
            out.add(place)
    return out


def signed_rows(submission: Submission) -> pa.Table:
    """The rows of a signed submission, from the archive."""
    campaign = submission.obligation.campaign
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    content = archive(campaign.pack, campaign.period).read(_name(submission) + ".csv")
    return parse_canonical(content, dataset, campaign.period)


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
    """What the unit signed for the other data sets of the period, for rules across data sets."""
    out: dict[str, pa.Table] = {}
    siblings = Campaign.objects.filter(pack=campaign.pack, period=campaign.period).exclude(pk=campaign.pk)
    for sibling in siblings:
        found = newest({"pk": sibling.pk}, unit)
        if found is not None:
            out[sibling.dataset] = signed_rows(found)
    return out


def _name(submission: Submission) -> str:
    from sapa.archive.manifest import Manifest

    return Manifest.from_bytes(bytes(submission.manifest)).name


def _frozen(findings: Findings) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, findings.table.schema) as writer:
        writer.write_table(findings.table)
    buffer = sink.getvalue()
    if buffer.size > 256 * 1024 * 1024:
        raise EngineError("the findings of one return are larger than 256 MiB", todo="report it")
    return b64encode(buffer.to_pybytes()).decode()
