"""The report of a self-assessment as PDF, Word file and web page: three layouts of one content.

``content`` is what the institution chose to tell, as JSON values; nothing is looked up here. Its keys: ``lang``, ``institution``,
``period``, ``date`` (year, month, day), ``inside``, ``published`` (words, or empty), ``facts`` (pairs), ``levels`` (``title``,
``note``), ``directions`` (``title``, ``level``, ``place``, ``group``, ``requirements``), ``summary``, ``decision``, ``purpose``,
``strengths``, ``difficulties``, ``plan``, ``meetings``, ``components``. A requirement: ``title``, ``level``, ``place``,
``change``, ``reason``, ``disagreement``, ``strengths``, ``difficulties``, ``sources``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib import resources
from typing import Any

import yaml
from docx.shared import Pt, RGBColor

from sapa.errors import UserError
from sapa.publication.language import LANGUAGES
from sapa.publication.typeset import pdf_of
from sapa.publication.word import ACCENT, MEDIA, SOFT, begun, clean, written

_STYLES: dict[str, tuple[float, str | None]] = {
    "Normal": (10, None), "Title": (24, ACCENT), "Heading 1": (16, ACCENT), "Heading 2": (12, ACCENT), "Heading 3": (10.5, None),
}  # fmt: skip
KINDS = {
    "pdf": "application/pdf",
    "docx": MEDIA,
    "html": "text/html; charset=utf-8",
}
"""The formats, with their media types."""
Content = Mapping[str, Any]


@cache
def _file() -> dict[str, dict[str, str]]:
    text = (resources.files("sapa.publication") / "assessment_words.yaml").read_text("utf-8")
    words: dict[str, dict[str, str]] = yaml.safe_load(text)
    return words


def words(lang: str) -> dict[str, str]:
    """The fixed words of the report; raises ``UserError`` where documents do not speak the language."""
    if lang not in LANGUAGES:
        raise UserError(f"documents are not available in '{lang}'", todo=f"use one of: {', '.join(LANGUAGES)}")
    return {key: texts[lang] for key, texts in _file().items()}


def write(content: Content, kind: str) -> bytes:
    """The report in one of ``KINDS``. The same content gives the same bytes."""
    if kind not in KINDS:
        raise UserError(f"there is no report as '{kind}'", todo=f"use one of: {', '.join(KINDS)}")
    return {"pdf": _pdf, "docx": _docx, "html": _html}[kind](content)


def _pdf(content: Content) -> bytes:
    return pdf_of("assessment.typ", {**content, "s": words(content["lang"])}, content["date"])


# Word


def _docx(content: Content) -> bytes:
    d, s = content, words(content["lang"])
    title = f"{s['report']}, {d['period']}"
    book = begun(title=title, author=d["institution"], lang=d["lang"], day=d["date"], styles=_STYLES)
    book.sections[0].header.paragraphs[0].text = clean(f"{d['institution']}. {title}")
    book.add_heading(s["report"], 0)
    _say(book, f"{d['institution']}, {d['period']}", bold=True)
    for text in (s["inside"] if d["inside"] else d["published"], s["purpose"] if d["purpose"] else ""):
        if text:
            _say(book, text, soft=True)
    if d["summary"]:
        book.add_heading(s["summary"], 1)
        _paragraphs(book, d["summary"])
    book.add_heading(s["about"], 1)
    _grid(book, (), d["facts"])
    book.add_heading(s["overview"], 1)
    for direction in d["directions"]:
        book.add_heading(clean(direction["title"]), 2)
        lines = [(item["title"], item["level"] or s["not_rated"], item["change"]) for item in direction["requirements"]]
        lines.append((s["whole_direction"], direction["level"] or s["not_rated"], ""))
        _grid(book, (s["requirement"], s["level"], s["change"]), lines)
    for name in ("strengths", "difficulties"):
        if d[name]:
            book.add_heading(s[name], 1)
            for text in d[name]:
                book.add_paragraph(clean(text), style="List Bullet")
    for direction in d["directions"]:
        book.add_heading(clean(direction["title"]), 1)
        for item in direction["requirements"]:
            _requirement(book, item, s)
    _closing(book, d, s)
    return written(book, d["date"])


def _say(book: Any, text: str, *, bold: bool = False, soft: bool = False) -> None:
    run = book.add_paragraph().add_run(clean(text))
    run.bold = bold or None
    if soft:
        run.font.size, run.font.color.rgb = Pt(9), RGBColor.from_string(SOFT)


def _paragraphs(book: Any, text: str) -> None:
    for part in text.split("\n"):
        if part.strip():
            book.add_paragraph(clean(part.strip()))


def _grid(book: Any, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    lines = [list(row) for row in rows]
    heading = list(heads)
    table = book.add_table(rows=0, cols=len(heading or (lines[0] if lines else [""])))
    table.style = "Light Grid Accent 1" if heading else "Light List"
    for line in ([heading] if heading else []) + lines:
        for cell, text in zip(table.add_row().cells, line, strict=True):
            cell.text = clean(text)
    book.add_paragraph()


def _requirement(book: Any, item: Content, s: Mapping[str, str]) -> None:
    book.add_heading(clean(f"{item['title']} — {item['level'] or s['not_rated']}"), 2)
    for name in ("reason", "disagreement", "strengths", "difficulties"):
        if item[name]:
            book.add_heading(s[name], 3)
            _paragraphs(book, item[name])
    if item["sources"]:
        _grid(book, (s["methods"], s["level"]), [(_source(line), line["level"] or "–") for line in item["sources"]])


def _source(line: Content) -> str:
    return ". ".join(part for part in (f"{line['method']}: {line['title']}", line["figure"], line["found"]) if part)


def _closing(book: Any, d: Content, s: Mapping[str, str]) -> None:
    if d["plan"]:
        book.add_heading(s["plan"], 1)
        names = ("what", "owner", "due", "expected", "check")
        _grid(book, [s[name] for name in names], [[line[name] for name in names] for line in d["plan"]])
    if d["meetings"] or d["decision"]:
        book.add_heading(s["meetings"], 1)
    for line in d["meetings"]:
        book.add_heading(clean(line["title"]), 2)
        for name in ("heard", "said", "decided"):
            if line[name]:
                book.add_heading(s[name], 3)
                _paragraphs(book, line[name])
        _say(book, line["people"], soft=True)
    if d["decision"]:
        book.add_heading(s["decision"], 2)
        _paragraphs(book, d["decision"])
    if d["components"]:
        book.add_heading(s["components"], 1)
        rows = [(line["title"], line["measures"], line["works"]) for line in d["components"]]
        _grid(book, (s["components"], s["measures"], s["works"]), rows)


# Web page


def _html(content: Content) -> bytes:
    d, s = content, words(content["lang"])
    style = (resources.files("sapa.publication") / "webpage.css").read_text("utf-8")
    parts = [
        f'<header><p class="issuer">{_t(d["institution"])}</p><h1>{_t(s["report"])}, {_t(d["period"])}</h1>'
        f'<p class="imprint">{_t(s["inside"] if d["inside"] else d["published"])}</p></header><main id="main">'
    ]
    if d["summary"]:
        parts.append(f"<section><h2>{_t(s['summary'])}</h2>{_lines(d['summary'])}</section>")
    facts = "".join(f"<div><dt>{_t(name)}</dt><dd>{_t(value)}</dd></div>" for name, value in d["facts"])
    parts.append(f"<section><h2>{_t(s['about'])}</h2><dl>{facts}</dl></section><section><h2>{_t(s['overview'])}</h2>")
    for direction in d["directions"]:
        rows = [(item["title"], item["level"] or s["not_rated"], item["change"]) for item in direction["requirements"]]
        rows.append((s["whole_direction"], direction["level"] or s["not_rated"], ""))
        parts.append(_table(direction["title"], (s["requirement"], s["level"], s["change"]), rows))
    parts.append("</section>")
    for name in ("strengths", "difficulties"):
        if d[name]:
            lines = "".join(f"<li>{_t(text)}</li>" for text in d[name])
            parts.append(f"<section><h2>{_t(s[name])}</h2><ul>{lines}</ul></section>")
    for direction in d["directions"]:
        told = "".join(_told(item, s) for item in direction["requirements"])
        if told:
            parts.append(f"<section><h2>{_t(direction['title'])}</h2>{told}</section>")
    parts += _html_closing(d, s)
    parts.append(f"</main><footer><p>{_t(s['purpose'] if d['purpose'] else '')}</p></footer>")
    head = (
        f'<!doctype html>\n<html lang="{d["lang"]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_t(s['report'])}, {_t(d['period'])}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
    )
    return (head + "\n".join(parts) + "\n</body>\n</html>\n").encode()


def _told(item: Content, s: Mapping[str, str]) -> str:
    named = [(name, item[name]) for name in ("reason", "disagreement", "strengths", "difficulties") if item[name]]
    sources = "".join(
        f"<li>{_t(_source(line))}{' — ' if line['level'] else ''}{_t(line['level'])}</li>" for line in item["sources"]
    )
    if not named and not sources:
        return ""
    body = "".join(f"<h4>{_t(s[name])}</h4>{_lines(text)}" for name, text in named)
    listed = f"<h4>{_t(s['methods'])}</h4><ul>{sources}</ul>" if sources else ""
    return f"<h3>{_t(item['title'])}: {_t(item['level'] or s['not_rated'])}</h3>{body}{listed}"


def _html_closing(d: Content, s: Mapping[str, str]) -> list[str]:
    out = []
    if d["plan"]:
        names = ("what", "owner", "due", "expected", "check")
        rows = [[line[name] for name in names] for line in d["plan"]]
        out.append(f"<section><h2>{_t(s['plan'])}</h2>{_table(s['plan'], [s[name] for name in names], rows)}</section>")
    if d["meetings"] or d["decision"]:
        told = "".join(
            f"<h3>{_t(line['title'])}</h3>"
            + "".join(f"<h4>{_t(s[name])}</h4>{_lines(line[name])}" for name in ("heard", "said", "decided") if line[name])
            + f'<p class="small">{_t(line["people"])}</p>'
            for line in d["meetings"]
        )
        decision = f"<h3>{_t(s['decision'])}</h3>{_lines(d['decision'])}" if d["decision"] else ""
        out.append(f"<section><h2>{_t(s['meetings'])}</h2>{told}{decision}</section>")
    if d["components"]:
        rows = [[line["title"], line["measures"], line["works"]] for line in d["components"]]
        heads = (s["components"], s["measures"], s["works"])
        out.append(f"<section><h2>{_t(s['components'])}</h2>{_table(s['components'], heads, rows)}</section>")
    return out


def _t(text: object) -> str:
    return escape(str(text))


def _lines(text: str) -> str:
    return "".join(f"<p>{_t(part.strip())}</p>" for part in text.split("\n") if part.strip())


def _table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{_t(text)}</th>' for text in heads)
    body = ""
    for title, *cells in rows:
        body += f'<tr><th scope="row">{_t(title)}</th>' + "".join(f"<td>{_t(cell)}</td>" for cell in cells) + "</tr>"
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{_t(caption)}"><table><caption>{_t(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


__all__ = ["KINDS", "words", "write"]
