"""What must hold between the elements of a pack. One function a kind of mistake; each yields findings, none raises."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from sapa.packs.base import holds
from sapa.packs.findings import Finding
from sapa.packs.loader import ELEMENT_SECTIONS, Pack, Placed
from sapa.packs.models_law import expand_lines
from sapa.packs.source import dotted

Check = Callable[[Pack], Iterable[Finding]]
Step = str | int

TEXT_FIELDS = frozenset(
    [
        "title",
        "text",
        "reason",
        "cause",
        "message",
        "remedy",
        "definition",
        "help",
        "note",
        "notice",
        "hint",
        "method",
        "subtitle",
        "borrowed",
        "question",
        "answer",
        "issuer",
    ]
)


def finding(
    item: Placed, code: str, message: str, path: tuple[Step, ...] = (), *, allowed: str = "", todo: str = "", warn: bool = False
) -> Finding:
    """A finding at ``path`` inside a placed element."""
    full = (*item.path, *path)
    line, column = item.source.position(full)
    severity = "warning" if warn else "error"
    return Finding(item.source.file, line, column, code, message, dotted(full), allowed, todo, severity, item.pack)  # type: ignore[arg-type]


def own(pack: Pack, *sections: str) -> Iterator[Placed]:
    """The pack's own elements of these sections (imported ones are checked with their own pack)."""
    for item in pack.placed:
        if not sections or item.section in sections:
            yield item


def walk(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], str, Any]]:
    """Every field of a model, depth first: (path, field name, value)."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            here = (*path, info.alias or name)
            inner = getattr(value, name)
            yield here, name, inner
            yield from walk(inner, here)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))


def some(names: Iterable[str], limit: int = 12) -> str:
    """The first names in order, and how many there are."""
    known = sorted(set(names))
    return ", ".join(known[:limit]) + (f" … ({len(known)} in all)" if len(known) > limit else "")


def missing_translations(pack: Pack) -> Iterator[Finding]:
    """Every text stands in every language of the pack."""
    wanted = pack.meta.languages
    yield from _untranslated_meta(pack)
    for item in own(pack):
        for path, name, value in walk(item.element):
            if name in TEXT_FIELDS and isinstance(value, dict):
                missing = [lang for lang in wanted if not str(value.get(lang, "")).strip()]
                if missing:
                    text = f"'{name}' has no text in: {', '.join(missing)}"
                    yield finding(item, "missing-translation", text, path, allowed=", ".join(wanted), todo="add the text")


def _untranslated_meta(pack: Pack) -> Iterator[Finding]:
    for path, name, value in walk(pack.meta):
        missing = [lang for lang in pack.meta.languages if name in TEXT_FIELDS and not str(value.get(lang, "")).strip()]
        if missing:
            line, column = pack.position(path)
            text = f"'{name}' has no text in: {', '.join(missing)}"
            allowed, todo = ", ".join(pack.meta.languages), "add the text"
            yield Finding("pack.yaml", line, column, "missing-translation", text, dotted(path), allowed, todo, pack=pack.id)


def clause_references(pack: Pack) -> Iterator[Finding]:
    """Every cited clause exists, in this pack or one it imports."""
    for item in own(pack):
        if item.section == "working_days":  # single days are declared by acts, named by number and date
            continue
        for path, name, value in walk(item.element):
            if name == "clause" and value is not None:
                for reference in (value,) if isinstance(value, str) else value:
                    if reference not in pack.clauses:
                        yield dangling_clause(pack, item, path, reference)


def dangling_clause(pack: Pack, item: Placed, path: tuple[Step, ...], reference: str) -> Finding:
    """A cited clause that no pack in reach has, with those whose path is near."""
    near = [key for key in pack.clauses if key.startswith(reference.rsplit(".", 1)[0])]
    owner = reference.partition(":")[0]
    known = {part.id for part in pack.packs()}
    todo = (
        "cite a clause of clauses.yaml" if owner in known else f"add '{owner}' to the imports of pack.yaml, or mend the reference"
    )
    return finding(item, "dangling-clause", f"no clause {reference}", path, allowed=some(near), todo=todo)


def duplicate_clauses(pack: Pack) -> Iterator[Finding]:
    """A clause's path is unique in its pack."""
    seen: dict[str, Placed] = {}
    for item in own(pack, "clauses"):
        if item.element.path in seen:
            text = f"the clause path '{item.element.path}' stands twice"
            yield finding(item, "duplicate-id", text, ("path",), todo="give each provision its own path")
        seen[item.element.path] = item


def line_spans(pack: Pack) -> Iterator[Finding]:
    """Line numbers are readable, and within the document where the pack says how long it is."""
    last = pack.meta.document.lines
    for item in own(pack, "clauses", "left_out"):
        for index, span in enumerate(item.element.lines):
            try:
                lines = expand_lines((span,))
            except ValueError:
                text, lines = f"'{span}' is no line and no span of lines", []
            else:
                text = f"line {lines[-1]} lies outside the document of {last} lines"
            if not lines or lines[0] < 1 or (last and lines[-1] > last):
                yield finding(item, "wrong-value", text, ("lines", index), allowed='12 or "12-15"', todo="mend the line numbers")


def repeated_ids(pack: Pack) -> Iterator[Finding]:
    """Cases have their own ids; so have the fields, rules, dimensions, tables … inside one element, at any one time."""
    seen: dict[str, str] = {}
    for item in own(pack, "cases"):
        line, _ = item.source.position(item.path)
        first = seen.setdefault(item.element.id, f"{item.source.file}:{line}")
        if first != f"{item.source.file}:{line}":
            text = f"the case '{item.element.id}' stands twice (first at {first})"
            yield finding(item, "duplicate-id", text, ("id",), todo="give each case its own id")
    for item in own(pack, "datasets", "reports", "criteria", "procedures", "instruments"):
        yield from _repeated_inside(item, item.element, ())


PARTS = (
    *("fields", "rules", "dimensions", "chapters", "tables", "charts", "layouts", "drawings"),
    *("signs", "studies", "points"),
)
"""Lists of parts inside an element whose ids must differ."""


def _repeated_inside(item: Placed, value: Any, path: tuple[Step, ...]) -> Iterator[Finding]:
    for section in PARTS:
        seen: dict[str, list[Any]] = {}
        for index, part in enumerate(getattr(value, section, ())):
            if not isinstance(part, BaseModel):
                continue
            name = part.id  # type: ignore[attr-defined]
            if any(overlap(part, other) for other in seen.setdefault(name, [])):
                text = f"'{name}' stands twice among the {section} at the same time"
                yield finding(item, "duplicate-id", text, (*path, section, index, "id"), todo="rename one, or date them apart")
            seen[name].append(part)
            yield from _repeated_inside(item, part, (*path, section, index))


def overlapping_validity(pack: Pack) -> Iterator[Finding]:
    """Two versions of one element never hold in the same period; two versions of one code neither."""
    for section in ELEMENT_SECTIONS:
        versions: dict[str, list[Placed]] = {}
        for item in own(pack, section):
            for other in versions.setdefault(item.element.id, []):
                if overlap(item.element, other.element):
                    line, _ = other.source.position(other.path)
                    text = f"two versions of '{item.element.id}' hold at the same time (the other at {other.source.file}:{line})"
                    todo = "end the earlier one (valid_to) before the later begins (valid_from), or rename one"
                    yield finding(item, "overlapping-validity", text, ("id",), todo=todo)
            versions[item.element.id].append(item)
    for item in own(pack, "codelists"):
        yield from _overlapping_codes(item)


def _overlapping_codes(item: Placed) -> Iterator[Finding]:
    seen: dict[str, list[Any]] = {}
    for index, code in enumerate(item.element.items):
        if any(overlap(code, other) for other in seen.setdefault(code.code, [])):
            text = f"the code '{code.code}' holds twice at the same time"
            yield finding(item, "overlapping-validity", text, ("items", index, "code"), todo="date the two versions apart")
        seen[code.code].append(code)


def overlap(a: Any, b: Any) -> bool:
    """Whether two versions hold in a common period."""
    first, second = getattr(a, "valid_from", None), getattr(b, "valid_from", None)
    start = max(first or "", second or "")
    if not start:
        return True
    return holds(first, getattr(a, "valid_to", None), start) and holds(second, getattr(b, "valid_to", None), start)


def cyclic_hierarchies(pack: Pack) -> Iterator[Finding]:
    """Parents of codes and criteria never lead back; neither do inputs of derived indicators. Each circle is told once."""
    for item in own(pack, "codelists"):
        yield from _parents(item)
    inputs = {item.element.id: indicator_inputs(item.element) for item in pack.elements("indicators")}
    above = {item.element.id: [item.element.parent] if item.element.parent else [] for item in pack.elements("criteria")}
    yield from _circles(pack, "criteria", above, "stands above itself", "mend one of the parents")
    yield from _circles(pack, "indicators", inputs, "is computed from itself", "break the circle of indicators")


def _circles(pack: Pack, section: str, graph: dict[str, list[str]], what: str, todo: str) -> Iterator[Finding]:
    told: set[str] = set()
    for item in own(pack, section):
        circle = _circle(item.element.id, graph)
        if circle and told.isdisjoint(circle):
            told.update(circle)
            text = f"'{item.element.id}' {what}: {' → '.join([*circle, circle[0]])}"
            yield finding(item, "cyclic-hierarchy", text, ("id",), todo=todo)


def _parents(item: Placed) -> Iterator[Finding]:
    parents = {code.code: [code.parent] if code.parent else [] for code in item.element.items}
    told: set[str] = set()
    for index, code in enumerate(item.element.items):
        where = ("items", index, "parent")
        if code.parent is not None and code.parent not in parents:
            todo = "name a code of the same list"
            yield finding(item, "dangling-reference", f"no code '{code.parent}'", where, allowed=some(parents), todo=todo)
            continue
        circle = _circle(code.code, parents)
        if circle and told.isdisjoint(circle):
            told.update(circle)
            text = f"the hierarchy leads from '{code.code}' back to itself: {' → '.join([*circle, circle[0]])}"
            yield finding(item, "cyclic-hierarchy", text, where, todo="break the circle")


def indicator_inputs(indicator: Any) -> list[str]:
    """Ids of the indicators another one is computed from."""
    if indicator.kind == "derived":
        return list(indicator.inputs.values())
    return [indicator.of] if indicator.kind in ("growth", "parity") else []


def _circle(start: str, graph: dict[str, list[str]]) -> list[str]:
    """The way from ``start`` back to itself, without the return; empty when there is none."""
    trail: dict[str, str] = {}
    todo = [start]
    while todo:
        node = todo.pop()
        for target in graph.get(node, ()):
            if target == start:
                way = [node]
                while way[-1] != start:
                    way.append(trail[way[-1]])
                return way[::-1]
            if target not in trail:
                trail[target] = node
                todo.append(target)
    return []


def overrides(pack: Pack) -> Iterator[Finding]:
    """An element replaces an imported one only when it says so, and only when there is one to replace."""
    overlaid = {
        (section, item.element.id): item.pack
        for section in ELEMENT_SECTIONS
        for imported in pack.imports
        for item in imported.elements(section)
    }
    for item in own(pack, *ELEMENT_SECTIONS):
        other = overlaid.get((item.section, item.element.id))
        says = getattr(item.element, "overrides", False)
        if other and not says:
            text = f"'{item.element.id}' already stands in the imported pack {other}"
            yield finding(item, "silent-override", text, ("id",), todo="add 'overrides: true', or choose another id")
        elif other and says and pack.meta.overlays is None:
            text = f"'{item.element.id}' replaces an element of {other}, but the pack overlays none"
            yield finding(item, "silent-override", text, ("overrides",), todo=f"add 'overlays: {other}' to pack.yaml")
        elif says and not other:
            text = f"there is no imported '{item.element.id}' to replace"
            yield finding(item, "dangling-reference", text, ("overrides",), todo="remove 'overrides', or mend the id")


def concepts_asked_twice(pack: Pack) -> Iterator[Finding]:
    """One fact is asked for once: one concept, of one grain and periodicity, at one time, in one field only."""
    asked: dict[tuple[str, str, str], list[tuple[Any, Any]]] = {}
    for item in pack.elements("datasets"):
        dataset = item.element
        for index, field in enumerate(dataset.fields):
            if field.role in ("unit", "key", "published", "note") or field.same_as:
                continue
            earlier = asked.setdefault((field.concept, dataset.grain, dataset.periodicity), [])
            first = next((pair for pair in earlier if overlap(pair[0], dataset) and overlap(pair[1], field)), None)
            earlier.append((dataset, field))
            if first and item.pack == pack.id:
                place = f"{first[0].id}.{first[1].id}"
                text = f"'{field.concept}' of one {dataset.grain} is asked by {place} and by {dataset.id}.{field.id}"
                todo = f"take it from there (same_as: {place}), or give it its own concept"
                yield finding(item, "concept-asked-twice", text, ("fields", index, "concept"), todo=todo)


def message_placeholders(pack: Pack) -> Iterator[Finding]:
    """Messages of rules name fields that exist."""
    for item in own(pack, "datasets"):
        fields = {field.id for field in item.element.fields}
        for index, rule in enumerate(item.element.rules):
            for name in ("cause", "message", "remedy"):
                for lang, text in getattr(rule, name).items():
                    unknown = sorted(_placeholders(text) - fields - {"value", "expected", "median", "previous", "row", "unit"})
                    if unknown:
                        where = ("rules", index, name, lang)
                        message = f"the text names {', '.join('{' + part + '}' for part in unknown)}, which is no field"
                        yield finding(item, "dangling-reference", message, where, allowed=some(fields), todo="name a field")


def _placeholders(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return {text}
