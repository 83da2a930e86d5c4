"""What the public pages share: which version is read, and that nothing else is."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from pyarrow import fs

from sapa.publication.exchange.package import media_type
from sapa_web.common.clock import now
from sapa_web.portal.domain.queries.reading import Edition, edition
from sapa_web.portal.files import published_store

__all__ = ["attachment", "edition_or_404", "indicator_or_404", "number_of", "require_safe", "stored", "too_many"]


def edition_or_404(pack: str) -> Edition:
    """The newest public version of a pack's figures; 404 where nothing of it is public."""
    found = edition(now(), pack)
    if found is None:
        raise Http404
    return found


def indicator_or_404(found: Edition, indicator: str) -> Any:
    """The indicator as it holds in the newest period, if it has public figures; else 404."""
    if indicator not in set(found.figures.indicators):
        raise Http404
    return found.labels.indicator(indicator)


def attachment(content: bytes | str, kind: str, name: str, rows: int | None = None) -> HttpResponse:
    """A file to keep; ``rows`` says how many figures it holds."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    if rows is not None:
        response["X-Row-Count"] = str(rows)
    return response


def stored(where: str, name: str, rows: int | None = None) -> FileResponse:
    """A file of the published store, without reading it whole; 404 where it is not there."""
    filesystem, path = published_store().filesystem(where)
    info: Any = filesystem.get_file_info(path)
    if info.type != fs.FileType.File:
        raise Http404
    response = FileResponse(filesystem.open_input_file(path), as_attachment=True, filename=name, content_type=media_type(name))
    response["Content-Length"] = str(info.size)
    if rows is not None:
        response["X-Row-Count"] = str(rows)
    return response


def too_many(request: HttpRequest, what: str, most: int, seconds: int = 3600) -> bool:
    """Whether somebody at this address has done something more than ``most`` times; counted in the site's cache."""
    who = sha256(get_adapter().get_client_ip(request).encode()).hexdigest()[:32]
    key = f"portal:{what}:{who}"
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key)) > most
    except ValueError:  # it has just run out
        return False


def number_of(request: HttpRequest, name: str, least: int = 1) -> int:
    """A number of the address; the least where there is none."""
    text = request.GET.get(name, "")
    return max(least, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else least
