"""Verification: every rule of a data set in one statement over its rows; only rows that break something leave the engine.

The layout's demands and the rules of kind row are conditions on the row itself. Uniqueness, references, outliers and the previous
period are joined to it: repeated values, known values, medians of groups, and last period's row. What comes back is one boolean
column for each rule, for the failing rows only, and the values their messages name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from sapa.datasets.checks import ROWS, Check, column, columns_of, field_checks, formula, guarded, row_check, rule_check, rules_of
from sapa.datasets.findings import Findings, findings_table, join
from sapa.datasets.layout import ROW, CodeLists, kept_fields, schema
from sapa.errors import EngineError
from sapa.formula import compile
from sapa.packs.models_data import Dataset, Rule

MAD_TO_SIGMA = 1.4826
"""Makes the median absolute deviation of normal data estimate its standard deviation (Rousseeuw and Croux 1993)."""

FEWEST_FOR_OUTLIERS = 10
"""Groups with fewer values have no meaningful spread and are passed over."""

_UNIT = "_unit"


def verify(
    table: pa.Table,
    dataset: Dataset,
    pack: CodeLists,
    period: str,
    *,
    previous: pa.Table | None = None,
    others: Mapping[str, pa.Table] | None = None,
    columns: Mapping[str, str] | None = None,
    sheet: str = "",
) -> Findings:
    """All findings of the rows of one period.

    ``table``: typed by the layout, with ``_row`` or numbered from 1; ``previous``: rows of the period before, for rules of kind
    previous; ``others``: rows of other data sets by id, for references; ``columns``: field → spreadsheet letter, in ``sheet``.
    Rules that lack what they compare with are named in ``Findings.skipped``; raises ``FormulaError`` for a rule that is wrong.
    """
    others = {dataset.id: table, **(others or {})}
    statement = _statement(dataset, pack, period, previous is not None, frozenset(others))
    with _connection() as connection:
        connection.register("_rows", _numbered(table, dataset, period))
        if previous is not None:
            connection.register("_previous", _last_of_each(previous, dataset, period))
        for name in statement.others:
            connection.register(f"_other_{name}", others[name])
        failing = connection.sql(statement.text).to_arrow_table()
        parts = _row_findings(failing, statement, dataset, columns or {})
        for sql, check in statement.unit_texts:
            units = connection.sql(sql).to_arrow_table()[_UNIT]
            letter = (columns or {}).get(check.field, "")
            parts.append(findings_table(check.severity, check.rule, len(units), unit=units, field=check.field, column=letter))
    return Findings(join(parts), dataset, sheet, tuple(statement.skipped))


_STATEMENTS: OrderedDict[tuple[int, int, str, bool, frozenset[str]], Statement] = OrderedDict()
_KEPT = 32


def _statement(dataset: Dataset, pack: CodeLists, period: str, has_previous: bool, others: frozenset[str]) -> Statement:
    """The statement, kept for the next submission of the same data set: building it costs more than running it on one school.

    Keyed by identity, which is safe because the kept statement holds the data set and the pack themselves.
    """
    key = (id(dataset), id(pack), period, has_previous, others)
    if key not in _STATEMENTS:
        _STATEMENTS[key] = Statement(dataset, pack, period, has_previous, others)
        while len(_STATEMENTS) > _KEPT:
            _STATEMENTS.popitem(last=False)
    return _STATEMENTS[key]


def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": "false", "preserve_insertion_order": "false"})


def _numbered(table: pa.Table, dataset: Dataset, period: str | None) -> pa.Table:
    """The layout's columns and the row number, in the engine's order."""
    lacking = [name for name in schema(dataset, period).names if name not in table.column_names]
    if lacking:
        raise EngineError(f"rows of {dataset.id} lack the columns {', '.join(lacking)}")
    if ROW not in table.column_names:
        table = table.append_column(ROW, pa.array(np.arange(1, table.num_rows + 1, dtype=np.int32)))
    return table.select([*schema(dataset, period).names, ROW])


def _last_of_each(previous: pa.Table, dataset: Dataset, period: str) -> pa.Table:
    """Last period's rows under this period's layout: columns it did not have are null, of repeated keys one row stays."""
    wanted = schema(dataset, period)
    count = previous.num_rows
    arrays = [previous[item.name] if item.name in previous.column_names else pa.nulls(count, item.type) for item in wanted]
    table = pa.table([array.cast(item.type) for array, item in zip(arrays, wanted, strict=True)], schema=wanted)
    key = list(dataset.key(period))
    numbered = table.append_column("_at", pa.array(np.arange(count)))
    kept = numbered.group_by(key).aggregate([("_at", "min")])
    return table if kept.num_rows == count else table.take(kept["_at_min"])


@dataclass
class Statement:
    """The statement that finds every failing row; printable."""

    dataset: Dataset
    pack: CodeLists
    period: str
    has_previous: bool = False
    has_others: frozenset[str] = frozenset()
    checks: list[Check] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.query = exp.Select().from_(exp.alias_(exp.table_("_rows"), ROWS, table=True))
        self.extras: dict[str, exp.Expression] = {}
        self.unit_rules: list[Rule] = []
        self.checks.extend(field_checks(self.dataset, self.pack, self.period))
        for index, rule in enumerate(rules_of(self.dataset, self.period)):
            self._add(rule, index)

    def _add(self, rule: Rule, index: int) -> None:
        if rule.kind == "row":
            self.checks.append(row_check(self.dataset, rule, self.period))
        elif rule.kind == "dataset":
            self.unit_rules.append(rule)
        elif rule.kind == "unique":
            self._unique(rule, f"u{index}")
        elif rule.kind == "outlier":
            self._outlier(rule, f"o{index}")
        elif rule.kind == "reference":
            self._reference(rule, f"r{index}")
        elif not self.has_previous:
            self.skipped.append(f"{rule.id}: no rows of the previous period")
        else:
            self.checks.append(row_check(self.dataset, rule, self.period))

    def _rows(self, rule: Rule) -> exp.Select:
        rows = exp.Select().from_(exp.alias_(exp.table_("_rows"), ROWS, table=True))
        if rule.when is not None:
            rows = rows.where(compile(formula(self.dataset, rule, rule.when, self.period), columns=self._columns()))
        return rows

    def _columns(self) -> dict[str, exp.Expression]:
        return columns_of(self.dataset, self.period)

    def _join(self, part: exp.Select, name: str, names: tuple[str, ...] | list[str], *, null_safe: bool = False) -> None:
        equal = exp.NullSafeEQ if null_safe else exp.EQ
        on: list[exp.Expression] = [equal(this=column(each), expression=column(each, name)) for each in names]
        on = on or [exp.true()]
        self.query = self.query.join(part.subquery(name), on=exp.and_(*on), join_type="left")

    def _unique(self, rule: Rule, name: str) -> None:
        """Rows after the first one with the same values (rows where one of them is missing are not compared)."""
        unit = [self.dataset.unit] if rule.scope == "unit" and self.dataset.unit not in rule.fields else []
        names = [*unit, *rule.fields]
        part = self._rows(rule).where(*[exp.Not(this=exp.Is(this=column(each), expression=exp.Null())) for each in names])
        first = exp.alias_(exp.Min(this=column(ROW)), "_first", quoted=True)
        repeated = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))
        part = part.select(*[column(each) for each in names], first).group_by(*[column(each) for each in names]).having(repeated)
        self._join(part, name, names)
        failed = exp.GT(this=column(ROW), expression=column("_first", name))
        self.checks.append(rule_check(self.dataset, rule, guarded(self.dataset, rule, failed, self.period), self.period))
        self.extras[f"{rule.id}/previous"] = column("_first", name)

    def _outlier(self, rule: Rule, name: str) -> None:
        """Values farther from their group's median than the threshold, in robust standard deviations."""
        value = exp.cast(
            compile(formula(self.dataset, rule, rule.require or "0", self.period), columns=self._columns()), "DOUBLE"
        )
        by = [column(each) for each in rule.by]
        spread = [
            exp.alias_(exp.Anonymous(this=call, expressions=[value]), f"_{call}", quoted=True) for call in ("median", "mad")
        ]
        part = self._rows(rule).select(*by, *spread)
        enough = exp.GTE(this=exp.Count(this=value), expression=exp.Literal.number(FEWEST_FOR_OUTLIERS))
        part = (part.group_by(*by) if by else part).having(enough)
        self._join(part, name, rule.by, null_safe=True)
        limit = exp.Mul(this=column("_mad", name), expression=exp.Literal.number(repr(rule.threshold * MAD_TO_SIGMA)))
        distance = exp.Abs(this=exp.Sub(this=exp.Paren(this=value), expression=column("_median", name)))
        spreads = exp.GT(this=column("_mad", name), expression=exp.Literal.number(0))
        failed = exp.And(this=spreads, expression=exp.GT(this=distance, expression=limit))
        self.checks.append(rule_check(self.dataset, rule, guarded(self.dataset, rule, failed, self.period), self.period))
        self.extras[f"{rule.id}/value"] = value
        self.extras[f"{rule.id}/median"] = column("_median", name)

    def _reference(self, rule: Rule, name: str) -> None:
        """Values that the other data set does not hold."""
        other, _, target = (rule.other or "").rpartition(".")
        if other not in self.has_others:
            self.skipped.append(f"{rule.id}: no rows of {other}")
            return
        self.others.add(other)
        alias = exp.alias_(column(target, "x"), rule.fields[0], quoted=True)
        mark = exp.alias_(exp.true(), "_known", quoted=True)
        part = exp.Select().from_(exp.alias_(exp.table_(f"_other_{other}"), "x", table=True)).select(alias, mark).distinct()
        self._join(part, name, [rule.fields[0]])
        absent = exp.Is(this=column("_known", name), expression=exp.Null())
        given = exp.Not(this=exp.Is(this=column(rule.fields[0]), expression=exp.Null()))
        failed = exp.And(this=given, expression=absent)
        self.checks.append(rule_check(self.dataset, rule, guarded(self.dataset, rule, failed, self.period), self.period))

    @cached_property
    def text(self) -> str:
        """The statement as text, made once."""
        return self.sql()

    @cached_property
    def unit_texts(self) -> list[tuple[str, Check]]:
        """The statements about units as texts, made once."""
        return self.unit_statements()

    def sql(self) -> str:
        """The statement: row number, unit, one boolean for each check, the values that messages name."""
        query = self.query
        if any(rule.kind == "previous" for rule in rules_of(self.dataset, self.period)) and self.has_previous:
            on = [exp.EQ(this=column(key), expression=column(key, "p")) for key in self.dataset.key(self.period)]
            query = query.join(exp.alias_(exp.table_("_previous"), "p", table=True), on=exp.and_(*on), join_type="left")
        failed = [check.failed.copy() for check in self.checks] or [exp.false()]
        shown = dict.fromkeys(name for check in self.checks for name in (check.field, *check.named) if name != "value")
        values = [exp.alias_(_as_text(self._columns()[name]), f"v/{name}", quoted=True) for name in shown]
        extras = [exp.alias_(_as_text(value), f"x/{name}", quoted=True) for name, value in self.extras.items()]
        flags = [exp.alias_(exp.Paren(this=part.copy()), f"f{index}", quoted=True) for index, part in enumerate(failed)]
        unit = exp.alias_(column(self.dataset.unit), _UNIT, quoted=True)
        query = query.select(column(ROW), unit, *flags, *values, *extras).where(exp.or_(*failed))
        return query.sql(dialect="duckdb")

    def unit_statements(self) -> list[tuple[str, Check]]:
        """For each rule about a unit's rows together: the statement that names the units breaking it."""
        out = []
        for rule in self.unit_rules:
            check = rule_check(self.dataset, rule, exp.false(), self.period)
            holds = compile(formula(self.dataset, rule, rule.require or "true", self.period), columns=self._columns())
            unit = column(self.dataset.unit)
            query = self._rows(rule).select(exp.alias_(unit, _UNIT, quoted=True)).group_by(unit)
            out.append((query.having(exp.Not(this=exp.Paren(this=holds))).order_by(unit).sql(dialect="duckdb"), check))
        return out


def _as_text(value: exp.Expression) -> exp.Expression:
    return exp.cast(value.copy(), "VARCHAR")


def _row_findings(failing: pa.Table, statement: Statement, dataset: Dataset, columns: Mapping[str, str]) -> list[pa.Table]:
    """One table of findings for each check that found something."""
    kinds = {item.id: item.type for item in kept_fields(dataset, statement.period)}
    parts = []
    for index, check in enumerate(statement.checks):
        flag = pc.fill_null(failing[f"f{index}"], False)
        if not pc.any(flag).as_py():
            continue
        rows = failing.filter(flag)
        values = {
            name: _shown(rows[f"v/{name}"], kinds.get(name.removeprefix("prev.")))
            for name in (check.field, *check.named)
            if name != "value"
        }
        count = rows.num_rows
        args = {name: value for name, value in values.items() if name in check.named and not name.startswith("prev.")}
        earlier = [value for name, value in values.items() if name.startswith("prev.")]
        args |= {"previous": earlier[0]} if earlier else {}
        args |= {name: pa.repeat(pa.scalar(text), count) for name, text in check.args}
        extra = f"x/{check.rule}/"
        args |= {name.removeprefix(extra): _shown(rows[name], "number") for name in rows.column_names if name.startswith(extra)}
        parts.append(
            findings_table(
                check.severity,
                check.rule,
                count,
                unit=rows[_UNIT].cast(pa.string()),
                row=rows[ROW],
                field=check.field,
                column=columns.get(check.field, ""),
                value=values[check.field],
                args=args,
            )
        )
    return parts


def _shown(text: pa.ChunkedArray, kind: str | None) -> pa.ChunkedArray:
    """Numbers without the zeros their scale added."""
    if kind not in ("decimal", "number"):
        return text
    return pc.replace_substring_regex(pc.replace_substring_regex(text, r"(\.[0-9]*?)0+$", r"\1"), r"\.$", "")
