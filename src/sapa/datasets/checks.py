"""Rules of a data set as conditions in SQL: what the layout demands of each field, and the rules of the pack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sapa.datasets.layout import CodeLists, codings, kept_fields
from sapa.datasets.wording import places
from sapa.formula import Expr, FormulaError, compile, parse, schema_of
from sapa.packs.models_data import DataField, Dataset, Rule

ROWS = "t"
"""Name of the rows under verification in every statement."""


@dataclass(frozen=True)
class Check:
    """One check: ``failed`` is an SQL condition, true in the rows (or units) that break it; null counts as kept."""

    rule: str
    severity: str
    field: str
    failed: exp.Expression
    args: tuple[tuple[str, str], ...] = ()
    """Fixed arguments of the message, e.g. the limit."""
    named: tuple[str, ...] = ()
    """Fields whose values the message names; ``prev.x`` for the previous period."""


def column(name: str, table: str = ROWS) -> exp.Expression:
    """A quoted column of a table."""
    return exp.column(name, table=table, quoted=True)


def columns_of(dataset: Dataset, period: str | None) -> dict[str, exp.Expression]:
    """How a formula reads the fields of the row, and those of the previous period."""
    names = [item.id for item in kept_fields(dataset, period)]
    return {**{name: column(name) for name in names}, **{f"prev.{name}": column(name, "p") for name in names}}


def field_checks(dataset: Dataset, pack: CodeLists, period: str | None) -> Iterator[Check]:
    """The checks the layout itself demands; a row that breaks one is refused."""
    fields = kept_fields(dataset, period)
    codes = {name: sorted(coding.codes) for name, coding in codings(fields, pack, period).items()}
    keys = dataset.key(period)
    for item in fields:
        value = column(item.id)
        if item.required or item.id in keys:
            yield _check(item, "required", exp.Is(this=value, expression=exp.Null()))
        if item.type in ("integer", "decimal", "number"):
            yield from _bounds(item, value)
        elif item.type in ("string", "code"):
            yield from _texts(item, value)
        if item.code_list:
            known = exp.In(this=value, expressions=[exp.Literal.string(code) for code in codes[item.code_list]])
            yield _check(item, "code", exp.Not(this=known), item.code_list)


def _bounds(item: DataField, value: exp.Expression) -> Iterator[Check]:
    if item.minimum is not None:
        yield _check(item, "minimum", exp.LT(this=value, expression=_number(item.minimum)), f"{item.minimum:g}")
    if item.maximum is not None:
        yield _check(item, "maximum", exp.GT(this=value, expression=_number(item.maximum)), f"{item.maximum:g}")


def _number(limit: float) -> exp.Expression:
    return exp.Literal.number(str(int(limit)) if limit.is_integer() else repr(limit))


def _texts(item: DataField, value: exp.Expression) -> Iterator[Check]:
    if item.protect == "pseudonym":
        return  # what the original had to look like was checked on entry
    if item.pattern:
        fits = exp.Anonymous(this="regexp_full_match", expressions=[value, exp.Literal.string(item.pattern)])
        yield _check(item, "pattern", exp.Not(this=fits), item.pattern)
    if item.width and not item.pattern:
        fits = exp.Anonymous(this="regexp_full_match", expressions=[value, exp.Literal.string(f"[0-9]{{{item.width}}}")])
        yield _check(item, "width", exp.Not(this=fits), str(item.width))
    if not item.code_list and not item.pattern:
        length = exp.Anonymous(this="length", expressions=[value])
        yield _check(item, "max-length", exp.GT(this=length, expression=_number(float(item.max_length))), str(item.max_length))


def _check(item: DataField, name: str, failed: exp.Expression, limit: str = "") -> Check:
    return Check(f"{item.id}.{name}", "blocks", item.id, failed, (("limit", limit),) if limit else (), ("value",))


def rules_of(dataset: Dataset, period: str | None) -> tuple[Rule, ...]:
    """The rules in force in ``period``, in the order of the pack."""
    return tuple(rule for rule in dataset.rules if rule.holds(period))


def formula(dataset: Dataset, rule: Rule, text: str, period: str | None) -> Expr:
    """A rule's formula, checked against the layout; a mistake names the rule."""
    mode = "aggregate" if rule.kind == "dataset" else "scalar"
    try:
        return parse(text, schema_of(dataset, period, prev=rule.kind == "previous"), mode=mode)  # type: ignore[arg-type]
    except FormulaError as error:
        error.message = f"rule {rule.id} of {dataset.id}: {error.message}"
        raise


def guarded(dataset: Dataset, rule: Rule, failed: exp.Expression, period: str | None) -> exp.Expression:
    """``failed`` only where the rule's ``when`` is true."""
    if rule.when is None:
        return failed
    when = compile(formula(dataset, rule, rule.when, period), columns=columns_of(dataset, period))
    return exp.And(this=exp.Paren(this=when), expression=exp.Paren(this=failed))


def row_check(dataset: Dataset, rule: Rule, period: str | None) -> Check:
    """A rule of kind row or previous: ``require`` is false where ``when`` is true."""
    require = compile(formula(dataset, rule, rule.require or "true", period), columns=columns_of(dataset, period))
    return rule_check(dataset, rule, guarded(dataset, rule, exp.Not(this=exp.Paren(this=require)), period), period)


def rule_check(dataset: Dataset, rule: Rule, failed: exp.Expression, period: str | None) -> Check:
    """The check of a rule of the pack, with the fields its message names in any language.

    ``{previous}`` stands for the first field's value one period earlier, in a unique rule for the row where it stands first.
    """
    known = {item.id for item in kept_fields(dataset, period)}
    wanted = dict.fromkeys(name for text in rule.message.values() for name in places(text))
    named = [name for name in wanted if name in known]
    if "previous" in wanted and rule.kind == "previous":
        named.append(f"prev.{rule.fields[0]}")
    return Check(rule.id, rule.severity, rule.fields[0], failed, named=tuple(named))
