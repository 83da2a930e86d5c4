"""Engines that run a plan: DuckDB embedded, Spark on a cluster. Both give the same facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sapa.errors import UserError

NAMES = ("duckdb", "spark")


def engine(name: str) -> Callable[..., Any]:
    """The engine's ``run``; it is imported only when chosen. Raises ``UserError`` on an unknown name."""
    if name == "duckdb":
        from sapa.indicators.engines import duckdb

        return duckdb.run
    if name == "spark":
        from sapa.indicators.engines import spark

        return spark.run
    raise UserError(f"there is no engine '{name}'", todo=f"choose one of {', '.join(NAMES)}")
