"""Every name an element uses leads to something that exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sapa.packs.checks import Step, _some, finding, indicator_inputs, own
from sapa.packs.findings import Finding
from sapa.packs.loader import Pack, Placed

Wanted = tuple[tuple[Step, ...], str, str]
"""(path inside the element, section it must be found in, id)."""


def dangling_references(pack: Pack) -> Iterator[Finding]:
    """Ids that no element of the pack or its imports has."""
    known = {
        section: {item.element.id for item in pack.elements(section)}
        for section in ("codelists", "concepts", "datasets", "themes", "indicators", "calendar", "duties", "regimes")
    }
    for item in own(pack):
        for path, section, name in _wanted(item):
            if name not in known[section]:
                text = f"there is no {section.rstrip('s')} '{name}'"
                todo = "mend the name, or define it"
                yield finding(item, "dangling-reference", text, path, allowed=_some(known[section]), todo=todo)


def _wanted(item: Placed) -> Iterator[Wanted]:
    reader = _READERS.get(item.section)
    if reader is not None:
        yield from reader(item.element)


def _dataset(dataset: Any) -> Iterator[Wanted]:
    for index, field in enumerate(dataset.fields):
        yield ("fields", index, "concept"), "concepts", field.concept
        if field.code_list:
            yield ("fields", index, "code_list"), "codelists", field.code_list
    for index, dimension in enumerate(dataset.dimensions):
        if dimension.code_list:
            yield ("dimensions", index, "code_list"), "codelists", dimension.code_list
    for index, rule in enumerate(dataset.rules):
        if rule.other:
            yield ("rules", index, "other"), "datasets", rule.other.split(".")[0]
    if dataset.attributes_from:
        yield ("attributes_from",), "datasets", dataset.attributes_from


def _indicator(indicator: Any) -> Iterator[Wanted]:
    yield ("theme",), "themes", indicator.theme
    if hasattr(indicator, "dataset"):
        yield ("dataset",), "datasets", indicator.dataset
    for name in indicator_inputs(indicator):
        yield ("inputs" if indicator.kind == "derived" else "of",), "indicators", name


def _report(report: Any) -> Iterator[Wanted]:
    for c, chapter in enumerate(report.chapters):
        yield ("chapters", c, "theme"), "themes", chapter.theme
        for t, table in enumerate(chapter.tables):
            for i, name in enumerate(table.indicators):
                yield ("chapters", c, "tables", t, "indicators", i), "indicators", name
        for t, chart in enumerate(chapter.charts):
            yield ("chapters", c, "charts", t, "indicator"), "indicators", chart.indicator


def _regime(regime: Any) -> Iterator[Wanted]:
    for name in ("subjects", "levels", "coverage", "forms", "kinds"):
        yield (name,), "codelists", getattr(regime, name)
    for index, duty in enumerate(regime.duties):
        yield ("duties", index), "duties", duty
    yield ("freeze",), "calendar", regime.freeze


def _duty(duty: Any) -> Iterator[Wanted]:
    if duty.deadline:
        yield ("deadline",), "calendar", duty.deadline


def _calendar(entry: Any) -> Iterator[Wanted]:
    if entry.after:
        yield ("after",), "calendar", entry.after


def _source(source: Any) -> Iterator[Wanted]:
    for index, name in enumerate(source.feeds):
        kind, _, target = name.partition(":")
        if kind == "indicator":
            yield ("feeds", index), "indicators", target


def _case(case: Any) -> Iterator[Wanted]:
    if case.dataset:
        yield ("dataset",), "datasets", case.dataset


_READERS = {
    "datasets": _dataset,
    "indicators": _indicator,
    "reports": _report,
    "regimes": _regime,
    "duties": _duty,
    "calendar": _calendar,
    "sources": _source,
    "cases": _case,
}


def inner_references(pack: Pack) -> Iterator[Finding]:
    """Names inside a data set: the unit field, fields of rules, dimensions of cuts, attributes of the register."""
    for item in own(pack, "datasets"):
        dataset = item.element
        fields = {field.id for field in dataset.fields}
        if dataset.unit not in fields:
            yield finding(
                item, "dangling-reference", f"no field '{dataset.unit}'", ("unit",), allowed=_some(fields), todo="name one"
            )
        for index, rule in enumerate(dataset.rules):
            for name in (*rule.fields, *rule.by):
                if name not in fields:
                    where = ("rules", index, "fields")
                    yield finding(item, "dangling-reference", f"no field '{name}'", where, allowed=_some(fields), todo="name one")
        yield from _dimensions(pack, item, fields)
        yield from _cuts(item, dataset.cuts, {dimension.id for dimension in dataset.dimensions})
    for item in own(pack, "indicators"):
        indicator = item.element
        if indicator.cuts and hasattr(indicator, "dataset"):
            for candidate in pack.elements("datasets"):
                if candidate.element.id == indicator.dataset:
                    yield from _cuts(item, indicator.cuts, {dimension.id for dimension in candidate.element.dimensions})


def _dimensions(pack: Pack, item: Placed, fields: set[str]) -> Iterator[Finding]:
    registers = {other.element.id: other.element for other in pack.elements("datasets")}
    register = registers.get(item.element.attributes_from or "")
    attributes = {field.id for field in register.fields} if register else set()
    for index, dimension in enumerate(item.element.dimensions):
        given = [name for name in ("field", "attribute", "expr") if getattr(dimension, name)]
        if len(given) != 1:
            text = f"a dimension takes exactly one of field, attribute, expr (given: {', '.join(given) or 'none'})"
            yield finding(item, "wrong-value", text, ("dimensions", index), todo="keep one")
        if dimension.field and dimension.field not in fields:
            where = ("dimensions", index, "field")
            yield finding(
                item, "dangling-reference", f"no field '{dimension.field}'", where, allowed=_some(fields), todo="name one"
            )
        if dimension.attribute and dimension.attribute not in attributes:
            where = ("dimensions", index, "attribute")
            text = f"the register '{item.element.attributes_from}' has no field '{dimension.attribute}'"
            yield finding(item, "dangling-reference", text, where, allowed=_some(attributes), todo="name one of its fields")


def _cuts(item: Placed, cuts: tuple[tuple[str, ...], ...], dimensions: set[str]) -> Iterator[Finding]:
    for index, cut in enumerate(cuts):
        for name in cut:
            if name not in dimensions:
                text, where = f"no dimension '{name}'", ("cuts", index)
                yield finding(item, "dangling-reference", text, where, allowed=_some(dimensions), todo="name one")
