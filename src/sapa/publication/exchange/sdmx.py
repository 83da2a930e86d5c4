"""SDMX: structures (ML 3.0) and data (CSV 2.0, ML 3.0), written by pysdmx.

Dimensions: INDICATOR, the pack's dimensions, TIME_PERIOD; ``_T`` stands for the whole (a dimension by which a fact is not cut),
``_U`` for records without a code. Attributes: OBS_STATUS, CONF_STATUS, UNIT_MEASURE, NUMERATOR, DENOMINATOR, OBS_COUNT. A
suppressed figure has OBS_STATUS Q, CONF_STATUS C and no value. Codes that SDMX does not allow are written with ``$`` and two
hexadecimal digits a byte.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any

import pyarrow as pa
from pysdmx.io import write_sdmx
from pysdmx.io.format import Format
from pysdmx.io.pd import PandasDataset
from pysdmx.model import (
    Agency,
    Code,
    Codelist,
    Component,
    Components,
    Concept,
    ConceptScheme,
    Dataflow,
    DataStructureDefinition,
    DataType,
    Organisation,
    Role,
)
from pysdmx.model.message import Header

from sapa.publication.exchange.model import OpenDataSet, status_of

AGENCY = "SAPA"
TOTAL = "_T"
_ILLEGAL = re.compile(r"[^A-Za-z0-9_@-]")
_MEASURE_OF = re.compile(r"\s*<(\w+:)MeasureRelationship>.*?</\1MeasureRelationship>", re.DOTALL)
_FIGURES = {"NUMERATOR": "numerator", "DENOMINATOR": "denominator", "OBS_COUNT": "count"}
_STATUS_TITLES = {
    "A": "Normal value",
    "M": "Missing value; data cannot exist",
    "O": "Missing value",
    "P": "Provisional value",
    "Q": "Missing value; suppressed",
}
_CONFIDENTIAL = {"F": "Free for publication", "C": "Confidential statistical information"}


def code_id(code: str) -> str:
    """The code as SDMX allows it; reversible, since ``$`` itself is escaped."""
    return _ILLEGAL.sub(lambda found: "".join(f"${byte:02X}" for byte in found.group().encode()), code)


def concept_id(name: str) -> str:
    """A dimension's name as a concept: upper case, letters, digits, underscores."""
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())


def structures(dataset: OpenDataSet, lang: str = "en") -> bytes:
    """Code lists, concepts, the data structure and the data flow as SDMX-ML 3.0."""
    lists, concepts, definition, flow = _structures(dataset, lang)
    made = write_sdmx([*lists, concepts, definition, flow], Format.STRUCTURE_SDMX_ML_3_0, header=_header(dataset))
    # Which measure an attribute belongs to is optional and says nothing where there is one measure; sdmx1 cannot read it.
    return _MEASURE_OF.sub("", str(made)).encode()


def data_csv(dataset: OpenDataSet) -> bytes:
    """The facts as SDMX-CSV 2.0."""
    made = write_sdmx([_data(dataset)], Format.DATA_SDMX_CSV_2_0_0)
    return str(made).encode()


def data_ml(dataset: OpenDataSet) -> bytes:
    """The facts as structure-specific SDMX-ML 3.0."""
    made = write_sdmx([_data(dataset)], Format.DATA_SDMX_ML_3_0, header=_header(dataset))
    return str(made).encode()


def _header(dataset: OpenDataSet) -> Header:
    prepared = datetime.combine(dataset.issued, time(0), UTC)
    return Header(id=f"{flow_id(dataset)}_{dataset.version.replace('.', '_')}", prepared=prepared, sender=Organisation(AGENCY))


def flow_id(dataset: OpenDataSet) -> str:
    """Identifier of the data flow."""
    return concept_id(dataset.id)


def _structures(dataset: OpenDataSet, lang: str) -> tuple[list[Codelist], ConceptScheme, DataStructureDefinition, Dataflow]:
    labels = dataset.labels(lang)
    version = dataset.version
    lists = {"INDICATOR": _list("INDICATOR", {name: labels.indicator_title(name) for name in dataset.indicators}, version)}
    for name in dataset.dimensions:
        titles = {TOTAL: labels.lang.text("total")} | {code: labels.code(name, code) for code in dataset.codes(name)}
        lists[concept_id(name)] = _list(concept_id(name), titles, version)
    lists["OBS_STATUS"] = _list("OBS_STATUS", _STATUS_TITLES, version)
    lists["CONF_STATUS"] = _list("CONF_STATUS", _CONFIDENTIAL, version)
    names = {"INDICATOR": labels.lang.text("measure")} | {
        concept_id(name): labels.dimension_title(name) for name in dataset.dimensions
    }
    names |= {"TIME_PERIOD": labels.lang.text("period_column"), "OBS_VALUE": "Value"}
    names |= {name: name.replace("_", " ").capitalize() for name in ("OBS_STATUS", "CONF_STATUS", "UNIT_MEASURE", *_FIGURES)}
    home = f"CS_{flow_id(dataset)}"
    urn = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={AGENCY}:{home}({version})."
    concepts = {name: Concept(id=name, urn=urn + name, name=title, codes=lists.get(name)) for name, title in names.items()}
    scheme = ConceptScheme(id=home, name="Concepts", agency=Agency(AGENCY), version=version, items=tuple(concepts.values()))
    definition = DataStructureDefinition(
        id=f"DSD_{flow_id(dataset)}", name=labels.text(dataset.title), agency=Agency(AGENCY), version=version,
        components=Components(_components(dataset, concepts, lists)),
    )  # fmt: skip
    flow = Dataflow(
        id=flow_id(dataset), name=labels.text(dataset.title), agency=Agency(AGENCY), version=version, structure=definition
    )
    return list(lists.values()), scheme, definition, flow


def _list(name: str, titles: dict[str, str], version: str) -> Codelist:
    codes = tuple(Code(id=code_id(code), name=title or code) for code, title in titles.items())
    return Codelist(id=f"CL_{name}", name=name.capitalize(), agency=Agency(AGENCY), version=version, items=codes)


def _components(dataset: OpenDataSet, concepts: dict[str, Concept], lists: dict[str, Codelist]) -> list[Component]:
    def one(name: str, role: Role, kind: DataType, *, required: bool = True, level: str | None = None) -> Component:
        return Component(name, required, role, concepts[name], kind, local_codes=lists.get(name), attachment_level=level)

    dims = ["INDICATOR", *(concept_id(name) for name in dataset.dimensions)]
    out = [one(name, Role.DIMENSION, DataType.STRING) for name in dims]
    out.append(one("TIME_PERIOD", Role.DIMENSION, DataType.PERIOD))
    out.append(one("OBS_VALUE", Role.MEASURE, DataType.DOUBLE, required=False))
    out += [one(name, Role.ATTRIBUTE, DataType.STRING, level="O") for name in ("OBS_STATUS", "CONF_STATUS")]
    out.append(one("UNIT_MEASURE", Role.ATTRIBUTE, DataType.STRING, level="O"))
    out += [one(name, Role.ATTRIBUTE, DataType.DOUBLE, required=False, level="O") for name in _FIGURES]
    return out


def _data(dataset: OpenDataSet) -> PandasDataset:
    facts = dataset.facts
    labels = dataset.labels("en")
    columns: dict[str, Any] = {"INDICATOR": [code_id(name) for name in facts["indicator"].to_pylist()]}
    for name in dataset.dimensions:
        columns[concept_id(name)] = [TOTAL if code is None else code_id(code) for code in facts[name].to_pylist()]
    columns["TIME_PERIOD"] = facts["period"].to_pylist()
    columns["OBS_VALUE"] = _written(facts["value"])
    statuses = {flag: status_of(flag) for flag in {*STATUS_FLAGS, *facts["flag"].unique().to_pylist()}}
    found = [statuses[flag] for flag in facts["flag"].to_pylist()]
    columns["OBS_STATUS"], columns["CONF_STATUS"] = [item[0] for item in found], [item[1] for item in found]
    units = {name: labels.indicator(name).unit for name in dataset.indicators}
    columns["UNIT_MEASURE"] = [units[name] for name in facts["indicator"].to_pylist()]
    columns |= {name: _written(facts[column]) for name, column in _FIGURES.items()}
    *_, definition, _flow = _structures(dataset, "en")
    return PandasDataset(structure=definition.to_schema(), data=pa.table(columns).to_pandas())


STATUS_FLAGS = ("", "P", "Z", "M", "C")


def _written(column: pa.ChunkedArray) -> list[str | None]:
    """Numbers as the shortest text that reads back as the same double."""
    return [None if value is None else repr(value) for value in column.to_pylist()]
