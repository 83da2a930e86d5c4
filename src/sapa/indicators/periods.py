"""Arithmetic of reference periods: the same kind of period, so many earlier or later."""

from __future__ import annotations

from sapa.errors import UserError

_PER_YEAR = {"": 1, "H": 2, "Q": 4, "M": 12}


def shift_period(period: str, by: int) -> str:
    """``2020`` + 1 → ``2021``; ``2020-H2`` + 1 → ``2021-H1``; ``2020-01`` - 1 → ``2019-12``. Raises ``UserError``."""
    year, _, part = period.partition("-")
    kind = "" if not part else part[0] if part[0] in "HQ" else "M"
    try:
        index = int(part.lstrip("HQ") or 1) - 1
        total = int(year) * _PER_YEAR[kind] + index + by
    except ValueError as error:
        raise UserError(f"'{period}' is not a reference period", todo="write 2020, 2020-H1, 2020-Q3 or 2020-09") from error
    year_out, place = divmod(total, _PER_YEAR[kind])
    if kind == "":
        return f"{year_out:04d}"
    return f"{year_out:04d}-{place + 1:02d}" if kind == "M" else f"{year_out:04d}-{kind}{place + 1}"
