"""The one exception of the formula language."""

from __future__ import annotations

from sapa.errors import UserError


class FormulaError(UserError):
    """A formula was refused: ``position`` is the column of the offending part (from 1), ``allowed`` what may stand there."""

    def __init__(self, problem: str, *, text: str = "", position: int = 1, allowed: str = "", todo: str = "") -> None:
        shown = text if len(text) <= 120 else text[:117] + "…"
        where = f"formula '{shown}', column {position}: " if text else ""
        permitted = f" (allowed: {allowed})" if allowed else ""
        super().__init__(f"{where}{problem}{permitted}", todo=todo or "write the formula again")
        self.problem = problem
        self.text = text
        self.position = position
        self.allowed = allowed
