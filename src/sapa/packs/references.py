"""Every name an element uses leads to something that exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sapa.packs import references_reports
from sapa.packs.checks import Step, dangling_clause, finding, indicator_inputs, overlap, own, some
from sapa.packs.citations import names
from sapa.packs.findings import Finding
from sapa.packs.loader import ELEMENT_SECTIONS, Pack, Placed, called
from sapa.packs.references_quality import READERS as QUALITY
from sapa.packs.references_quality import Wanted


def dangling_references(pack: Pack) -> Iterator[Finding]:
    """Ids that no element of the pack or its imports has."""
    known = {section: {item.element.id for item in pack.elements(section)} for section in ELEMENT_SECTIONS}
    for item in own(pack):
        for path, section, name in _wanted(item):
            if name not in known[section]:
                text = f"there is no {called(section)} '{name}'"
                todo = "mend the name, or define it"
                yield finding(item, "dangling-reference", text, path, allowed=some(known[section]), todo=todo)


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
    if dataset.attributes_from:
        yield ("attributes_from",), "datasets", dataset.attributes_from


def _indicator(indicator: Any) -> Iterator[Wanted]:
    yield ("theme",), "themes", indicator.theme
    if hasattr(indicator, "dataset"):
        yield ("dataset",), "datasets", indicator.dataset
    for name in indicator_inputs(indicator):
        yield ("inputs" if indicator.kind == "derived" else "of",), "indicators", name


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


def _case(case: Any) -> Iterator[Wanted]:
    if case.dataset:
        yield ("dataset",), "datasets", case.dataset
    for name in case.tables:
        yield ("tables", name), "datasets", name
    if case.kind in ("date", "freeze"):
        yield ("given", "item"), "calendar", str(case.given.get("item", ""))


def _disclosure(rule: Any) -> Iterator[Wanted]:
    yield ("dataset",), "datasets", rule.dataset


_READERS = {
    "disclosure": _disclosure,
    "datasets": _dataset,
    "indicators": _indicator,
    "reports": references_reports.report,
    "targets": references_reports.target,
    "regimes": _regime,
    "duties": _duty,
    "calendar": _calendar,
    "cases": _case,
    **QUALITY,
}


def protected_once(pack: Pack) -> Iterator[Finding]:
    """A data set is published under one rule of disclosure control at a time."""
    seen: dict[str, list[Placed]] = {}
    for item in own(pack, "disclosure"):
        rule = item.element
        for other in seen.setdefault(rule.dataset, []):
            if other.element.id != rule.id and overlap(rule, other.element):
                text = f"'{rule.dataset}' is already protected by '{other.element.id}'"
                yield finding(item, "wrong-value", text, ("dataset",), todo="keep one, or date the two apart")
        seen[rule.dataset].append(item)


def proofs(pack: Pack) -> Iterator[Finding]:
    """What a case proves exists: a clause, or an element by kind and id."""
    known = names(pack) if pack.cases else {}
    kinds = sorted({name.partition(":")[0] for name in known})
    for item in own(pack, "cases"):
        for index, name in enumerate(item.element.proves):
            if name in known or name in pack.clauses:
                continue
            kind, _, rest = name.partition(":")
            if kind in {"rule", "field", "deadline", *kinds}:
                near = [other for other in known if other.startswith(f"{kind}:")]
                yield finding(
                    item,
                    "dangling-reference",
                    f"there is no {kind} '{rest}'",
                    ("proves", index),
                    allowed=some(near),
                    todo="mend the name",
                )
            else:
                yield dangling_clause(pack, item, ("proves", index), name)


def fed_sections(pack: Pack) -> Iterator[Finding]:
    """What a source feeds exists: an indicator, or a report, or a chapter of one."""
    known = {f"indicator:{item.element.id}" for item in pack.elements("indicators")}
    for item in pack.elements("reports"):
        known.add(f"section:{item.element.id}")
        known |= {f"section:{item.element.id}.{chapter.id}" for chapter in item.element.chapters}
    for item in own(pack, "sources"):
        for index, name in enumerate(item.element.feeds):
            if name not in known:
                todo = "name indicator:ID, section:REPORT or section:REPORT.CHAPTER"
                yield finding(item, "dangling-reference", f"there is no {name}", ("feeds", index), allowed=some(known), todo=todo)


def responsible_bodies(pack: Pack) -> Iterator[Finding]:
    """Who has a duty, or announces a freeze, is a code of some code list in reach."""
    codes = {code.code for item in pack.elements("codelists") for code in item.element.items}
    for item in own(pack, "duties"):
        for index, name in enumerate(item.element.who):
            if name not in codes:
                yield finding(
                    item,
                    "dangling-reference",
                    f"no code list has '{name}'",
                    ("who", index),
                    allowed=some(codes),
                    todo="name a code",
                )
    for item in own(pack, "calendar"):
        name = getattr(item.element.rule, "announced_by", None)
        if name is not None and name not in codes:
            where = ("rule", "announced_by")
            yield finding(
                item, "dangling-reference", f"no code list has '{name}'", where, allowed=some(codes), todo="name a code"
            )


def freezes(pack: Pack) -> Iterator[Finding]:
    """The freeze of a regime is a freeze, not a deadline."""
    units = {item.element.id: item.element.rule.unit for item in pack.elements("calendar")}
    for item in own(pack, "regimes"):
        name = item.element.freeze
        if units.get(name, "freeze") != "freeze":
            known = [key for key, unit in units.items() if unit == "freeze"]
            text = f"'{name}' is a deadline in {units[name]}, not a freeze"
            yield finding(
                item, "wrong-value", text, ("freeze",), allowed=some(known), todo="name a calendar item with unit: freeze"
            )


def fields_elsewhere(pack: Pack) -> Iterator[Finding]:
    """``dataset.field`` of a rule or of a fact taken from elsewhere exists, and attributes come from a register."""
    known = {item.element.id: {field.id for field in item.element.fields} for item in pack.elements("datasets")}
    registers = {item.element.id for item in pack.elements("datasets") if item.element.register_}
    for item in own(pack, "datasets"):
        dataset = item.element
        named = [(("fields", i, "same_as"), field.same_as) for i, field in enumerate(dataset.fields) if field.same_as]
        named += [(("rules", i, "other"), rule.other) for i, rule in enumerate(dataset.rules) if rule.other]
        for where, name in named:
            owner, _, field_id = name.rpartition(".")
            if field_id not in known.get(owner, ()):
                near = [f"{owner}.{other}" for other in known.get(owner, ())] or list(known)
                yield finding(
                    item, "dangling-reference", f"no field '{name}'", where, allowed=some(near), todo="name dataset.field"
                )
        source = dataset.attributes_from
        if source in known and source not in registers:
            todo = "name a data set with register: true"
            yield finding(
                item, "wrong-value", f"'{source}' is no register", ("attributes_from",), allowed=some(registers), todo=todo
            )


def coded_fields(pack: Pack) -> Iterator[Finding]:
    """A field of type code has a code list, and no other has."""
    for item in own(pack, "datasets"):
        for index, field in enumerate(item.element.fields):
            if (field.type == "code") != bool(field.code_list):
                listed = f"the code list {field.code_list}" if field.code_list else "no code list"
                text = f"'{field.id}' is of type {field.type} and has {listed}"
                where = ("fields", index, "code_list" if field.code_list else "type")
                yield finding(item, "wrong-value", text, where, todo="give type: code together with code_list")


def dimensions_named(pack: Pack) -> Iterator[Finding]:
    """Dimensions that indicators and reports name exist in the data set the figures come from; so do a parity's codes."""
    indicators = {item.element.id: item.element for item in pack.elements("indicators")}
    datasets = {item.element.id: item.element for item in pack.elements("datasets")}
    for item in own(pack, "indicators", "reports"):
        wanted = _by_indicator(item.element) if item.section == "indicators" else _by_report(item.element)
        for where, name, indicator_id in wanted:
            dataset = _dataset_of(indicators.get(indicator_id), indicators, datasets)
            if dataset is not None and name not in {dimension.id for dimension in dataset.dimensions}:
                known = some(dimension.id for dimension in dataset.dimensions)
                text = f"the data set '{dataset.id}' has no dimension '{name}'"
                yield finding(item, "dangling-reference", text, where, allowed=known, todo="name a dimension of it")
            elif dataset is not None and where == ("by",) and item.element.id == indicator_id:
                yield from _parity_codes(pack, item, dataset.dimension(name).code_list)


Named = tuple[tuple[Step, ...], str, str]
"""(path inside the element, dimension, id of the indicator whose data set must have it)."""


def _by_indicator(indicator: Any) -> Iterator[Named]:
    if indicator.kind == "parity":
        yield ("by",), indicator.by, indicator.id
    if indicator.kind == "ratio" and indicator.adds_up_over:
        yield ("adds_up_over",), indicator.adds_up_over, indicator.id
    if indicator.kind == "cohort":
        for name in indicator.numerator_shift:
            yield ("numerator_shift", name), name, indicator.id


def _by_report(report: Any) -> Iterator[Named]:
    for c, chapter in enumerate(report.chapters):
        for t, table in enumerate(chapter.tables):
            for key in ("rows", "columns"):
                for name in {getattr(table, key)} - {None, "period"}:
                    yield from ((("chapters", c, "tables", t, key), name, indicator) for indicator in table.indicators[:1])
        for t, chart in enumerate(chapter.charts):
            for key in ("by", "series"):
                for name in {getattr(chart, key)} - {None, "period"}:
                    yield ("chapters", c, "charts", t, key), name, chart.indicator


def _dataset_of(indicator: Any, indicators: dict[str, Any], datasets: dict[str, Any], depth: int = 20) -> Any:
    """The data set an indicator's figures come from, through the indicators it is computed from."""
    if indicator is None or not depth:
        return None
    if hasattr(indicator, "dataset"):
        return datasets.get(indicator.dataset)
    found = (_dataset_of(indicators.get(name), indicators, datasets, depth - 1) for name in indicator_inputs(indicator))
    return next((dataset for dataset in found if dataset is not None), None)


def _parity_codes(pack: Pack, item: Placed, code_list: str | None) -> Iterator[Finding]:
    codes = {code.code for other in pack.elements("codelists") if other.element.id == code_list for code in other.element.items}
    for key in ("a", "b"):
        name = getattr(item.element, key)
        if codes and name not in codes:
            text = f"the code list '{code_list}' has no code '{name}'"
            yield finding(item, "dangling-reference", text, (key,), allowed=some(codes), todo="name one of its codes")


def inner_references(pack: Pack) -> Iterator[Finding]:
    """Names inside a data set: the unit field, fields of rules, dimensions of cuts, attributes of the register."""
    for item in own(pack, "datasets"):
        dataset = item.element
        fields = {field.id for field in dataset.fields}
        if dataset.unit not in fields:
            yield finding(
                item, "dangling-reference", f"no field '{dataset.unit}'", ("unit",), allowed=some(fields), todo="name one"
            )
        for index, rule in enumerate(dataset.rules):
            for name in (*rule.fields, *rule.by):
                if name not in fields:
                    where = ("rules", index, "fields")
                    yield finding(item, "dangling-reference", f"no field '{name}'", where, allowed=some(fields), todo="name one")
        for index, place in enumerate(dataset.places):
            for name in filter(None, (place.field, place.title)):
                if name not in fields:
                    at = ("places", index)
                    yield finding(item, "dangling-reference", f"no field '{name}'", at, allowed=some(fields), todo="name one")
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
                item, "dangling-reference", f"no field '{dimension.field}'", where, allowed=some(fields), todo="name one"
            )
        if dimension.attribute and dimension.attribute not in attributes:
            where = ("dimensions", index, "attribute")
            text = f"the register '{item.element.attributes_from}' has no field '{dimension.attribute}'"
            yield finding(item, "dangling-reference", text, where, allowed=some(attributes), todo="name one of its fields")


def _cuts(item: Placed, cuts: tuple[tuple[str, ...], ...], dimensions: set[str]) -> Iterator[Finding]:
    for index, cut in enumerate(cuts):
        for name in cut:
            if name not in dimensions:
                text, where = f"no dimension '{name}'", ("cuts", index)
                yield finding(item, "dangling-reference", text, where, allowed=some(dimensions), todo="name one")
