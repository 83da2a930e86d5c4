"""Documents that stay in the institution: encrypted, once each, by their hash."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from sapa.errors import RefusedError, UserError
from sapa_web.common.clock import now
from sapa_web.common.crypto import lock, unlock
from sapa_web.evaluation.models import File
from sapa_web.orgs.domain.versions import person

LARGEST = 20 * 1024 * 1024
"""Bytes of one document."""


def keep(actor: Any, organisation: int, name: str, kind: str, content: bytes) -> File:
    """Keep a document; the same bytes are kept once. Raises ``UserError`` where it is empty or too large."""
    if not content:
        raise UserError(_("the file is empty"), todo=_("choose another file"))
    if len(content) > LARGEST:
        raise UserError(_("the file is too large"), todo=_("a document has 20 MB at most"))
    values = {
        "name": name[:200], "kind": kind[:100], "size": len(content), "content": lock(content), "added_at": now(),
        "added_by": person(actor),
    }  # fmt: skip
    everything = File.objects.unscoped("the institution's own folder")
    found: File
    found, _made = everything.get_or_create(organisation_id=organisation, digest=sha256(content).hexdigest(), defaults=values)
    return found


def content_of(file: File) -> bytes:
    """The bytes, held against their hash; raises ``RefusedError`` where they are not what was kept."""
    content = unlock(file.content)
    if sha256(content).hexdigest() != file.digest:
        raise RefusedError("a kept document is not the one that was put in", todo="restore it from the backup")
    return content
