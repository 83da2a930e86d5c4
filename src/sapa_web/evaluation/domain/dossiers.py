"""A sealed folder for a commission, and the result as a required document of an application.

What goes in is asked of the pack's policies part by part; what they hold back is listed in the manifest with the policy that says
so. The seal is the hash of the folder: it stands in the ledger, and every file's hash in the manifest.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from sapa.errors import RefusedError, UserError
from sapa.packs.loader import Pack
from sapa.packs.policies import About, Use
from sapa.publication.assessment import write
from sapa_web.common.clock import now, today
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain.acts import needed, open_for_work, told
from sapa_web.evaluation.domain.content import Chosen, inside_content, public_content
from sapa_web.evaluation.domain.files import content_of, keep
from sapa_web.evaluation.domain.policy import HeldBack, held_back, require_use
from sapa_web.evaluation.models import Assessment, Dossier, Evidence, Meeting, Published, RequiredDocument
from sapa_web.evaluation.words import quality_packs
from sapa_web.orgs.domain.versions import person

PURPOSES: dict[str, tuple[Any, str, Use | None]] = {
    "licensing": (_l("Licensing commission"), "licensing-body", None),
    "accreditation": (_l("Accreditation commission"), "accreditation-body", None),
    "attestation": (_l("Attestation of the institution"), "attestation-body", None),
    "staff-attestation": (_l("Attestation of staff"), "attestation-body", "rating-of-staff"),
    "inspection": (_l("Inspection"), "inspection-body", "sanctions"),
}
"""Purpose → words, code of the body that receives it, the use it would be (asked of the policies)."""


def allowed_purposes(pack: Pack) -> list[str]:
    """Purposes that no policy forbids."""
    out = []
    for name, (_words, _body, use) in PURPOSES.items():
        try:
            if use is not None:
                require_use(pack, "results", use)
        except RefusedError:
            continue
        out.append(name)
    return out


@transaction.atomic
def seal(actor: Any, assessment: Assessment, purpose: str, receiver: str) -> Dossier:
    """Make the folder. Raises ``RefusedError`` where the purpose is forbidden, or nothing may leave."""
    held = open_for_work(assessment, Assessment.DISCUSSED, Assessment.DECIDED, Assessment.PUBLISHED)
    if purpose not in PURPOSES:
        raise UserError(_("unknown purpose"), todo=_("choose one of the list"))
    pack, (_words, body, use) = pack_named(held.pack), PURPOSES[purpose]
    if use is not None:
        require_use(pack, "results", use)
    files, back = _gathered(held, pack, body)
    if not files:
        raise RefusedError(
            _("nothing of this self-assessment may leave the institution yet"),
            todo=_("publish the results; the commission may read the rest in the institution"),
        )
    about = {
        "dossier": "sapa-dossier/1", "institution": {"code": held.organisation.code, "name": held.organisation.name},
        "period": held.period, "purpose": purpose, "receiver": receiver.strip(), "made": today().isoformat(),
        "pack": {"id": pack.id, "version": held.pack_version},
        "held_back": [{"about": item.about, "policy": item.policy, "clause": list(item.clause)} for item in back],
    }  # fmt: skip
    data = _zipped(about, files)
    name = f"dossier-{held.organisation.code}-{held.period}-{today().isoformat()}.zip"
    made: Dossier = Dossier.objects.create(
        assessment=held, purpose=purpose, made_at=now(), made_by=person(actor), held_back=about["held_back"],
        receiver=needed(receiver, _("a dossier has a receiver"), _("name the commission"))[:200],
        file=keep(actor, held.organisation_id, name, "application/zip", data),
    )  # fmt: skip
    told(actor, "dossier_sealed", made, digest=made.file.digest)
    return made


def _gathered(held: Assessment, pack: Pack, body: str) -> tuple[dict[str, bytes], list[HeldBack]]:
    shown = Published.objects.filter(source=str(held.pk), withdrawn_at=None).order_by("-version").first()
    out: dict[str, bytes] = {}
    back: list[HeldBack] = []
    for about, files in _parts(held, shown, pack, body):
        found = held_back(pack, about, published=shown is not None and about == "results", receiver=body)
        if found is None:
            out |= files
        else:
            back.append(found)
    return out, back


def _parts(held: Assessment, shown: Published | None, pack: Pack, body: str) -> Iterator[tuple[About, dict[str, bytes]]]:
    """Each kind of material with its files. Results: as published, or by duty whole."""
    by_duty = held_back(pack, "results", receiver=body) is None
    evidence_too = held_back(pack, "evidence", receiver=body) is None
    content = shown.content if shown and not by_duty else None
    if content is None and by_duty:
        content = inside_content(held) if evidence_too else public_content(held, Chosen(minutes=True, names=True))
    results = {} if content is None else {"results/report.pdf": write(content, "pdf"), "results/report.json": _json(content)}
    yield "results", results
    yield "evidence", _evidence(held) if evidence_too else {}
    yield "notes", {}


def _evidence(held: Assessment) -> dict[str, bytes]:
    rows = Evidence.objects.unscoped("found in reach").filter(assessment=held, withdrawn_at=None).select_related("file")
    out: dict[str, bytes] = {}
    listed = []
    for item in rows:
        name = f"evidence/{item.pk}-{item.file.name}" if item.file else ""
        if item.file:
            out[name] = content_of(item.file)
        listed.append({
            "requirement": item.requirement, "method": item.method, "title": item.title, "found": item.found,
            "level": item.level, "day": item.day.isoformat(), "file": name,
        })  # fmt: skip
    meetings = Meeting.objects.unscoped("found in reach").filter(assessment=held).exclude(file=None).select_related("file")
    out |= {f"minutes/{item.pk}-{item.file.name}": content_of(item.file) for item in meetings if item.file}
    return {"evidence/list.json": _json(listed), **out}


def _zipped(about: dict[str, Any], files: dict[str, bytes]) -> bytes:
    """The folder: the manifest names every file with its size and hash; ``SHA256SUMS`` is for ``sha256sum -c``."""
    sums = {name: sha256(data).hexdigest() for name, data in sorted(files.items())}
    about["files"] = [{"name": name, "size": len(files[name]), "sha256": digest} for name, digest in sums.items()]
    manifest = _json(about)
    sums["manifest.json"] = sha256(manifest).hexdigest()
    listed = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, data in [("manifest.json", manifest), ("SHA256SUMS", listed), *sorted(files.items())]:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o444 << 16  # read-only
            folder.writestr(info, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def required_by(pack_id: str) -> list[tuple[str, str]]:
    """Applications of the pack (and of those it rests on) that must carry the result: ``(application, clause)``."""
    pack = pack_named(pack_id)
    return [(name, item.clause[0]) for item in pack.products for name in item.required_for if pack_id in quality_packs()]


@transaction.atomic
def file_for(actor: Any, assessment: Assessment, application: str) -> RequiredDocument:
    """Freeze the result as the document that an application must carry; the file is named by its hash."""
    held = open_for_work(assessment, Assessment.DECIDED, Assessment.PUBLISHED)
    clause = dict(required_by(held.pack)).get(application)
    if clause is None:
        raise UserError(_("no application requires this document here"), todo=_("give the published report where it is wanted"))
    data = write(public_content(held, Chosen(minutes=True, names=True)), "pdf")
    name = f"{sha256(data).hexdigest()}.pdf"
    kept = keep(actor, held.organisation_id, name, "application/pdf", data)
    made: RequiredDocument = RequiredDocument.objects.create(
        assessment=held, application=application, clause=clause, file=kept, made_at=now(), made_by=person(actor)
    )
    told(actor, "required_document", made, digest=kept.digest)
    return made
