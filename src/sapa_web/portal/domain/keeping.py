"""Kept tables: a page and a CSV file as a reader saw them, stored under an address that never changes.

The page stands alone: its style lies in it, it needs no script and nothing of the site. Its key follows from its bytes, so that
the same table kept twice is one.
"""

from __future__ import annotations

import re
from base64 import b32encode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion, Permalink

MOST_CELLS = 50_000
"""Places for figures of a table that is kept as one page; a larger one is taken away as a file."""
STYLE = (Path(__file__).parent / "kept.css").read_text()
PAGE, FILE = "index.html", "table.csv"


@dataclass(frozen=True)
class ToKeep:
    """What is kept: the page, the same figures as a file, and where they were seen."""

    data: DataVersion
    address: str
    title: str
    language: str
    page: bytes
    file: bytes


def keep(made: ToKeep) -> Permalink:
    """Store it; the same bytes have one address."""
    digest = sha256(made.page)
    key = b32encode(digest.digest())[:16].decode().lower()
    found = Permalink.objects.filter(key=key).first()
    if found is not None:
        return found
    folder = f"kept/{key[:2]}/{key}"
    store = published_store()
    store.write(f"{folder}/{FILE}", made.file)
    store.write(f"{folder}/{PAGE}", made.page)
    kept, _made = Permalink.objects.get_or_create(
        key=key,
        defaults={
            "data": made.data, "address": made.address[:2000], "title": made.title[:300], "language": made.language,
            "folder": folder, "digest": digest.hexdigest(), "made_at": now(),
        },
    )  # fmt: skip
    return kept


def stored_page(kept: Permalink) -> bytes:
    """The page as it was kept. Raises ``RefusedError`` where the store has lost it."""
    return published_store().read(f"{kept.folder}/{PAGE}")


def policy(page: bytes) -> str:
    """What the browser may do for a kept page: show it with its own style, nothing else."""
    found = re.search(rb"<style>(.*?)</style>", page, re.DOTALL)
    digest = b64encode(sha256(found[1] if found else b"").digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def refuse_large(cells: int) -> None:
    """A page of more cells would open nowhere."""
    if cells > MOST_CELLS:
        raise UserError(
            _("a table of %(n)s cells is too large for one page") % {"n": cells},
            todo=_("choose fewer codes or periods, or download it as a file: files hold tables of any size"),
        )
