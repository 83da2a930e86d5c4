"""A paper as a file."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string

from sapa.publication.papers import Paper, paper_docx, paper_pdf
from sapa.publication.word import MEDIA

KINDS = {
    "pdf": "application/pdf",
    "docx": MEDIA,
    "html": "text/html; charset=utf-8",
}


def content_of(paper: Paper, kind: str) -> bytes:
    """The bytes of a paper in a form; an unknown form is 404."""
    if kind == "pdf":
        return paper_pdf(paper)
    if kind == "docx":
        return paper_docx(paper)
    if kind == "html":
        return render_to_string("monitoring/paper_file.html", {"paper": paper}).encode()
    raise Http404


def drawn(_request: HttpRequest, paper: Paper, kind: str, name: str) -> HttpResponse:
    """A paper to keep."""
    response = HttpResponse(content_of(paper, kind), content_type=KINDS.get(kind, ""))
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
