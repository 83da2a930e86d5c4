"""A document as one web page that needs nothing beside itself: no script, no font, no picture from elsewhere.

Headings stand in order, tables have captions and headed rows and columns, charts are inline drawings with a title and a
description; what the PDF says stands here in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from sapa.publication.files import write_whole

_IDS = re.compile(r"""(\bid="|url\(#|href="#)""")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_webpage(content: Mapping[str, Any], charts: Path, out: Path) -> Path:
    """Write the document as HTML to ``out``; ``charts`` is the folder of its drawings."""
    return write_whole(out, page(content, charts))


def page(content: Mapping[str, Any], charts: Path) -> str:
    """The whole page. The same content and drawings give the same text."""
    d, s = content, content["s"]
    style = (resources.files("sapa.publication") / "webpage.css").read_text("utf-8")
    body = [_opening(d), _contents(d), '<main id="main">', _how_to_read(d)]
    body += [_chapter(chapter, s, charts) for chapter in d["chapters"]]
    body += [
        _methods(d),
        _quality(d),
        _verification(d),
        "</main>",
        f"<footer><p>{_t(d['source'])}<br>{_t(d['as_of'])} · {_t(d['root'])}</p></footer>",
    ]
    head = [
        "<!doctype html>",
        f'<html lang="{d["lang"]}">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_t(d['title'])}, {_t(d['period'])}</title>",
        f'<meta name="author" content="{_t(d["issuer"])}">',
        f"<style>\n{style}</style>",
        "</head>",
        "<body>",
        f'<a class="skip" href="#main">{_t(s["skip"])}</a>',
    ]
    return "\n".join([*head, *body, "</body>", "</html>"]) + "\n"


def _t(text: object) -> str:
    """Text that can stand anywhere in the page."""
    return escape(_CONTROL.sub("", str(text)))


def _opening(d: Mapping[str, Any]) -> str:
    lines = [f'<p class="issuer">{_t(d["issuer"])}</p>', f"<h1>{_t(d['title'])}, {_t(d['period'])}</h1>"]
    lines += [f'<p class="subtitle">{_t(d["subtitle"])}</p>'] if d["subtitle"] else []
    lines += [f"<p>{_t(d['s']['provisional_document'])}</p>"] if d["provisional"] else []
    lines += [f'<p class="notice">{_t(text)}</p>' for text in (d["borrowed"], *d["notices"], d["untranslated"]) if text]
    imprint = [d["owner"], d["as_of"], d["published"], d["due"], d["root"]]
    lines.append(f'<p class="imprint">{"<br>".join(_t(text) for text in imprint if text)}</p>')
    return "<header>\n" + "\n".join(lines) + "\n</header>"


def _contents(d: Mapping[str, Any]) -> str:
    s = d["s"]
    named = [("how", s["how_to_read"])]
    named += [(f"chapter-{c['number']}", f"{c['number']}. {c['title']}") for c in d["chapters"]]
    named += [("methods", s["methods"]), ("quality", s["quality"]), ("verification", s["verification"])]
    links = "\n".join(f'<li><a href="#{name}">{_t(title)}</a></li>' for name, title in named)
    return f'<nav aria-labelledby="contents">\n<h2 id="contents">{_t(s["contents"])}</h2>\n<ul>\n{links}\n</ul>\n</nav>'


def _how_to_read(d: Mapping[str, Any]) -> str:
    s = d["s"]
    signs = "".join(f"<div><dt>{_t(sign)}</dt><dd>{_t(meaning)}</dd></div>" for sign, meaning in d["symbols"])
    note = f"<p>{_t(d['period_note'])}</p>" if d["period_note"] else ""
    return (
        f'<section>\n<h2 id="how">{_t(s["how_to_read"])}</h2>\n<p>{_t(s["how_text"])}</p>\n'
        f"<h3>{_t(s['how_period'])}</h3>\n{note}<p>{_t(s['how_as_of'])}</p>\n"
        f'<h3>{_t(s["symbols"])}</h3>\n<dl class="symbols">{signs}</dl>\n</section>'
    )


def _chapter(chapter: Mapping[str, Any], s: Mapping[str, str], charts: Path) -> str:
    lines = [f'<section>\n<h2 id="chapter-{chapter["number"]}">{chapter["number"]}. {_t(chapter["title"])}</h2>']
    if chapter["approved"]:
        lines.append(f"<h3>{_t(s['approved_title'])}</h3>")
        lines += [f"<p>{_t(part)}</p>" for part in chapter["approved"]]
    if chapter["reading"]:
        items = "\n".join(f"<li><strong>{_t(r['title'])}</strong>: {_t(r['text'])}</li>" for r in chapter["reading"])
        small = " ".join(text for text in (chapter["certainty"], s["reading_generated"]) if text)
        lines.append(
            f'<div class="generated">\n<h3>{_t(s["reading_title"])}</h3>\n<p class="mark">{_t(s["generated_mark"])}</p>\n'
            f'<ul>\n{items}\n</ul>\n<p class="small">{_t(small)}</p>\n</div>'
        )
    if not chapter["items"]:
        lines.append(f"<p>{_t(s['no_figures'])}</p>")
    lines += [_figure(item, s, charts) if item["kind"] == "chart" else _table(item, s) for item in chapter["items"]]
    return "\n".join([*lines, "</section>"])


def _table(item: Mapping[str, Any], s: Mapping[str, str]) -> str:
    name = f"table-{item['number'].replace('.', '-')}" + (f"-{item['part']}" if item["part"] else "")
    label = ", ".join(part for part in (item["label"], item["more"]) if part)
    subtitle = f"<br><small>{_t(item['subtitle'])}</small>" if item["subtitle"] else ""
    caption = f"<caption><span>{_t(label)}</span><br>{_t(item['title'])}{subtitle}</caption>"
    notes = "".join(f"<p>{_t(note)}</p>" for note in item["notes"])
    notes = f'<div class="notes">{notes}</div>' if notes else ""
    if item["empty"]:
        return f"<p><strong>{_t(label)}. {_t(item['title'])}</strong><br>{_t(s['no_table'])}</p>"
    rows = "\n".join(_row(row) for row in item["rows"])
    # A region that scrolls can be reached with the keyboard, and says what it is.
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{_t(label)}" id="{name}">\n<table>\n{caption}\n'
        f"<thead>\n{_heads(item)}\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>{notes}"
    )


def _heads(item: Mapping[str, Any]) -> str:
    columns = "".join(
        f'<th scope="col">{_t(name)}{f"<br><small>{_t(unit)}</small>" if unit else ""}</th>' for name, unit in item["columns"]
    )
    if not item["groups"]:
        return f'<tr><th scope="col">{_t(item["heading"])}</th>{columns}</tr>'
    groups = "".join(
        f'<th scope="colgroup" colspan="{span}">{_t(name)}</th>' if name else f'<td colspan="{span}"></td>'
        for name, span in item["groups"]
    )
    return f'<tr><th scope="col" rowspan="2">{_t(item["heading"])}</th>{groups}</tr>\n<tr>{columns}</tr>'


def _row(row: Mapping[str, Any]) -> str:
    cells = "".join(f"<td>{_t(cell)}</td>" for cell in row["cells"])
    total = ' class="total"' if row["total"] else ""
    return f'<tr{total}><th scope="row">{_t(row["title"])}</th>{cells}</tr>'


def _figure(item: Mapping[str, Any], s: Mapping[str, str], charts: Path) -> str:
    name = f"chart-{item['number'].replace('.', '-')}"
    if item["empty"]:
        return f"<p><strong>{_t(item['label'])}. {_t(item['title'])}</strong><br>{_t(s['no_chart'])}</p>"
    drawn = inline((charts / Path(item["file"]).name).read_text("utf-8"), name, item["title"], item["alt"])
    return (
        f'<figure id="{name}">\n{drawn}\n<figcaption><span>{_t(item["label"])}</span> {_t(item["title"])}</figcaption>\n</figure>'
    )


def inline(svg: str, name: str, title: str, description: str) -> str:
    """A drawing to stand in a page among others: its ids are its own, and it says what it shows."""
    start = svg.index("<svg")
    end = svg.index(">", start)
    opening = re.sub(r'\s(role|aria-[a-z]+|id)="[^"]*"', "", svg[start:end])
    rest = _IDS.sub(lambda found: f"{found[1]}{name}-", svg[end + 1 :])
    # The drawing's parts are told by its description: read one by one they would be a hail of numbers.
    rest = re.sub(r'\s(role|aria-[a-z]+)="[^"]*"', "", rest)
    told = f'<title id="{name}-title">{_t(title)}</title><desc id="{name}-desc">{_t(description)}</desc>'
    return f'{opening} role="img" aria-labelledby="{name}-title {name}-desc">{told}{rest}'.strip()


def _methods(d: Mapping[str, Any]) -> str:
    s = d["s"]
    lines = [f'<section>\n<h2 id="methods">{_t(s["methods"])}</h2>\n<p>{_t(s["methods_text"])}</p>']
    for theme in d["methods"]:
        lines.append(f"<h3>{_t(theme['title'])}</h3>")
        for item in theme["indicators"]:
            pairs = [(s["m_formula"], f"<code>{_t(item['formula'])}</code>")]
            pairs += [(s["m_where"], f"<code>{_t(item['where'])}</code>")] if item["where"] else []
            pairs += [(s["m_note"], _t(item["note"]))] if item["note"] else []
            pairs += [(s["m_clause"], f"{_t(place)}: {_t(words)}") for place, words in item["clauses"]]
            about = " · ".join(_t(part) for part in item["about"])
            lines.append(
                f'<h4>{_t(item["title"])} <code>{_t(item["id"])}</code></h4>\n<p class="small">{about}</p>{_pairs(pairs)}'
            )
    return "\n".join([*lines, "</section>"])


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<div><dt>{_t(name)}</dt><dd>{value}</dd></div>" for name, value in pairs) + "</dl>"


def _plain(caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{_t(text)}</th>' for text in heads)
    lines = []
    for title, *cells in rows:
        lines.append(f'<tr><th scope="row">{_t(title)}</th>' + "".join(f"<td>{_t(cell)}</td>" for cell in cells) + "</tr>")
    body = "\n".join(lines)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{_t(caption)}">\n<table>\n<caption>{_t(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def _quality(d: Mapping[str, Any]) -> str:
    s, quality = d["s"], d["quality"]
    lines = [f'<section>\n<h2 id="quality">{_t(s["quality"])}</h2>\n<p>{_t(s["quality_text"])}</p>']
    for name, rows in ((s["q_rows"], quality["rows"]), (s["q_returns"], quality["returns"])):
        lines += [_plain(name, (name, s["q_number"], s["q_share"]), rows)] if rows else []
    lines.append(f"<h3>{_t(s['q_findings'])}</h3>")
    lines += [f"<p>{_t(s['q_none'])}</p>"] if not quality["findings"] else []
    for group in quality["findings"]:
        lines.append(_plain(f"{group['title']}: {group['count']}", (s["q_found"], s["q_rule"], s["q_count"]), group["rules"]))
    for title, units in ((s["q_late"], quality["late"]), (s["q_missing"], quality["missing"])):
        lines += [f"<h3>{_t(title)}</h3>\n<p>{_t('; '.join(units))}</p>"] if units else []
    return "\n".join([*lines, "</section>"])


def _verification(d: Mapping[str, Any]) -> str:
    s, v = d["s"], d["verification"]
    facts = [(s["v_root"], f"<code>{_t(' '.join(v['root']))}</code>"), *((name, _t(value)) for name, value in v["facts"])]
    commands = "\n".join(f"<pre><code>{_t(line)}</code></pre>" for line in v["commands"])
    packs = _plain(s["v_packs"], (s["v_pack"], s["v_version"], s["v_digest"]), v["packs"]) if v["packs"] else ""
    return (
        f'<section>\n<h2 id="verification">{_t(s["verification"])}</h2>\n<p>{_t(s["v_text"])}</p>\n{_pairs(facts)}\n'
        f"<h3>{_t(s['v_how'])}</h3>\n<p>{_t(s['v_how_text'])}</p>\n{commands}\n{packs}\n"
        f'<p class="small">{_t(v["licence"])}</p>\n</section>'
    )
