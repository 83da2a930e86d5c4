"""Returns from other systems: rows, the manifest the head has signed, and the signature, in one act.

The rows take the road of every other return (working list, verification, signing); the state changes once, in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.archive.manifest import Manifest, moment
from sapa.archive.submissions import Submission as Signed
from sapa.datasets import canonical
from sapa.errors import UserError
from sapa_web.api.models import Token
from sapa_web.collection.domain import checking, explanations, signing, working
from sapa_web.collection.domain.checking import Checked
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.models import Draft, Obligation, Submission
from sapa_web.common.clock import now

Record = Mapping[str, Any]


class UnknownFields(UserError):
    """Records hold fields that the layout has not; nothing is dropped in silence."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            _("the layout has no field %(names)s") % {"names": ", ".join(names[:10])},
            todo=_("send the fields of the layout only; see the data set's schema"),
        )
        self.names = list(names)


class EmptyRecord(UserError):
    """A record holds nothing."""


class DraftInHand(UserError):
    """Somebody is working on this return in the page."""


class NotReady(UserError):
    """The rows have findings that stand in the way; ``checked`` has them."""

    def __init__(self, checked: Checked) -> None:
        super().__init__(_("the rows have findings that must be mended or explained"), todo=_("mend or explain what is found"))
        self.checked = checked


class OtherRows(UserError):
    """The manifest that was signed is about other rows."""


@dataclass(frozen=True)
class Reason:
    """Why a finding that asks for an explanation is right as it stands; ``row`` counts records from 1, 0 is the whole return."""

    rule: str
    row: int
    text: str


@dataclass(frozen=True)
class Return:
    """What a system hands in."""

    records: Sequence[Record]
    manifest: bytes
    signature: bytes
    checked: Checked | None = None
    """What :func:`verified` has found, before anything was locked; ``None`` where the manifest is here already."""
    reasons: Sequence[Reason] = field(default_factory=tuple)
    replace_draft: bool = False


def check(obligation: Obligation, records: Sequence[Record]) -> Checked:
    """What the engine finds in these rows; nothing is kept."""
    _known_fields(obligation, records)
    _no_empty(records)
    if len(records) > working.MOST_ROWS:
        raise UserError(
            _("%(count)d rows are more than the %(most)d a return may have") % {"count": len(records), "most": working.MOST_ROWS},
            todo=_("check the file"),
        )
    return checking.check_records(obligation.campaign, obligation.organisation.code, _as_text(records))


def manifest_for(obligation: Obligation, checked: Checked, head: str) -> tuple[bytes, bytes]:
    """The manifest to sign for checked rows, and their canonical bytes; raises :class:`NotReady` where rows are blocked."""
    if checked.counts.get("blocks"):
        raise NotReady(checked)
    campaign = obligation.campaign
    content = _canonical(obligation, checked)
    manifest = Manifest(
        dataset=campaign.dataset,
        period=campaign.period,
        unit=obligation.organisation.code,
        revision=obligation.revision + 1,
        rows=checked.reading.table.num_rows,
        digest=sha256(content).hexdigest(),
        pack=campaign.pack,
        pack_version=pack_named(campaign.pack).version,
        layout=campaign.layout,
        created=moment(now()),
        head=head,
    )
    return manifest.to_bytes(), content


def verified(obligation: Obligation, given: Return) -> Return:
    """The return with what the engine finds in its rows: the longest part of the work, done before anything is locked.

    A manifest that was handed in before is not verified again. Raises what :func:`submit` raises.
    """
    if _submitted(obligation, given.manifest) is not None:
        return given
    require_open(obligation.campaign)
    return replace(given, checked=check(obligation, given.records))


@transaction.atomic
def submit(token: Token, obligation: Obligation, given: Return) -> tuple[Submission, bool]:
    """Enter and sign a :func:`verified` return in one transaction; returns the submission and whether it is new.

    The same manifest handed in again gives the submission there is. Raises ``Closed``, :class:`UnknownFields`,
    :class:`DraftInHand`, :class:`NotReady`, :class:`OtherRows`, ``SignatureRefused``; then nothing is changed.
    """
    obligation = locked(obligation)
    signing.adopt_known(obligation)
    known = _submitted(obligation, given.manifest)
    if known is not None:
        return known, False
    require_open(obligation.campaign)
    checked = given.checked or check(obligation, given.records)
    manifest = Manifest.from_bytes(given.manifest)
    if not given.replace_draft:
        _nobody_else(token, obligation)
    draft = working.replace_all(token, obligation, given.records, channel="api")
    rows = working.filled(working.rows_of(obligation)[1])
    checking.keep(obligation, draft.version, rows, checked.findings)
    _explain(token, obligation, given.reasons, checked)
    if obligation.state != Obligation.READY:
        raise NotReady(checked)
    content = _canonical(obligation, checked)
    if sha256(content).hexdigest() != manifest.digest:
        raise OtherRows(
            _("the manifest is about other rows"), todo=_("prepare the manifest of these rows and let the head sign it")
        )
    signed = Signed(content, given.manifest, given.signature)
    return signing.store_signed(token, obligation, signed, channel="api"), True


@transaction.atomic
def sign_draft(token: Token, obligation: Obligation, signature: bytes) -> Submission:
    """Take in the signature over the manifest that was prepared from the working list."""
    return signing.accept(token, obligation, signature, channel="api")


@transaction.atomic
def put_draft(token: Token, obligation: Obligation, records: Sequence[Record], version: int | None) -> Draft:
    """Put rows in the place of the working list; ``version`` is the one the caller has seen. Raises :class:`DraftInHand`."""
    obligation = locked(obligation)
    require_open(obligation.campaign)
    _known_fields(obligation, records)
    _no_empty(records)
    held = Draft.objects.filter(obligation=obligation).first()
    if version is None:
        _nobody_else(token, obligation)
    elif version != (held.version if held else 0):
        raise DraftInHand(
            _("the working list was changed meanwhile"), todo=_("read the newest version, then send your rows with its number")
        )
    return working.replace_all(token, obligation, records, channel="api")


def locked(obligation: Obligation) -> Obligation:
    """The row itself, held to the end of the transaction."""
    rows = Obligation.objects.unscoped("the caller was scoped").select_for_update(of=("self",))
    found: Obligation = rows.select_related("campaign", "organisation").get(pk=obligation.pk)
    return found


def _submitted(obligation: Obligation, manifest: bytes) -> Submission | None:
    kept = Submission.objects.unscoped("the caller was scoped").filter(obligation=obligation)
    kept = kept.filter(digest=_digest(manifest)).select_related("obligation__campaign", "obligation__organisation")
    return next((item for item in kept if bytes(item.manifest) == manifest), None)


def _digest(manifest: bytes) -> str:
    return Manifest.from_bytes(manifest).digest


def _nobody_else(token: Token, obligation: Obligation) -> None:
    """Rows that a person has entered and not signed yet are not overwritten by a machine unasked."""
    if obligation.state in (Obligation.NOT_BEGUN, Obligation.SIGNED):
        return
    draft = Draft.objects.filter(obligation=obligation).first()
    if draft is not None and draft.version and draft.changed_by_id != token.pk:
        raise DraftInHand(
            _("somebody is working on this return in the page"),
            todo=_("agree who sends it; with replace_draft your rows take the place of theirs"),
        )


def _explain(token: Token, obligation: Obligation, reasons: Sequence[Reason], checked: Checked) -> None:
    """Explain what was found, row by row; a reason for something that was not found explains nothing."""
    lines = checked.findings.table.select(["severity", "rule", "row"]).to_pylist()
    asked = {(line["rule"], line["row"] or 0) for line in lines if line["severity"] == "explain"}
    ids = [row[working.ID] for row in working.filled(working.rows_of(obligation)[1])]
    told: dict[tuple[str, str], set[int]] = {}
    for reason in reasons:
        if (reason.rule, reason.row) in asked:
            told.setdefault((reason.rule, reason.text), set()).add(reason.row)
    for (rule, text), rows in told.items():
        named = None if 0 in rows else {ids[number - 1] for number in rows}
        explanations.explain(token, obligation, rule, text, rows=named)


def _known_fields(obligation: Obligation, records: Sequence[Record]) -> None:
    known = {item.id for item in working.fields_of(obligation)}
    unit = dataset_of(obligation.campaign.pack, obligation.campaign.dataset, obligation.campaign.period).unit
    strange = sorted({name for record in records for name in record} - known - {unit})
    if strange:
        raise UnknownFields(strange)
    other = {str(record[unit]) for record in records if record.get(unit) is not None} - {obligation.organisation.code}
    if other:
        raise UserError(
            _("rows of %(units)s do not belong into the return of %(unit)s")
            % {"units": ", ".join(sorted(other)[:5]), "unit": obligation.organisation.code},
            todo=_("send each institution's rows as its own return"),
        )


def _no_empty(records: Sequence[Record]) -> None:
    """An empty line is left out of a working list: it would shift the numbers by which findings name records."""
    empty = [number for number, record in enumerate(records, start=1) if all(value in (None, "") for value in record.values())]
    if empty:
        raise EmptyRecord(_("record %(number)d holds nothing") % {"number": empty[0]}, todo=_("leave empty records out"))


def _as_text(records: Sequence[Record]) -> list[dict[str, str]]:
    """Values as a person would type them: what the page checks and what a system sends are one and the same."""
    return [{name: _text(value) for name, value in record.items() if value not in (None, "")} for record in records]


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _canonical(obligation: Obligation, checked: Checked) -> bytes:
    campaign = obligation.campaign
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    return canonical(checked.reading.table, dataset, campaign.period)


def fresh(obligation: Obligation) -> Obligation:
    """The row as the database has it now."""
    rows = Obligation.objects.unscoped("the caller was scoped")
    found: Obligation = rows.select_related("campaign", "organisation").get(pk=obligation.pk)
    return found
