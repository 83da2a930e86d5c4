"""Any element, clause, code list or part of one as readable text, with the words of the clause it comes from."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from sapa.calendar.model import text_in
from sapa.errors import UserError
from sapa.packs.checks import TEXT_FIELDS
from sapa.packs.citations import Citation, citations, names, place
from sapa.packs.coverage import coverage
from sapa.packs.loader import KINDS, Pack, Placed
from sapa.packs.models_law import CodeList

_HEAD = ("id", "path", "title", "text", "clause", "overrides")


@dataclass(frozen=True)
class Shown:
    """Something to look at: a name, where it stands, its lines, the clauses it cites, and the same as data."""

    name: str
    where: str
    title: str
    lines: tuple[str, ...]
    clauses: tuple[tuple[str, str], ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    others: tuple[Shown, ...] = ()

    def as_text(self) -> str:
        """Readable text; several things of one name stand one under another."""
        out = [f"{self.name}  {self.title}".rstrip(), f"  at {self.where}", *(f"  {line}" for line in self.lines)]
        out += [f"  clause {name}: {text}" for name, text in self.clauses]
        return "\n".join([*out, *(f"\n{other.as_text()}" for other in self.others)])

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        own = {
            "name": self.name,
            "where": self.where,
            "title": self.title,
            "clauses": [{"clause": name, "text": text} for name, text in self.clauses],
            **self.data,
        }
        return {**own, "others": [other.as_json() for other in self.others]} if self.others else own


def show(pack: Pack, name: str = "", *, lang: str = "en") -> Shown:
    """The pack itself (no name), a clause (``p9``, ``pack:p9``), an element by id or ``kind:id``, or a part of one.

    Where several things in reach have the name, the pack's own stands first and the rest in ``others``.
    Raises ``UserError`` with names that are near.
    """
    if not name:
        return _pack(pack, lang)
    found = _clause(pack, name, lang) + [_cited(pack, citation, lang) for citation in _named(pack, name)]
    if not found:
        near = difflib.get_close_matches(name, _known(pack), 6)
        todo = f"did you mean {', '.join(near)}?" if near else f"see `sapa packs show {pack.id}` for what it holds"
        raise UserError(f"pack {pack.id} has nothing named '{name}'", todo=todo)
    first, *others = found
    return Shown(first.name, first.where, first.title, first.lines, first.clauses, first.data, tuple(others))


def list_elements(pack: Pack, kind: str = "", *, lang: str = "en") -> list[tuple[str, str, str, str]]:
    """Rows (name, title, clauses, place) of the pack's own elements and their parts; ``kind`` keeps one kind."""
    rows = []
    for citation in citations(pack):
        if not kind or citation.name.startswith(f"{kind}:"):
            title = text_in(getattr(_element(citation), "title", None) or getattr(_element(citation), "cause", {}), lang)
            rows.append((citation.name, title, ", ".join(citation.clauses), citation.where))
    return rows


def _named(pack: Pack, name: str) -> list[Citation]:
    prefix, _, rest = name.partition(":")
    reach = {part.id: part for part in pack.packs()}
    if rest and prefix in reach:
        return _named(reach[prefix], rest)
    known = names(pack)
    if name in known:
        return known[name]
    wanted = [f"{kind}:{name}" for kind in (*KINDS.values(), "field", "rule", "dimension", "chapter", "table", "chart")]
    return [citation for key in wanted for citation in known.get(key, ())]


def _known(pack: Pack) -> list[str]:
    clauses = [name.removeprefix(f"{pack.id}:") for name in pack.clauses]
    return [*clauses, *(key for key in names(pack)), *(key.split(":", 1)[1] for key in names(pack))]


def _pack(pack: Pack, lang: str) -> Shown:
    meta, document = pack.meta, pack.meta.document
    counts: dict[str, int] = {}
    for item in pack.placed:
        counts[item.section] = counts.get(item.section, 0) + 1
    lines = [
        f"version {meta.version}, {meta.kind}, country {meta.country or 'none'}, languages {', '.join(meta.languages)}",
        f"document: {text_in(document.title, lang)}",
        f"issued by {text_in(document.issuer, lang)}, number {document.number or 'none'}, {document.date or 'undated'}",
        f"imports: {', '.join(other.id for other in pack.imports) or 'none'}; digest {pack.digest}",
        *(f"{section}: {number}" for section, number in counts.items()),
    ]
    data = {"version": meta.version, "digest": pack.digest, "document": document.model_dump(), "sections": counts}
    return Shown(pack.id, f"{pack.id}/pack.yaml", text_in(meta.title, lang), tuple(lines), data=data)


def _clause(pack: Pack, name: str, lang: str) -> list[Shown]:
    full = name if ":" in name else f"{pack.id}:{name}"
    owner = next((part for part in pack.packs() if full.startswith(f"{part.id}:")), None)
    item = (
        next((i for i in owner.placed if i.section == "clauses" and full == f"{i.pack}:{i.element.path}"), None)
        if owner
        else None
    )
    if owner is None or item is None:
        return []
    clause = item.element
    row = next(row for row in coverage(owner, [pack]).clauses if row.clause is clause)
    lines = [clause.kind + (f", horizon {clause.horizon}" if clause.horizon else "") + f": {row.state}"]
    if clause.lines:
        lines.append(f"lines {', '.join(map(str, clause.lines))} of {owner.meta.document.file or 'the document'}")
    lines += [f"{language}: {text}" for language, text in clause.text.items() if text != text_in(clause.text, lang)]
    lines += [f"note: {text_in(clause.note, lang)}"] if clause.note else []
    lines += [f"implemented by {element}" for element in row.implemented_by] + [f"proved by {case}" for case in row.proved_by]
    data = {
        **clause.model_dump(mode="json"),
        "state": row.state,
        "implemented_by": row.implemented_by,
        "proved_by": row.proved_by,
    }
    return [Shown(full, place(item), text_in(clause.text, lang), tuple(lines), data=data)]


def _element(citation: Citation) -> Any:
    value: Any = citation.item.element
    for step in citation.path:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    return value


def _cited(pack: Pack, citation: Citation, lang: str) -> Shown:
    element = _element(citation)
    title = text_in(getattr(element, "title", None) or getattr(element, "cause", None) or {}, lang)
    lines = _code_list(element, lang) if isinstance(element, CodeList) else _lines(element, lang)
    return Shown(
        citation.full_name,
        citation.where,
        title,
        tuple(lines),
        tuple((clause, _words(pack, clause, lang)) for clause in citation.clauses or _clauses_above(citation.item)),
        {"element": element.model_dump(mode="json", by_alias=True)},
    )


def _clauses_above(item: Placed) -> tuple[str, ...]:
    cited = item.element.clause
    return (cited,) if isinstance(cited, str) else tuple(cited)


def _words(pack: Pack, clause: str, lang: str) -> str:
    known = pack.clauses.get(clause)
    return text_in(known.text, lang) if known else "(not in reach)"


def _code_list(codes: CodeList, lang: str) -> list[str]:
    """The codes as a tree: children below their parent, indented."""
    lines = [f"mapped to {codes.standard}"] if codes.standard else []
    children: dict[str | None, list[Any]] = {}
    for item in codes.items:
        children.setdefault(item.parent, []).append(item)

    def branch(parent: str | None, depth: int) -> None:
        for item in children.get(parent, ()) if depth < 40 else ():
            span = f" [{item.valid_from or ''} … {item.valid_to or ''}]" if item.valid_from or item.valid_to else ""
            isced = f" (ISCED {item.isced})" if item.isced else ""
            lines.append(f"{'  ' * depth}{item.code}  {text_in(item.title, lang)}{isced}{span}")
            branch(item.code, depth + 1)

    branch(None, 0)
    return lines


def _lines(value: Any, lang: str, indent: str = "") -> list[str]:
    """The fields of a model that are set, one a line, texts in ``lang``."""
    out: list[str] = []
    for name, info in type(value).model_fields.items():
        inner = getattr(value, name)
        if (name in _HEAD and not indent) or inner == info.get_default(call_default_factory=True) or name == "clause":
            continue
        out += _field(info.alias or name, inner, lang, indent)
    return out


def _field(name: str, value: Any, lang: str, indent: str) -> list[str]:
    if isinstance(value, BaseModel):
        return [f"{indent}{name}:", *_lines(value, lang, indent + "  ")]
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        out = [f"{indent}{name}:"]
        for part in value:
            first, *rest = _lines(part, lang, indent + "    ") or [f"{indent}    "]
            out += [f"{indent}  - {first.strip()}", *rest]
        return out
    if name in TEXT_FIELDS and isinstance(value, dict):
        return [f"{indent}{name}: {text_in(value, lang)}"]
    if isinstance(value, tuple):
        return [f"{indent}{name}: {', '.join(' × '.join(v) if isinstance(v, tuple) else str(v) for v in value)}"]
    return [f"{indent}{name}: {value}"]
