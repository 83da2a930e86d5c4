"""An indicator laid open: clause, definition, plan and the SQL an engine runs."""

from __future__ import annotations

from typing import Any

from sapa.errors import UserError
from sapa.indicators.derived import MADE_FROM_FACTS, inputs_of
from sapa.indicators.planner import plan
from sapa.indicators.statement import statement

DIALECTS = ("duckdb", "spark")


def explain(pack: Any, indicator_id: str, period: str | None = None, *, dialect: str = "duckdb") -> str:
    """Plan and SQL of one indicator as text. Raises ``UserError`` where pack or dialect does not have it."""
    if dialect not in DIALECTS:
        raise UserError(f"'{dialect}' is no engine", todo=f"use one of: {', '.join(DIALECTS)}")
    item = pack.indicator(indicator_id, period)
    lines = [f"{item.id} [{item.kind}], clause {', '.join(item.clause)}"]
    if item.kind in MADE_FROM_FACTS:
        lines.append(definition(item))
        lines += ["", *(explain(pack, name, period, dialect=dialect) for name in inputs_of(item))]
        return "\n".join(lines)
    planned = plan(pack, item.dataset, [item], period)
    lines.append(definition(item))
    lines += ["", str(planned), "", statement(planned, dialect).sql(dialect=dialect, pretty=True)]
    return "\n".join(lines)


def definition(item: Any) -> str:
    """The definition of an indicator in one line, as the pack writes it."""
    if item.kind == "derived":
        text = f"{item.expr}, where " + ", ".join(f"{name} = {of}" for name, of in item.inputs.items())
        if item.zero:
            of_code = f" within one {item.within}" if item.within else ""
            text += f"; {', '.join(item.zero)} count 0 where nothing is counted, if anything is{of_code}"
    elif item.kind == "growth":
        text = f"change of {item.of} against {item.lag} period(s) earlier, in percent of the earlier value"
    elif item.kind == "parity":
        text = f"adjusted parity index of {item.of} by {item.by}: {item.a} to {item.b} (a/b where a <= b, else 2 - b/a)"
    elif item.kind == "ratio":
        text = f"({item.numerator}) / ({item.denominator})" + (f" × {item.scale}" if item.scale != 1 else "")
    elif item.kind == "cohort":
        text = f"({item.numerator}) of {item.lead} period(s) later / ({item.denominator}) × {item.scale}"
    elif item.kind == "condition":
        text = f"share of rows where ({item.holds_when}), of those where that is known × {item.scale}"
    elif item.kind == "quantile":
        text = f"quantile {item.q} of {item.of} (linear interpolation, type 7)"
    else:
        text = "number of rows" if item.kind == "count" else f"{item.kind} of {item.of}"
    where = getattr(item, "where", None)
    return f"{text}, of rows where {where}" if where else text
